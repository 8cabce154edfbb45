//! Policies that ship with the product, as files.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bundle::{BundleScope, BundleSource, Combining, PolicySource};

/// The packs, by name.
const PACKS: [(&str, &str); 4] = [
    ("clasper-base", include_str!("../packs/clasper-base.yaml")),
    ("safe-defaults", include_str!("../packs/safe-defaults.yaml")),
    (
        "openclaw-default",
        include_str!("../packs/openclaw-default.yaml"),
    ),
    (
        "delegated-execution",
        include_str!("../packs/delegated-execution.yaml"),
    ),
];

/// A named set of policies to install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// How its rules are weighed.
    pub combining: Combining,
    /// Its policies, all of version 1.
    pub members: Vec<PolicySource>,
}

impl Pack {
    /// The pack as a bundle for `scope`.
    #[must_use]
    pub fn to_bundle(&self, scope: BundleScope) -> BundleSource {
        BundleSource {
            name: self.name.clone(),
            scope,
            combining: self.combining,
            members: self.members.clone(),
        }
    }
}

/// Why a text is no pack and no list of rules.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// It is not YAML of the right form.
    #[error("not the YAML of a pack or a list of rules")]
    Yaml(#[source] serde_norway::Error),
    /// An entry is neither a rule nor a Cedar policy, or has no id.
    #[error("{pointer} {detail}")]
    Entry {
        /// JSON pointer to the entry.
        pointer: String,
        /// What is wrong.
        detail: &'static str,
    },
}

/// The shipped pack of this name.
#[must_use]
pub fn pack(name: &str) -> Option<Pack> {
    let (_, text) = PACKS.iter().find(|(known, _)| *known == name)?;
    // The shipped files are read by a test; one that cannot be read is not offered.
    parse_pack(text).ok()
}

/// Every shipped pack.
#[must_use]
pub fn packs() -> Vec<Pack> {
    PACKS.iter().filter_map(|(name, _)| pack(name)).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    name: String,
    description: String,
    #[serde(default)]
    combining: Combining,
    policies: Vec<Value>,
}

/// Reads a pack file: `name`, `description`, `combining` and `policies`, each a rule or `{policy_id, cedar}`.
///
/// # Errors
/// [`PackError`]; the policies themselves are checked when the bundle is compiled.
pub fn parse_pack(text: &str) -> Result<Pack, PackError> {
    // By way of YAML's own values, which refuse a key that is written twice.
    let value: serde_norway::Value = serde_norway::from_str(text).map_err(PackError::Yaml)?;
    let file: PackFile = serde_norway::from_value(value).map_err(PackError::Yaml)?;
    Ok(Pack {
        name: file.name,
        description: file.description,
        combining: file.combining,
        members: members(file.policies, "/policies")?,
    })
}

/// Reads rules as people keep them: one rule, or a list of rules, in YAML or JSON.
///
/// # Errors
/// [`PackError`]; the rules themselves are checked when the bundle is compiled.
pub fn rules_from_yaml(text: &str) -> Result<Vec<PolicySource>, PackError> {
    let value: serde_norway::Value = serde_norway::from_str(text).map_err(PackError::Yaml)?;
    match serde_norway::from_value(value).map_err(PackError::Yaml)? {
        Value::Array(rules) => members(rules, ""),
        rule => members(vec![rule], ""),
    }
}

fn members(entries: Vec<Value>, parent: &str) -> Result<Vec<PolicySource>, PackError> {
    let numbered = entries.into_iter().enumerate();
    numbered
        .map(|(at, entry)| member(entry, format!("{parent}/{at}")))
        .collect()
}

fn member(entry: Value, pointer: String) -> Result<PolicySource, PackError> {
    let Some(policy_id) = entry.get("policy_id").and_then(Value::as_str) else {
        let detail = "has no policy_id";
        return Err(PackError::Entry { pointer, detail });
    };
    let policy_id = policy_id.to_owned();
    let Some(cedar) = entry.get("cedar") else {
        return Ok(PolicySource::Rule {
            policy_id,
            version: 1,
            rule: entry,
        });
    };
    match (cedar.as_str(), entry.as_object().map(serde_json::Map::len)) {
        (Some(text), Some(2)) => Ok(PolicySource::Cedar {
            policy_id,
            version: 1,
            text: text.to_owned(),
        }),
        _ => Err(PackError::Entry {
            pointer,
            detail: "must hold policy_id and cedar, a text, and nothing else",
        }),
    }
}
