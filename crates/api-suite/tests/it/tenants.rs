//! `POST /tenants` and the keys of tenants.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::app::{ACME, AGENT, App, DAEMON};

const NEW: &str = r#"{"tenant_id": "new", "name": "New Ltd", "time_zone": "Europe/Berlin"}"#;

#[tokio::test]
async fn a_tenant_is_created_once() {
    let app = App::new();
    let first = app.post("/tenants", &[DAEMON], NEW).await;
    assert_eq!(first.status, 201, "{}", first.text);
    insta::assert_json_snapshot!(first.body, @r#"
    {
      "tenant": {
        "created_at": "2026-11-20T10:00:00.000Z",
        "name": "New Ltd",
        "tenant_id": "new",
        "time_zone": "Europe/Berlin"
      }
    }
    "#);
    let again = app.post("/tenants", &[DAEMON], NEW).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
    let other = app
        .post("/tenants", &[DAEMON], r#"{"tenant_id": "new"}"#)
        .await;
    assert_eq!(other.refusal(), (409, "tenant_exists", "none"));
}

#[tokio::test]
async fn a_tenant_is_named_by_its_id_and_lives_in_utc_unless_told_otherwise() {
    let app = App::new();
    let answer = app
        .post("/tenants", &[DAEMON], r#"{"tenant_id": "plain"}"#)
        .await;
    assert_eq!(answer.body["tenant"]["name"], "plain");
    assert_eq!(answer.body["tenant"]["time_zone"], "UTC");
}

#[tokio::test]
async fn senseless_tenants_are_refused_by_name() {
    let app = App::new();
    for (body, pointer) in [
        ("{}", "/tenant_id"),
        (r#"{"tenant_id": "a/b"}"#, "/tenant_id"),
        (r#"{"tenant_id": "x", "name": ""}"#, "/name"),
        (
            r#"{"tenant_id": "x", "time_zone": "Mars/Base"}"#,
            "/time_zone",
        ),
        (r#"{"tenant_id": "x", "plan": "gold"}"#, "/plan"),
    ] {
        let answer = app.post("/tenants", &[DAEMON], body).await;
        let (status, _, found) = answer.refusal();
        assert_eq!((status, found), (400, pointer), "{body}: {}", answer.text);
    }
}

#[tokio::test]
async fn creating_a_tenant_needs_its_permission() {
    let app = App::new();
    let answer = app
        .post("/tenants", &[AGENT], r#"{"tenant_id": "acme"}"#)
        .await;
    assert_eq!(answer.refusal(), (403, "permission_denied", "none"));
}

#[tokio::test]
async fn a_key_shows_its_secret_once_and_is_revoked_for_good() {
    let app = App::new();
    let body = json!({"name": "backend", "role": "agent"}).to_string();
    let created = app.post("/tenants/acme/keys", &[ACME], body).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let secret = created.body["secret"].as_str().expect("a secret");
    let key = &created.body["key"];
    assert!(secret.starts_with(key["prefix"].as_str().expect("a prefix")));
    insta::assert_json_snapshot!(key, { ".id" => "[id]", ".prefix" => "[prefix]" }, @r#"
    {
      "created_at": "2026-11-20T10:00:00.000Z",
      "id": "[id]",
      "name": "backend",
      "prefix": "[prefix]",
      "revoked_at": null,
      "role": "agent",
      "tenant_id": "acme"
    }
    "#);

    let listed = app.get("/tenants/acme/keys", &[ACME]).await;
    assert_eq!(listed.body["keys"], json!([key]));
    assert!(!listed.text.contains(secret));

    let uri = format!("/tenants/acme/keys/{}", key["id"].as_str().expect("an id"));
    let revoked = app.call(Method::DELETE, &uri, &[ACME], Body::empty()).await;
    assert_eq!(
        revoked.body["key"]["revoked_at"],
        "2026-11-20T10:00:00.000Z"
    );
    let again = app.call(Method::DELETE, &uri, &[ACME], Body::empty()).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &revoked.body));
}

#[tokio::test]
async fn keys_of_other_tenants_are_out_of_reach() {
    let app = App::new();
    let body = r#"{"name": "x", "role": "agent"}"#;
    let write = app.post("/tenants/other/keys", &[ACME], body).await;
    assert_eq!(write.refusal(), (403, "tenant_mismatch", "none"));
    let read = app.get("/tenants/other/keys", &[ACME]).await;
    assert_eq!(read.refusal(), (404, "not_found", "none"));
    let unknown = app.post("/tenants/other/keys", &[DAEMON], body).await;
    assert_eq!(unknown.refusal(), (403, "unknown_tenant", "none"));
    let uri = "/tenants/acme/keys/0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11";
    let missing = app.call(Method::DELETE, uri, &[ACME], Body::empty()).await;
    assert_eq!(missing.refusal(), (404, "api_key_not_found", "none"));
}

#[tokio::test]
async fn senseless_keys_are_refused_by_name() {
    let app = App::new();
    for (body, pointer) in [
        (r#"{"role": "agent"}"#, "/name"),
        (r#"{"name": "x", "role": "king"}"#, "/role"),
        (r#"{"name": "", "role": "agent"}"#, "/name"),
    ] {
        let answer = app.post("/tenants/acme/keys", &[ACME], body).await;
        let (status, _, found) = answer.refusal();
        assert_eq!((status, found), (400, pointer), "{body}: {}", answer.text);
    }
    let uri = "/tenants/acme/keys/nonsense";
    let answer = app.call(Method::DELETE, uri, &[ACME], Body::empty()).await;
    assert_eq!(answer.refusal(), (400, "invalid_input", "/path/key_id"));
}
