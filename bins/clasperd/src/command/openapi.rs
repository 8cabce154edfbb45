//! `clasperd openapi`: the document, without a database.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// What the contract of adapters says in front of its routes.
const CONTRACT: &str = include_str!("adapter_contract.md");

/// The credential of adapters.
const ADAPTER_TOKEN: &str = "adapter_token";

/// Prints the document, or the part of it that adapters need.
pub fn run(adapter: bool) -> Result<ExitCode> {
    let document = clasper_api::openapi();
    let text = if adapter {
        let document = serde_json::to_value(document).context("the document has no JSON form")?;
        serde_json::to_string_pretty(&contract(document))?
    } else {
        document
            .to_pretty_json()
            .context("the document has no JSON form")?
    };
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}

/// The operations that take an adapter's credential, with what they refer to and nothing else.
fn contract(mut document: Value) -> Value {
    // Whether members keep their order depends on what else is built; the file must not.
    document.sort_all_objects();
    document["info"]["title"] = "Clasper Adapter Contract".into();
    document["info"]["description"] = CONTRACT.trim_end().into();
    let is_adapters = |operation: &Value| operation["security"] == json!([{ADAPTER_TOKEN: []}]);
    if let Some(paths) = document["paths"].as_object_mut() {
        for item in paths.values_mut() {
            if let Some(item) = item.as_object_mut() {
                item.retain(|_, part| !part["operationId"].is_string() || is_adapters(part));
            }
        }
        paths.retain(|_, item| {
            let mut parts = item.as_object().into_iter().flat_map(|item| item.values());
            parts.any(|part| part["operationId"].is_string())
        });
    }
    let wanted = reached(&document);
    keep(&mut document["components"]["schemas"], |name| {
        wanted.contains(name)
    });
    keep(&mut document["components"]["securitySchemes"], |name| {
        name == ADAPTER_TOKEN
    });
    let tags: BTreeSet<String> = operations(&document)
        .filter_map(|operation| operation["tags"][0].as_str().map(str::to_owned))
        .collect();
    if let Some(listed) = document["tags"].as_array_mut() {
        listed.retain(|tag| tag["name"].as_str().is_some_and(|name| tags.contains(name)));
    }
    document
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let parts = paths.flat_map(|(_, item)| item.as_object().into_iter().flat_map(|i| i.values()));
    parts.filter(|part| part["operationId"].is_string())
}

fn keep(members: &mut Value, is_kept: impl Fn(&str) -> bool) {
    if let Some(members) = members.as_object_mut() {
        members.retain(|name, _| is_kept(name));
    }
}

/// The names of the schemas that the paths refer to, directly or not.
fn reached(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    references(&document["paths"], &mut open);
    while let Some(name) = open.pop() {
        if found.insert(name.clone()) {
            references(&document["components"]["schemas"][&name], &mut open);
        }
    }
    found
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let named = members.get("$ref").and_then(Value::as_str);
            let name = named.and_then(|path| path.strip_prefix("#/components/schemas/"));
            found.extend(name.map(str::to_owned));
            members
                .values()
                .for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        contract(serde_json::to_value(clasper_api::openapi()).expect("a document"))
    }

    #[test]
    fn the_contract_of_adapters_is_what_adapters_may_call_and_whole() {
        let document = document();
        let paths = document["paths"].as_object().expect("paths");
        for path in [
            "/adapters/register",
            "/api/execution/request",
            "/api/execution/{execution_id}",
            "/api/decisions/{decision_id}/consume",
            "/api/governance/tool/authorize",
            "/api/adapter/posture",
        ] {
            assert!(paths.contains_key(path), "{path}");
        }
        for path in paths.keys() {
            assert!(!path.starts_with("/ops/"), "{path}");
        }
        let reached = reached(&document);
        let schemas = document["components"]["schemas"]
            .as_object()
            .expect("schemas");
        let kept: BTreeSet<String> = schemas.keys().cloned().collect();
        assert_eq!(kept, reached);
        assert!(kept.contains("Problem"), "errors are described");
    }

    #[test]
    fn every_operation_of_the_contract_takes_the_adapters_credential() {
        let document = document();
        assert!(operations(&document).count() > 10);
        for operation in operations(&document) {
            assert_eq!(operation["security"], json!([{ADAPTER_TOKEN: []}]));
        }
        let schemes = document["components"]["securitySchemes"].as_object();
        assert_eq!(schemes.map(serde_json::Map::len), Some(1));
    }
}
