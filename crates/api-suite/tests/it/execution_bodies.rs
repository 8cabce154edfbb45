//! What is refused of the body of `POST /api/execution/request`.

use serde_json::{Value, json};

use crate::app::{ACME, Answer, App};
use crate::governed::{ask, exec, governed};

fn with(member: &str, value: &Value) -> Value {
    let mut body = exec("run-1", &["echo", "one"]);
    body[member] = value.clone();
    body
}

async fn asked(app: &App, member: &str, value: &Value) -> Answer {
    ask(app, &with(member, value)).await
}

async fn nothing_was_decided(app: &App) {
    let listed = app.get("/ops/api/decisions", &[ACME]).await;
    assert_eq!(listed.body["decisions"], json!([]), "something was decided");
}

#[tokio::test]
async fn values_that_make_no_sense_are_refused_by_name() {
    let app = governed().await;
    let values = json!({
        "/max_cost": [-1, "NaN", "inf"],
        "/estimated_cost": [-0.01],
        "/max_steps": [0, -1],
        "/temperature": [2.1],
        "/tool_count": [-1],
        "/adapter_risk_class": ["none"],
        "/execution_id": ["a/b"],
        "/toool": ["exec"],
        "/requested_capabilities": ["exec"],
    });
    for (pointer, values) in values.as_object().expect("pointers") {
        let member = pointer.trim_start_matches('/');
        for value in values.as_array().expect("values") {
            let answer = asked(&app, member, value).await;
            let expected = (400, "invalid_input", pointer.as_str());
            assert_eq!(answer.refusal(), expected, "{value}: {}", answer.text);
        }
    }
    for (member, value, pointer) in [
        (
            "context",
            json!({"exec": {"argv1": "x"}}),
            "/context/exec/argv1",
        ),
        ("context", json!({"targets": 7}), "/context/targets"),
        (
            "provenance",
            json!({"source": "heaven"}),
            "/provenance/source",
        ),
    ] {
        let answer = asked(&app, member, &value).await;
        assert_eq!(answer.refusal(), (400, "invalid_input", pointer), "{value}");
    }
    let named_otherwise = json!({"exec": {"argv0": "echo", "argv": ["rm", "-r", "/"]}});
    let answer = asked(&app, "context", &named_otherwise).await;
    let expected = (400, "invalid_request", "/context/exec/argv0");
    assert_eq!(answer.refusal(), expected);
    let without = ask(&app, &json!({"tool": "exec"})).await;
    let expected = (400, "invalid_input", "/requested_capabilities");
    assert_eq!(without.refusal(), expected);
    nothing_was_decided(&app).await;
}

#[tokio::test]
async fn what_a_caller_may_not_bring_along_is_refused() {
    let app = governed().await;
    let overriding = json!({
        "actor": "me", "role": "admin", "request": {"reason_code": "hotfix", "justification": "because I say so"}
    });
    let answer = asked(&app, "override", &overriding).await;
    let expected = (400, "override_not_accepted", "/override");
    assert_eq!(answer.refusal(), expected);
    let answer = asked(&app, "callback_url", &json!("http://10.0.0.1/")).await;
    let expected = (400, "callback_not_allowed", "/callback_url");
    assert_eq!(answer.refusal(), expected);
    let answer = asked(&app, "rbac_allowed", &json!(false)).await;
    assert_eq!(answer.refusal(), (403, "rbac_denied", "/rbac_allowed"));
    nothing_was_decided(&app).await;
}

#[tokio::test]
async fn what_the_credential_does_not_cover_is_refused() {
    let app = governed().await;
    for capability in ["root", "web_fetch"] {
        let answer = asked(&app, "requested_capabilities", &json!([capability])).await;
        let expected = (403, "capability_not_allowed", "/requested_capabilities");
        assert_eq!(answer.refusal(), expected);
        assert_eq!(answer.body["capabilities"], json!([capability]));
    }
    for member in ["adapter_id", "tenant_id", "workspace_id"] {
        let answer = asked(&app, member, &json!("other")).await;
        let expected = (403, "adapter_scope_mismatch", "none");
        assert_eq!(answer.refusal(), expected, "{member}");
    }
    nothing_was_decided(&app).await;
}
