//! `/health`, `/livez`, `/readyz` and `/metrics`

use std::sync::atomic::Ordering;

use crate::app::App;

#[tokio::test]
async fn health_tells_how_the_database_is_and_nothing_of_tenants() {
    let app = App::new();
    let answer = app.get("/health", &[]).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "database": {
        "status": "ok"
      },
      "status": "ok",
      "version": "1.2.3"
    }
    "#);
    app.ready.0.lock().expect("no panic").database_writable = false;
    let answer = app.get("/health", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["status"]),
        (200, &"degraded".into())
    );
}

#[tokio::test]
async fn a_deep_look_asks_the_backend() {
    let app = App::new();
    let answer = app.get("/health?deep=true", &[]).await;
    assert_eq!(answer.body["backend"]["status"], "ok");
    app.backend.down.store(true, Ordering::Relaxed);
    let answer = app.get("/health?deep=true", &[]).await;
    assert_eq!(answer.body["backend"]["status"], "error");
    assert_eq!(answer.body["status"], "degraded");
    assert_eq!(app.get("/health", &[]).await.body["status"], "ok");
    assert_eq!(
        app.get("/health?deep=very", &[]).await.refusal(),
        (400, "invalid_input", "/query/deep")
    );
}

#[tokio::test]
async fn readiness_depends_on_the_database_and_on_not_stopping() {
    let app = App::new();
    let answer = app.get("/readyz", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["status"]),
        (200, &"ready".into())
    );
    app.ready.0.lock().expect("no panic").stopping = true;
    let answer = app.get("/readyz", &[]).await;
    assert_eq!(answer.status, 503);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "checks": {
        "database": {
          "migrations_current": true,
          "writable": true
        },
        "stopping": true
      },
      "status": "not_ready"
    }
    "#);
}

#[tokio::test]
async fn the_process_answers() {
    let app = App::new();
    let answer = app.get("/livez", &[]).await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (200, "ok"));
}

#[tokio::test]
async fn metrics_are_in_the_text_format() {
    let app = App::new();
    let answer = app.get("/metrics", &[]).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4")
    );
    assert_eq!(answer.text, "up 1\n");
}
