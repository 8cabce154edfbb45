//! The `AuthZEN` Authorization API 1.0, with the fixture of its certification scenario loaded as policies.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{ACME, ADAPTER, AGENT, Answer, App};

/// The fixture of the certification scenario, section "Required Fixture". Rules 1 to 4 name subjects, 5 to 8 look at
/// properties; that bob is an administrator is known to the policies where searches bring no properties.
fn fixture() -> Value {
    let policies = [
        (
            "alice-reads-and-writes",
            r#"permit(principal == User::"alice", action == Action::"access", resource)
            when { context has access_resource_type && context.access_resource_type == "record" && context has action
                && ["read", "write"].contains(context.action) };"#,
        ),
        (
            "bob-reads",
            r#"permit(principal == User::"bob", action == Action::"access", resource == Resource::"record/record-1")
            when { context has action && context.action == "read" };"#,
        ),
        (
            "administrators-write-what-is-archived",
            r#"permit(principal, action == Action::"access", resource)
            when { context has access_resource_type && context.access_resource_type == "record"
                && context has action && context.action == "write"
                && context has access_subject_properties && context.access_subject_properties.contains("role=admin")
                && context has resource_name && ["record-2"].contains(context.resource_name) };"#,
        ),
        (
            "bob-is-an-administrator",
            r#"permit(principal == User::"bob", action == Action::"access", resource == Resource::"record/record-2")
            when { context has action && context.action == "write"
                && context has access_resource_properties && context.access_resource_properties.contains("status=archived") };"#,
        ),
        (
            "what-is-archived-is-not-written",
            r#"forbid(principal == User::"alice", action == Action::"access", resource)
            when { context has action && context.action == "write"
                && context has access_resource_properties && context.access_resource_properties.contains("status=archived") };"#,
        ),
        (
            "alice-deletes-softly",
            r#"permit(principal == User::"alice", action == Action::"access", resource == Resource::"record/record-1")
            when { context has action && context.action == "delete"
                && context has access_action_properties && context.access_action_properties.contains("soft=true") };"#,
        ),
    ];
    let policy = |(id, cedar): &(&str, &str)| json!({"policy_id": id, "cedar": cedar});
    Value::Array(policies.iter().map(policy).collect())
}

pub async fn pdp() -> App {
    let app = App::new();
    let bundle = json!({"name": "fixture", "activate": true, "policies": fixture()});
    let saved = app
        .post("/api/policies/bundles", &[ACME], bundle.to_string())
        .await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    app
}

pub async fn ask(app: &App, path: &str, body: &Value) -> Answer {
    app.post(&format!("/access/v1/{path}"), &[ACME], body.to_string())
        .await
}

pub fn user(id: &str) -> Value {
    json!({"type": "user", "id": id})
}

pub fn admin() -> Value {
    json!({"type": "user", "id": "bob", "properties": {"role": "admin"}})
}

pub fn record(id: &str) -> Value {
    json!({"type": "record", "id": id})
}

pub fn record_that_is(status: &str, id: &str) -> Value {
    json!({"type": "record", "id": id, "properties": {"status": status}})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the parts are made where the question is asked"
)]
pub fn question(subject: Value, action: Value, resource: Value) -> Value {
    json!({"subject": subject, "action": action, "resource": resource})
}

pub fn named(name: &str) -> Value {
    json!({"name": name})
}

#[tokio::test]
async fn the_eight_decisions_of_the_fixture_are_as_required() {
    let app = pdp().await;
    let soft = |soft: bool| json!({"name": "delete", "properties": {"soft": soft}});
    for (question, expected) in [
        (
            question(user("alice"), named("read"), record("record-1")),
            true,
        ),
        (
            question(user("alice"), named("write"), record("record-1")),
            true,
        ),
        (
            question(user("bob"), named("read"), record("record-1")),
            true,
        ),
        (
            question(user("bob"), named("write"), record("record-1")),
            false,
        ),
        (
            question(
                user("alice"),
                named("write"),
                record_that_is("archived", "record-2"),
            ),
            false,
        ),
        (
            question(
                admin(),
                named("write"),
                record_that_is("archived", "record-2"),
            ),
            true,
        ),
        (
            question(user("alice"), soft(true), record("record-1")),
            true,
        ),
        (
            question(user("alice"), soft(false), record("record-1")),
            false,
        ),
    ] {
        for _ in 0..3 {
            let answer = ask(&app, "evaluation", &question).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(
                answer.body["decision"], expected,
                "{question}: {}",
                answer.text
            );
            assert!(answer.body["context"].is_object());
        }
    }
}

#[tokio::test]
async fn what_is_not_known_neither_hurts_nor_helps() {
    let app = pdp().await;
    let mut known = question(
        json!({"type": "user", "id": "alice", "properties": {"department": "Sales", "role": "manager"}}),
        json!({"name": "read", "properties": {"method": "GET"}}),
        json!({"type": "record", "id": "record-1", "properties": {"status": "active", "owner": "bob"}}),
    );
    known["context"] = json!({"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"});
    known["futureField"] = json!({"nested": true});
    assert_eq!(ask(&app, "evaluation", &known).await.body["decision"], true);
    // Ids are those of their types, and properties are not what they only look like.
    for stranger in [
        question(
            json!({"type": "spaceship", "id": "alice"}),
            named("read"),
            record("record-1"),
        ),
        question(
            json!({"type": "agent", "id": "alice"}),
            named("read"),
            record("record-1"),
        ),
        question(
            user("alice"),
            named("read"),
            json!({"type": "secret", "id": "record-1"}),
        ),
        question(
            json!({"type": "user", "id": "eve", "properties": {"note": "role=admin"}}),
            named("write"),
            record("record-2"),
        ),
        question(
            json!({"type": "user", "id": "eve", "properties": {"id": "alice", "admin": true}}),
            named("read"),
            record("record-1"),
        ),
    ] {
        let answer = ask(&app, "evaluation", &stranger).await;
        assert_eq!(answer.body["decision"], false, "{stranger}");
    }
}

#[tokio::test]
async fn a_question_that_lacks_something_is_refused() {
    let app = pdp().await;
    let whole = question(user("alice"), named("read"), record("record-1"));
    for lack in [
        "/subject",
        "/action",
        "/resource",
        "/subject/type",
        "/subject/id",
        "/action/name",
        "/resource/type",
        "/resource/id",
    ] {
        let mut lacking = whole.clone();
        let (parent, name) = lack.rsplit_once('/').expect("a pointer");
        let parent = lacking.pointer_mut(parent).and_then(Value::as_object_mut);
        parent.expect("an object").remove(name);
        let answer = ask(&app, "evaluation", &lacking).await;
        assert_eq!(
            (answer.status.as_u16(), answer.refusal().2),
            (400, lack),
            "{lack}"
        );
    }
    for body in [
        "",
        "{",
        r#"{"subject": "alice"}"#,
        r#"{"subject":{"type":"user","id":"a"},"action":{"name":123},"resource":{"type":"r","id":"1"}}"#,
    ] {
        assert_eq!(
            app.post("/access/v1/evaluation", &[ACME], body)
                .await
                .status,
            400,
            "{body}"
        );
    }
    let plain = ("content-type", "text/plain");
    let headers = [ACME, plain];
    let answer = app.post("/access/v1/evaluation", &headers, whole.to_string());
    assert_eq!(answer.await.status, 400);
    assert_eq!(
        app.post("/access/v1/evaluation", &[], whole.to_string())
            .await
            .status,
        401
    );
    assert_eq!(
        app.post("/access/v1/evaluation", &[AGENT], whole.to_string())
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn the_request_id_comes_back_with_every_answer() {
    let app = pdp().await;
    let id = ("x-request-id", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716");
    let whole = question(user("alice"), named("read"), record("record-1")).to_string();
    for (headers, body, status) in [
        (vec![ACME, id], whole.as_str(), 200),
        (vec![ACME, id], "{}", 400),
        (vec![id], whole.as_str(), 401),
    ] {
        let answer = app
            .post("/access/v1/evaluation", &headers, body.to_owned())
            .await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.header("x-request-id"), Some(id.1), "{status}");
    }
}

#[tokio::test]
async fn the_metadata_is_open_and_absolute() {
    let app = App::new();
    let host = ("host", "pdp.example.com");
    let answer = app.get("/.well-known/authzen-configuration", &[host]).await;
    assert_eq!(
        answer.body["policy_decision_point"], "https://pdp.example.com",
        "{}",
        answer.text
    );
    assert_eq!(
        answer.body["access_evaluation_endpoint"],
        "https://pdp.example.com/access/v1/evaluation"
    );
    let odd = ("host", "pdp.example.com/evil?x");
    assert_eq!(
        app.get("/.well-known/authzen-configuration", &[odd])
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn an_adapter_is_asked_about_as_if_it_asked_itself() {
    let app = App::new();
    let rules = json!([
        {"rule": {"policy_id": "read", "subject": {"type": "tool", "name": "read"}, "effect": {"decision": "allow"}}},
        {"rule": {"policy_id": "write", "subject": {"type": "tool", "name": "write"}, "effect": {"decision": "require_approval"}}},
    ]);
    let bundle = json!({"name": "mine", "activate": true, "policies": rules});
    app.post("/api/policies/bundles", &[ACME], bundle.to_string())
        .await;
    let asks = |tool: &str| {
        question(
            json!({"type": "adapter", "id": "openclaw-local"}),
            named("execute"),
            json!({"type": "tool", "id": tool}),
        )
    };
    // Not registered yet.
    assert_eq!(
        ask(&app, "evaluation", &asks("read")).await.body["decision"],
        false
    );
    let adapter = json!({"adapter_id": "openclaw-local", "display_name": "Local", "risk_class": "low", "version": "1",
        "capabilities": ["read"], "tool_capabilities": ["read", "write"], "enabled": true});
    app.post("/adapters/register", &[ADAPTER], adapter.to_string())
        .await;
    assert_eq!(
        ask(&app, "evaluation", &asks("read")).await.body["decision"],
        true
    );
    let waits = ask(&app, "evaluation", &asks("write")).await;
    assert_eq!(waits.body["decision"], false);
    assert_eq!(waits.body["context"]["reason"], "approval_required");
    // Who may use a tool may not do other things to it.
    let mut other = asks("read");
    other["action"] = named("uninstall");
    assert_eq!(
        ask(&app, "evaluation", &other).await.body["decision"],
        false
    );
    let tools = question(
        json!({"type": "adapter", "id": "openclaw-local"}),
        named("execute"),
        json!({"type": "tool"}),
    );
    assert_eq!(
        ids(&ask(&app, "search/resource", &tools).await, "id"),
        ["read"]
    );
    let head = app
        .call(Method::GET, "/access/v1/evaluation", &[ACME], "".into())
        .await;
    assert_eq!(head.status, 405);
}

pub fn ids<'a>(answer: &'a Answer, member: &str) -> Vec<&'a str> {
    let results = answer.body["results"].as_array();
    let list = results.unwrap_or_else(|| panic!("{}", answer.text));
    list.iter()
        .filter_map(|found| found[member].as_str())
        .collect()
}
