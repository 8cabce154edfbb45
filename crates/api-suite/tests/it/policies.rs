//! `/ops/api/policies`, `/api/policies/…`: saved, put in force, refused.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{ACME, AGENT, Answer, App};

const YAML: (&str, &str) = ("content-type", "application/yaml");

fn rule(id: &str, tool: &str, decision: &str) -> Value {
    json!({"policy_id": id, "subject": {"type": "tool", "name": tool}, "effect": {"decision": decision}})
}

async fn save(app: &App, policy: &Value) -> Answer {
    app.post("/ops/api/policies", &[ACME], policy.to_string())
        .await
}

async fn listed(app: &App) -> Vec<String> {
    let answer = app.get("/ops/api/policies", &[ACME]).await;
    let policies = answer.body["policies"]
        .as_array()
        .expect("policies")
        .clone();
    let id = |policy: &Value| policy["policy_id"].as_str().expect("an id").to_owned();
    policies.iter().map(id).collect()
}

#[tokio::test]
async fn a_policy_is_saved_switched_off_and_taken_out_of_force() {
    let app = App::new();
    let answer = save(&app, &rule("look", "read", "allow")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["policy"]["policy_id"], "look");
    assert_eq!(answer.body["policy"]["enabled"], true);
    // Saving resolves nothing that is pending.
    assert_eq!(answer.body["source_decision"], Value::Null);
    assert_eq!(answer.body["resolved_decision_ids"], json!([]));
    assert_eq!(answer.body["resolved_decision_count"], 0);
    let off = Body::from(r#"{"enabled": false}"#);
    let changed = app
        .call(Method::PATCH, "/ops/api/policies/look", &[ACME], off)
        .await;
    assert_eq!(changed.body["policy"]["enabled"], false, "{}", changed.text);
    let off = app.get("/ops/api/policies?enabled=true", &[ACME]).await;
    assert_eq!(off.body["policies"], json!([]));
    let gone = app
        .call(
            Method::DELETE,
            "/ops/api/policies/look",
            &[ACME],
            Body::empty(),
        )
        .await;
    assert_eq!(gone.body, json!({"status": "deleted"}), "{}", gone.text);
    assert!(listed(&app).await.is_empty());
    let again = app
        .call(
            Method::DELETE,
            "/ops/api/policies/look",
            &[ACME],
            Body::empty(),
        )
        .await;
    assert_eq!(again.refusal().0, 404);
}

#[tokio::test]
async fn every_fault_is_named_and_nothing_is_saved() {
    let app = App::new();
    let policy = json!({"policy_id": "p", "subject": {"type": "tool"}, "conditions": {"toool": "x", "too": "y"},
        "effect": {"decision": "allow"}});
    let answer = save(&app, &policy).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(answer.body["code"], "invalid_policy");
    let errors = answer.body["errors"].as_array().expect("errors");
    let mut pointers: Vec<_> = errors
        .iter()
        .filter_map(|e| e["pointer"].as_str())
        .collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/conditions/too", "/conditions/toool"]);
    let wrong =
        json!({"policy_id": "p", "subject": {"type": "tool"}, "effect": {"decision": "alow"}});
    let answer = save(&app, &wrong).await;
    assert_eq!(
        answer.refusal(),
        (400, "invalid_policy", "/effect/decision")
    );
    assert!(listed(&app).await.is_empty());
}

#[tokio::test]
async fn yaml_brings_one_policy_or_a_list_of_them() {
    let app = App::new();
    let one = "policy_id: a\nsubject: {type: tool, name: read}\neffect: {decision: allow}\n";
    let answer = app.post("/ops/api/policies", &[ACME, YAML], one).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let list = "- policy_id: b\n  subject: {type: tool, name: write}\n  effect: {decision: deny}\n\
                - policy_id: c\n  subject: {type: tool, name: exec}\n  effect: {decision: deny}\n";
    let answer = app.post("/ops/api/policies", &[ACME, YAML], list).await;
    assert_eq!(answer.body["policies"].as_array().map(Vec::len), Some(2));
    assert_eq!(listed(&app).await, ["a", "b", "c"]);
    let wrong = "- policy_id: d\n  subject: {type: tool, name: write}\n  effect: {decision: deny}\n\
                 - policy_id: e\n  subject: {type: tool}\n  effect: {decision: perhaps}\n";
    let answer = app.post("/ops/api/policies", &[ACME, YAML], wrong).await;
    assert_eq!(
        answer.refusal(),
        (400, "invalid_policy", "/1/effect/decision")
    );
    assert_eq!(
        listed(&app).await.len(),
        3,
        "nothing of a faulty list is saved"
    );
}

#[tokio::test]
async fn what_a_wizard_made_to_allow_something_needs_an_acknowledgement() {
    let app = App::new();
    let mut policy = rule("w", "read", "allow");
    policy["_wizard_meta"] = json!({"created_via_wizard": true});
    let answer = save(&app, &policy).await;
    let refusal = answer.refusal();
    assert_eq!((refusal.0, refusal.1), (400, "wizard_allow_ack_required"));
    policy["_wizard_meta"]["wizard_acknowledged_allow"] = json!(true);
    policy["_source_trace_id"] = json!("0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11");
    let answer = save(&app, &policy).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    // It is not part of the rule, whose hash it would change.
    let bundles = app.get("/api/policies/bundles", &[ACME]).await;
    let id = bundles.body["active"][0]["id"].as_str().expect("an id");
    let bundle = app
        .get(&format!("/api/policies/bundles/{id}"), &[ACME])
        .await;
    assert!(!bundle.text.contains("_wizard_meta"), "{}", bundle.text);
    assert!(!bundle.text.contains("_source_trace_id"), "{}", bundle.text);
}

#[tokio::test]
async fn a_policy_of_another_tenant_is_refused() {
    let app = App::new();
    let mut policy = rule("p", "read", "allow");
    policy["scope"] = json!({"tenant_id": "other"});
    assert_eq!(save(&app, &policy).await.refusal().1, "tenant_mismatch");
    let refused = app.post(
        "/ops/api/policies",
        &[AGENT],
        rule("p", "read", "allow").to_string(),
    );
    assert_eq!(refused.await.refusal().1, "permission_denied");
}

#[tokio::test]
async fn a_bundle_is_saved_activated_and_deactivated() {
    let app = App::new();
    let body = json!({"name": "mine", "policies": [
        {"rule": rule("r", "read", "allow")},
        {"cedar": "@id(\"c\") forbid(principal, action, resource) when { context has external_network && context.external_network };"},
    ]});
    let saved = app
        .post("/api/policies/bundles", &[ACME], body.to_string())
        .await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    assert_eq!(saved.body["bundle"]["active"], false);
    assert!(listed(&app).await.is_empty());
    let id = saved.body["bundle"]["id"].as_str().expect("an id");
    let active = app
        .post(&format!("/api/policies/bundles/{id}/activate"), &[ACME], "")
        .await;
    assert_eq!(active.body["bundle"]["active"], true, "{}", active.text);
    assert_eq!(listed(&app).await, ["c", "r"]);
    let gone = app
        .call(
            Method::DELETE,
            "/api/policies/bundles/active?name=mine",
            &[ACME],
            Body::empty(),
        )
        .await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    assert!(listed(&app).await.is_empty());
}

#[tokio::test]
async fn policies_are_checked_without_being_saved() {
    let app = App::new();
    let body = json!({"name": "mine", "policies": [
        {"rule": rule("r", "read", "allow")}, {"policy_id": "c", "cedar": "permit(principal, action, resource) when { context.nothing };"}
    ]});
    let answer = app
        .post("/api/policies/check", &[ACME], body.to_string())
        .await;
    assert_eq!(answer.body["valid"], false, "{}", answer.text);
    assert_eq!(answer.body["faults"][0]["pointer"], "/policies/1/cedar");
    let good = json!({"name": "mine", "policies": [{"rule": rule("r", "read", "allow")}]});
    let answer = app
        .post("/api/policies/check", &[ACME], good.to_string())
        .await;
    assert_eq!(answer.body["valid"], true, "{}", answer.text);
    let listed = app.get("/api/policies/bundles", &[ACME]).await;
    assert_eq!(listed.body["bundles"], json!([]));
}

#[tokio::test]
async fn a_pack_is_installed_by_its_name() {
    let app = App::new();
    let packs = app.get("/api/policies/packs", &[ACME]).await;
    assert!(packs.text.contains("safe-defaults"), "{}", packs.text);
    let answer = app
        .post("/api/policies/packs/safe-defaults/install", &[ACME], "")
        .await;
    assert_eq!(
        answer.body["bundle"]["name"], "safe-defaults",
        "{}",
        answer.text
    );
    assert!(!listed(&app).await.is_empty());
    let answer = app
        .post("/api/policies/packs/nothing/install", &[ACME], "")
        .await;
    assert_eq!(answer.refusal().1, "policy_pack_not_found");
}

#[tokio::test]
async fn the_schema_names_every_action() {
    let app = App::new();
    let answer = app.get("/api/policies/schema", &[ACME]).await;
    for action in ["model_call", "tool_call", "adapter_execution", "access"] {
        assert!(
            answer.text.contains(&format!("action {action} ")),
            "{action}"
        );
    }
}
