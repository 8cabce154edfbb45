//! The OpenAPI document: complete, unambiguous and the same every time.

use std::collections::BTreeSet;

use serde_json::Value;

/// Operations that need no credential.
pub const OPEN: [&str; 6] = [
    "get_authzen_configuration",
    "get_health",
    "check_liveness",
    "check_readiness",
    "get_metrics",
    "get_version",
];

pub fn document() -> Value {
    let mut document = serde_json::to_value(clasper_api::openapi()).expect("a document");
    document.sort_all_objects();
    document
}

/// Every operation with its id.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let items = paths.values().filter_map(Value::as_object);
    items
        .flat_map(|item| item.values().filter(|part| part["operationId"].is_string()))
        .map(|operation| {
            let id = operation["operationId"].as_str().expect("an id");
            (id.to_owned(), operation.clone())
        })
        .collect()
}

fn responses(operation: &Value) -> impl Iterator<Item = (&String, &Value)> {
    operation["responses"].as_object().into_iter().flatten()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each operation")]
fn every_operation_is_listed_once() {
    let document = document();
    let ids: Vec<String> = operations(&document).into_iter().map(|o| o.0).collect();
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    insta::assert_json_snapshot!(unique, @r#"
    [
      "activate_bundle",
      "allow_always",
      "annotate_trace",
      "authorize_tool",
      "backtest_policies",
      "cancel_export",
      "change_adapter",
      "change_policy",
      "change_webhook",
      "check_audit_completeness",
      "check_budget",
      "check_compatibility",
      "check_liveness",
      "check_policies",
      "check_readiness",
      "consume_decision",
      "consume_tool",
      "create_bundle",
      "create_export",
      "create_key",
      "create_tenant",
      "create_webhook",
      "deactivate_bundle",
      "diff_traces",
      "download_export",
      "dry_run_policy",
      "dry_run_policy_ops",
      "enforce_retention",
      "evaluate_access",
      "evaluate_accesses",
      "evaluate_policy",
      "explain_adapter_decision",
      "export_audit_entries",
      "export_spans",
      "forecast_cost",
      "get_adapter_decision",
      "get_adapter_policy_posture",
      "get_adapter_posture",
      "get_audit_checkpoint",
      "get_authzen_configuration",
      "get_budget",
      "get_bundle",
      "get_decision",
      "get_execution",
      "get_export",
      "get_health",
      "get_log_checkpoint",
      "get_log_tile",
      "get_metrics",
      "get_original",
      "get_own_decision",
      "get_policy_schema",
      "get_redaction",
      "get_replay_context",
      "get_retention",
      "get_retention_stats",
      "get_tool",
      "get_tool_authorization",
      "get_trace",
      "get_trace_stats",
      "get_usage",
      "get_version",
      "ingest_audit",
      "ingest_batch",
      "ingest_cost",
      "ingest_metrics",
      "ingest_trace",
      "ingest_violation",
      "install_pack",
      "issue_adapter_key",
      "label_trace",
      "list_adapter_decisions",
      "list_adapter_keys",
      "list_adapter_policies",
      "list_adapters",
      "list_annotations",
      "list_audit_entries",
      "list_audit_keys",
      "list_bundles",
      "list_decisions",
      "list_deliveries",
      "list_exports",
      "list_holds",
      "list_keys",
      "list_packs",
      "list_policies",
      "list_prices",
      "list_scope_budgets",
      "list_telemetry_keys",
      "list_tool_authorizations",
      "list_tools",
      "list_traces",
      "list_traces_by_entity",
      "list_traces_by_label",
      "list_webhooks",
      "override_decision",
      "post_budget_check",
      "preview_redaction",
      "propose_allow_always",
      "prove_audit_consistency",
      "prove_audit_entry",
      "put_redaction",
      "redeliver_message",
      "register_adapter",
      "remove_policy",
      "remove_price",
      "remove_webhook",
      "request_execution",
      "resolve_api_decision",
      "resolve_decision",
      "resolve_decisions",
      "revoke_adapter_keys",
      "revoke_key",
      "revoke_telemetry_key",
      "rotate_adapter_key",
      "rotate_webhook_key",
      "save_policy",
      "score_risk",
      "search_actions",
      "search_resources",
      "search_subjects",
      "send_message",
      "set_budget",
      "set_price",
      "set_retention",
      "set_telemetry_key",
      "stream_message",
      "test_webhook",
      "watch_events",
      "watch_execution"
    ]
    "#);
}

#[test]
fn every_operation_says_what_it_is_and_where_it_belongs() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    for (id, operation) in operations(&document) {
        assert!(operation["summary"].is_string(), "{id} has no summary");
        assert!(
            operation["description"].is_string(),
            "{id} has no description"
        );
        let tag = operation["tags"][0].as_str().expect("a tag");
        assert!(tags.contains(tag), "{id} has the unknown tag {tag}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{id}: {parameter}");
        }
    }
}

#[test]
fn every_operation_names_its_credentials_or_is_listed_as_open() {
    for (id, operation) in operations(&document()) {
        let security = operation["security"].as_array().expect("security");
        if OPEN.contains(&&*id) {
            assert_eq!(*security, [serde_json::json!({})], "{id}");
            continue;
        }
        // Any of three credentials of people and backends, or an adapter's own.
        let is_adapters = *security == [serde_json::json!({"adapter_token": []})];
        assert!(is_adapters || security.len() == 3, "{id}");
        for status in ["400", "401", "403", "429", "500", "503"] {
            assert!(
                operation["responses"][status].is_object(),
                "{id} lacks {status}"
            );
        }
    }
}

#[test]
fn every_error_is_a_problem_with_a_description() {
    for (id, operation) in operations(&document()) {
        for (status, response) in responses(&operation) {
            assert!(response["description"].is_string(), "{id} {status}");
            let reports = matches!(
                (&*id, &**status),
                ("check_readiness" | "check_compatibility", "503")
            );
            if status.starts_with(['4', '5']) && !(reports && id == "check_readiness") {
                let problem = &response["content"]["application/problem+json"]["schema"];
                assert_eq!(
                    problem["$ref"], "#/components/schemas/Problem",
                    "{id} {status}"
                );
                assert_eq!(
                    response["content"].as_object().map(serde_json::Map::len),
                    Some(if reports { 2 } else { 1 }),
                    "{id} {status}"
                );
            }
        }
    }
}

/// Whether `schema` has an example, or is made of parts that have one: readers put them together.
fn has_example(document: &Value, schema: &Value) -> bool {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.trim_start_matches("#/components/schemas/");
        return has_example(document, &document["components"]["schemas"][name]);
    }
    let parts = schema["properties"].as_object().into_iter().flatten();
    !schema["example"].is_null()
        || schema["items"].is_object() && has_example(document, &schema["items"])
        || parts
            .into_iter()
            .any(|(_, part)| has_example(document, part))
}

#[test]
fn every_body_has_an_example() {
    let document = document();
    let shown = |content: &Value| {
        !content["example"].is_null() || has_example(&document, &content["schema"])
    };
    for (id, operation) in operations(&document) {
        let request = &operation["requestBody"];
        if !request.is_null() {
            assert!(shown(&request["content"]["application/json"]), "{id}");
        }
        let good = responses(&operation).filter(|(status, _)| status.starts_with('2'));
        for content in good.filter_map(|(_, response)| response["content"].as_object()) {
            assert!(content.values().any(shown), "{id}: {content:?}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(
            document["components"]["schemas"][name].is_object(),
            "{name}"
        );
    }
}

#[test]
fn the_document_is_the_same_every_time() {
    let text = || clasper_api::openapi().to_pretty_json().expect("a document");
    assert_eq!(text(), text());
}

#[test]
fn the_document_says_what_it_is() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    insta::assert_json_snapshot!(document["info"], { ".description" => "[description]" }, @r#"
    {
      "description": "[description]",
      "license": {
        "identifier": "Apache-2.0",
        "name": "Apache-2.0"
      },
      "title": "Clasper API",
      "version": "0.1.0"
    }
    "#);
}
