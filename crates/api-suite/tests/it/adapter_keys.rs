//! `/adapters/{adapter_id}/rotate` and `/ops/api/adapters/{adapter_id}/keys`.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::app::{ADAPTER, AGENT, App, MANAGER, OPERATOR};
use crate::governed::{OTHER, ask, exec, governed};

const KEYS: &str = "/ops/api/adapters/openclaw-local/keys";

async fn issue(app: &App, header: (&'static str, &str)) -> crate::app::Answer {
    app.post(KEYS, &[header], r#"{"workspace_id": "main"}"#)
        .await
}

async fn revoke(app: &App, header: (&'static str, &str)) -> crate::app::Answer {
    app.call(Method::DELETE, KEYS, &[header], Body::empty())
        .await
}

#[tokio::test]
async fn a_secret_is_shown_once_and_those_before_it_end() {
    let app = governed().await;
    let uri = "/adapters/openclaw-local/rotate";
    let rotated = app.post(uri, &[ADAPTER], Body::empty()).await;
    assert_eq!(rotated.status, 201, "{}", rotated.text);
    let secret = rotated.body["adapter_token"].as_str().expect("a secret");
    let listed = app.get(KEYS, &[OPERATOR]).await;
    let keys = listed.body["keys"].as_array().expect("keys").clone();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], rotated.body["key"]);
    assert_eq!(keys[0]["expires_at"], json!(null));
    // The key of the registration stays good for a quarter of an hour.
    assert_eq!(keys[1]["expires_at"], "2026-11-20T10:15:00.000Z");
    assert!(secret.starts_with(keys[0]["prefix"].as_str().expect("a prefix")));
    assert!(!listed.text.contains(secret));
    let audit = app.get("/audit", &[OPERATOR]).await;
    assert!(audit.text.contains("adapter_key_issued"), "{}", audit.text);
    assert!(!audit.text.contains(secret));
}

#[tokio::test]
async fn a_revoked_adapter_is_disabled_too() {
    let app = governed().await;
    assert_eq!(issue(&app, MANAGER).await.status, 201);
    let revoked = revoke(&app, MANAGER).await;
    assert_eq!(revoked.body["enabled"], false, "{}", revoked.text);
    let keys = app.get(KEYS, &[OPERATOR]).await.body["keys"].clone();
    let keys = keys.as_array().expect("keys").clone();
    assert!(keys.iter().all(|key| key["revoked_at"].is_string()));
    let refused = ask(&app, &exec("run-1", &["echo"])).await;
    assert_eq!(refused.refusal(), (403, "adapter_disabled", "none"));
    let uri = "/adapters/openclaw-local/rotate";
    let refused = app.post(uri, &[ADAPTER], Body::empty()).await;
    assert_eq!(refused.refusal(), (403, "adapter_disabled", "none"));
}

#[tokio::test]
async fn only_operators_with_the_permission_manage_keys_of_their_tenant() {
    let app = governed().await;
    for header in [AGENT, OPERATOR] {
        assert_eq!(issue(&app, header).await.refusal().0, 403);
        assert_eq!(revoke(&app, header).await.refusal().0, 403);
    }
    assert_eq!(app.get(KEYS, &[AGENT]).await.refusal().0, 403);
    for answer in [issue(&app, OTHER).await, revoke(&app, OTHER).await] {
        assert_eq!(answer.refusal(), (404, "not_found", "none"));
    }
    assert_eq!(app.get(KEYS, &[OTHER]).await.refusal().0, 404);
    let uri = "/adapters/other-adapter/rotate";
    let answer = app.post(uri, &[ADAPTER], Body::empty()).await;
    assert_eq!(answer.refusal(), (403, "adapter_scope_mismatch", "none"));
    let answer = app.post(KEYS, &[MANAGER], "{}").await;
    assert_eq!(answer.refusal(), (400, "invalid_input", "/workspace_id"));
}

#[tokio::test]
async fn an_adapter_that_has_not_registered_gets_no_key() {
    let app = App::new();
    let uri = "/adapters/openclaw-local/rotate";
    let answer = app.post(uri, &[ADAPTER], Body::empty()).await;
    assert_eq!(answer.refusal(), (403, "adapter_not_registered", "none"));
    assert_eq!(issue(&app, MANAGER).await.refusal().0, 404);
}
