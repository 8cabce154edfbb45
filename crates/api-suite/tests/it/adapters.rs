//! `/adapters/register` and `/ops/api/adapters`.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{ACME, ADAPTER, AGENT, Answer, App, MANAGER, OPERATOR};
use crate::governed::{ask, exec, governed};

/// What the plugin sends.
fn registration() -> Value {
    json!({
        "adapter_id": "openclaw-local", "display_name": "OpenClaw Local Gateway", "risk_class": "high",
        "capabilities": ["read", "exec", "write"], "version": "0.1.0", "enabled": true, "certification_tier": "community",
        "tool_capabilities": ["exec.run", "browser.click"],
    })
}

async fn register(app: &App, body: &Value) -> Answer {
    app.post("/adapters/register", &[ADAPTER], body.to_string())
        .await
}

/// Takes the secret out of an answer.
fn secret(answer: &mut Answer) -> String {
    let members = answer.body.as_object_mut().expect("an object");
    let secret = members.remove("adapter_token").expect("a secret");
    // Taking a member out may have moved another.
    answer.body.sort_all_objects();
    secret.as_str().expect("a text").to_owned()
}

async fn change(app: &App, body: &str) -> Answer {
    let uri = "/ops/api/adapters/openclaw-local";
    app.call(Method::PATCH, uri, &[MANAGER], Body::from(body.to_owned()))
        .await
}

#[tokio::test]
async fn an_adapter_registers_and_its_certification_is_not_its_own_to_say() {
    let app = App::new();
    let mut answer = register(&app, &registration()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let token = secret(&mut answer);
    assert!(token.starts_with("cla_") && token.len() == 47, "{token}");
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "adapter_id": "openclaw-local",
      "capabilities": [
        "exec",
        "read",
        "write"
      ],
      "certification_tier": "experimental",
      "created_at": "2026-11-20T10:00:00.000Z",
      "display_name": "OpenClaw Local Gateway",
      "enabled": true,
      "risk_class": "high",
      "tenant_id": "acme",
      "tool_capabilities": [
        "browser.click",
        "exec.run"
      ],
      "updated_at": "2026-11-20T10:00:00.000Z",
      "version": "0.1.0"
    }
    "#);
    let mut again = register(&app, &registration()).await;
    assert_ne!(secret(&mut again), token);
    assert_eq!(again.body, answer.body);
    let list = app.get("/ops/api/adapters", &[OPERATOR]).await;
    assert_eq!(list.body, json!({"adapters": [answer.body], "total": 1}));
}

#[tokio::test]
async fn an_adapter_cannot_lower_its_own_risk() {
    let app = App::new();
    let mut body = registration();
    body["risk_class"] = json!("low");
    assert_eq!(register(&app, &body).await.body["risk_class"], "high");
    let classified = change(
        &app,
        r#"{"risk_class": "medium", "certification_tier": "verified"}"#,
    )
    .await;
    assert_eq!(
        classified.body["risk_class"], "medium",
        "{}",
        classified.text
    );
    assert_eq!(register(&app, &body).await.body["risk_class"], "medium");
    body["risk_class"] = json!("critical");
    assert_eq!(register(&app, &body).await.body["risk_class"], "critical");
}

#[tokio::test]
async fn registrations_that_cannot_be_taken_are_refused_by_name() {
    let app = App::new();
    let with = |member: &str, value: Value| {
        let mut body = registration();
        body[member] = value;
        body
    };
    for (body, status, pointer) in [
        (with("adapter_id", json!("other")), 403, "none"),
        (with("tenant_id", json!("other")), 403, "none"),
        (with("risk_class", json!("harmless")), 400, "/risk_class"),
        (with("display_name", json!(" ")), 400, "/display_name"),
        (with("version", json!("")), 400, "/version"),
        (
            with("capabilities", json!(["__clasper_probe__"])),
            400,
            "/capabilities",
        ),
        (
            with("tool_capabilities", json!([""])),
            400,
            "/tool_capabilities",
        ),
        (with("enabled", json!("yes")), 400, "/enabled"),
        (with("telemetry_key", json!("x")), 400, "/telemetry_key"),
        (
            json!({"adapter_id": "openclaw-local"}),
            400,
            "/display_name",
        ),
    ] {
        let answer = register(&app, &body).await;
        let (found, _, at) = answer.refusal();
        assert_eq!((found, at), (status, pointer), "{body}: {}", answer.text);
    }
    let operator = app
        .post("/adapters/register", &[ACME], registration().to_string())
        .await;
    assert_eq!(operator.refusal().0, 401);
    let list = app.get("/ops/api/adapters", &[ACME]).await;
    assert_eq!(list.body["total"], 0);
}

#[tokio::test]
async fn a_disabled_adapter_asks_for_nothing_and_cannot_enable_itself() {
    let app = governed().await;
    assert_eq!(
        change(&app, r#"{"enabled": false}"#).await.body["enabled"],
        false
    );
    let refused = ask(&app, &exec("run-1", &["echo"])).await;
    assert_eq!(refused.refusal(), (403, "adapter_disabled", "none"));
    assert_eq!(register(&app, &registration()).await.body["enabled"], false);
    let refused = ask(&app, &exec("run-1", &["echo"])).await;
    assert_eq!(refused.refusal(), (403, "adapter_disabled", "none"));
}

#[tokio::test]
async fn only_operators_with_the_permission_change_adapters_of_their_tenant() {
    let app = App::new();
    register(&app, &registration()).await;
    let uri = "/ops/api/adapters/openclaw-local";
    let with = |header| {
        let body = Body::from(r#"{"enabled": false}"#);
        let headers = [header];
        let app = &app;
        async move { app.call(Method::PATCH, uri, &headers, body).await }
    };
    assert_eq!(
        with(OPERATOR).await.refusal(),
        (403, "permission_denied", "none")
    );
    assert_eq!(with(ADAPTER).await.refusal().0, 401);
    let other = ("authorization", "Bearer other-key");
    assert_eq!(with(other).await.refusal(), (404, "not_found", "none"));
    assert_eq!(
        app.get("/ops/api/adapters", &[AGENT]).await.refusal().0,
        403
    );
    assert_eq!(
        app.get("/ops/api/adapters", &[other]).await.body["total"],
        0
    );
    for body in ["{}", r#"{"tenant_id": "acme"}"#] {
        assert_eq!(change(&app, body).await.refusal().0, 400, "{body}");
    }
    let unknown = change(&app, r#"{"display_name": "x"}"#).await;
    assert_eq!(unknown.refusal(), (400, "invalid_input", "/display_name"));
}
