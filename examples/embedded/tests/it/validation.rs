//! Bad input is refused in JSON, and nothing is written.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{body, call, desk, get, post};

#[tokio::test]
async fn bad_bodies_are_refused_and_leave_no_trace() {
    let (desk, _folder) = desk("10").await;
    let with = |name: &str, value: Value| {
        let mut body = body("1");
        body[name] = value;
        body
    };
    let bad = [
        with("amount_usd", json!("0")),
        with("amount_usd", json!("-1")),
        with("amount_usd", json!("much")),
        with("amount_usd", json!(1)),
        with("amount_usd", json!("99999999999")),
        with("order_id", json!(" ")),
        with("order_id", json!("a\0b")),
        with("reason", json!("x".repeat(1001))),
        with("clerk", json!("../kim")),
        with("surprise", json!(1)),
        json!([]),
        json!(null),
    ];
    for body in bad {
        let (status, answer) = post(&desk, body.clone(), None).await;
        assert!(status.is_client_error(), "{body} was answered {status}");
        assert!(answer["error"].is_string(), "{answer}");
    }
    for raw in [&b"{"[..], &b"\xff\xfe"[..], b""] {
        let request = Request::post("/refunds").header("content-type", "application/json");
        let request = request.body(Body::from(raw)).expect("a request");
        assert!(call(&desk, request).await.0.is_client_error());
    }
    assert_eq!(
        post(&desk, body("1"), Some("")).await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        get(&desk, "/audit?limit=many").await.0,
        StatusCode::BAD_REQUEST
    );
    let report = desk.audit(10).await.expect("a log");
    assert_eq!(report.entries[0].event, "budget_changed");
    desk.close().await;
}
