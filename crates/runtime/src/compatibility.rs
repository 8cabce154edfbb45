//! Whether a backend's announced contract version and features are enough for the agent loop.

use crate::backend::BackendCapabilities;

/// The verdict on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatibility {
    /// Whether messages can be run against it.
    pub compatible: bool,
    /// The contract version it announced, as it wrote it.
    pub control_plane_contract_version: String,
    /// What works less well: optional features that are off.
    pub warnings: Vec<String>,
    /// Required features that are off.
    pub missing_features: Vec<String>,
    /// Why it is not compatible.
    pub error: Option<String>,
}

/// A feature under its name in the contract, and the older finer names that together mean the same.
struct Feature {
    name: &'static str,
    parts: &'static [&'static str],
}

const TASKS: Feature = Feature {
    name: "tasks",
    parts: &["task_list", "task_create"],
};
const MESSAGES: Feature = Feature {
    name: "messages",
    parts: &["message_post"],
};
const DOCUMENTS: Feature = Feature {
    name: "documents",
    parts: &["document_post"],
};
const TOOLS: Feature = Feature {
    name: "tools",
    parts: &["tool_discover", "tool_execute"],
};
/// The contract's own name for tools, which stands for both finer names.
const TOOL_REQUESTS: &str = "tool_requests";

/// Judges a backend: the contract's version must be 1, tasks and messages must be on.
#[must_use]
pub fn assess(capabilities: &BackendCapabilities) -> Compatibility {
    let features = &capabilities.features;
    let missing_features: Vec<String> = [TASKS, MESSAGES]
        .iter()
        .flat_map(|feature| missing(feature, features))
        .collect();
    let mut warnings = Vec::new();
    if !missing(&DOCUMENTS, features).is_empty() {
        warnings.push("documents are off: kick-off plans cannot be posted".to_owned());
    }
    if !has(features, TOOL_REQUESTS) && !missing(&TOOLS, features).is_empty() {
        warnings.push("tools are off: agents run without the backend's tools".to_owned());
    }
    let error = if !is_version_one(&capabilities.contract_version) {
        Some("the backend does not speak version 1 of the control plane contract".to_owned())
    } else if missing_features.is_empty() {
        None
    } else {
        Some(format!(
            "the backend lacks required features: {}",
            missing_features.join(", ")
        ))
    };
    Compatibility {
        compatible: error.is_none(),
        control_plane_contract_version: capabilities.contract_version.clone(),
        warnings,
        missing_features,
        error,
    }
}

fn has(features: &[String], name: &str) -> bool {
    features.iter().any(|feature| feature == name)
}

/// What of `feature` is off. A backend that uses the finer names is told the finer names.
fn missing(feature: &Feature, features: &[String]) -> Vec<String> {
    if has(features, feature.name) {
        return Vec::new();
    }
    let absent: Vec<&str> = feature
        .parts
        .iter()
        .copied()
        .filter(|part| !has(features, part))
        .collect();
    if absent.len() == feature.parts.len() {
        vec![feature.name.to_owned()]
    } else {
        absent.into_iter().map(str::to_owned).collect()
    }
}

/// `v1`, `v1.x`, and versions such as `1.4.0`; what follows `-` or `+` says nothing about the contract.
fn is_version_one(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let numbers = text.split(['-', '+']).next().unwrap_or_default();
    let mut parts = numbers.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.next() == Some("1")
        && numbers.split('.').count() <= 3
        && parts.all(|part| part == "x" || is_number(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: &str, features: &[&str]) -> Compatibility {
        assess(&BackendCapabilities {
            contract_version: version.to_owned(),
            features: features.iter().map(|&f| f.to_owned()).collect(),
        })
    }

    #[test]
    fn every_form_of_version_one_is_accepted_and_others_are_not() {
        for version in [
            "v1",
            "1",
            "v1.x",
            "v1.2",
            "1.0.0",
            "1.1.0",
            "1.4.2-rc.1",
            "1.0.0+b7",
        ] {
            assert!(
                check(version, &["tasks", "messages"]).compatible,
                "{version}"
            );
        }
        for version in [
            "", "v", "v2", "2.0.0", "0.9.0", "v10", "1.", "1.a.0", "1.0.0.0", "latest", "vv1",
        ] {
            let verdict = check(version, &["tasks", "messages"]);
            assert!(!verdict.compatible, "{version}");
            assert_eq!(verdict.control_plane_contract_version, version);
            assert!(verdict.error.is_some(), "{version}");
        }
    }

    #[test]
    fn a_full_backend_is_compatible_without_warnings_in_either_vocabulary() {
        let by_contract = check("v1", &["documents", "messages", "tasks", "tools"]);
        let by_parts = check(
            "1.1.0",
            &[
                "task_list",
                "task_create",
                "message_post",
                "document_post",
                "tool_discover",
                "tool_execute",
            ],
        );
        for verdict in [by_contract, by_parts] {
            assert!(verdict.compatible);
            assert_eq!(verdict.warnings, Vec::<String>::new());
            assert_eq!(verdict.error, None);
        }
    }

    #[test]
    fn absent_required_features_are_named_in_the_backends_vocabulary() {
        assert_eq!(check("v1", &[]).missing_features, ["tasks", "messages"]);
        let partly = check("v1", &["task_list", "messages"]);
        assert_eq!(partly.missing_features, ["task_create"]);
        assert!(!partly.compatible);
        assert_eq!(
            partly.error.as_deref(),
            Some("the backend lacks required features: task_create")
        );
    }

    #[test]
    fn absent_optional_features_are_warnings() {
        let verdict = check("v1", &["tasks", "messages"]);
        assert!(verdict.compatible);
        assert_eq!(verdict.warnings.len(), 2);
        let with_requests = check("v1", &["tasks", "messages", "documents", "tool_requests"]);
        assert_eq!(with_requests.warnings, Vec::<String>::new());
        assert_eq!(
            check("v1", &["tasks", "messages", "documents", "tool_discover"])
                .warnings
                .len(),
            1
        );
    }
}
