//! `/api/version`, `/api/compatibility`, and the pages about all of it.

use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::app::{ACME, App};

fn features(app: &App, names: &[&str]) {
    *app.backend.features.lock().expect("no panic") =
        names.iter().map(|&name| name.to_owned()).collect();
}

#[tokio::test]
async fn the_version_needs_no_credential() {
    let app = App::new();
    let answer = app.get("/api/version", &[]).await;
    assert_eq!(answer.body["version"], "1.2.3");
    assert_eq!(answer.body["contract_version"], "1.1.0");
    assert_eq!(answer.body["name"], "clasper");
}

#[tokio::test]
async fn a_backend_with_everything_fits() {
    let app = App::new();
    features(&app, &["tasks", "messages", "documents", "tools"]);
    let answer = app.get("/api/compatibility", &[ACME]).await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "clasper_contract_version": "1.1.0",
      "compatible": true,
      "control_plane_contract_version": "v1",
      "warnings": []
    }
    "#);
}

#[tokio::test]
async fn a_backend_without_messages_does_not_fit() {
    let app = App::new();
    features(&app, &["tasks", "documents", "tools"]);
    let answer = app.get("/api/compatibility", &[ACME]).await;
    assert_eq!(answer.status, 503);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "clasper_contract_version": "1.1.0",
      "compatible": false,
      "control_plane_contract_version": "v1",
      "error": "the backend lacks required features: messages",
      "missing_features": [
        "messages"
      ],
      "warnings": []
    }
    "#);
}

#[tokio::test]
async fn a_backend_that_does_not_answer_does_not_fit() {
    let app = App::new();
    app.backend.down.store(true, Ordering::Relaxed);
    let answer = app.get("/api/compatibility", &[ACME]).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body["compatible"], false);
    assert_eq!(answer.body["control_plane_contract_version"], Value::Null);
    assert_eq!(app.get("/api/compatibility", &[]).await.refusal().0, 401);
}

#[tokio::test]
async fn the_document_is_served_as_it_is_checked_in() {
    let app = App::new();
    let answer = app.get("/openapi.json", &[]).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = clasper_api::openapi().to_json().expect("a document");
    assert_eq!(answer.text, document);
}

#[tokio::test]
async fn the_pages_are_served_from_the_binary() {
    let app = App::new();
    let page = app.get("/docs/", &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger-ui-bundle.js"), "{}", page.text);
    assert!(
        !page.text.contains("https://"),
        "something is fetched from elsewhere"
    );
    let settings = app.get("/docs/swagger-initializer.js", &[]).await;
    assert!(settings.text.contains("/openapi.json"), "{}", settings.text);
}
