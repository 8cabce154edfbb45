//! `POST /api/agents/send`

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::app::{ACME, AGENT, Answer, App, DAEMON, Headers};

const SEND: &str = "/api/agents/send";

pub fn message() -> Value {
    json!({
        "user_id": "42",
        "session_key": "user:42:lead",
        "message": "Hi",
        "task_title": "Greetings",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = message();
    body[name] = value;
    body
}

async fn send(app: &App, headers: Headers<'_>, body: &Value) -> Answer {
    app.post(SEND, headers, body.to_string()).await
}

#[tokio::test]
async fn a_message_is_answered_with_its_cost_and_trace() {
    let app = App::new();
    let answer = send(&app, &[AGENT], &message()).await;
    assert_eq!(
        answer.header("x-trace-id"),
        answer.body["trace_id"].as_str()
    );
    insta::assert_json_snapshot!(answer.body, { ".execution_id" => "[execution]" }, @r#"
    {
      "cost": {
        "currency": "USD",
        "inputCost": 0.0000015,
        "inputTokens": 10,
        "model": "echo",
        "outputCost": 0.000003,
        "outputTokens": 5,
        "totalCost": 0.0000045
      },
      "delivery": "delivered",
      "execution_id": "[execution]",
      "metadata": {
        "finish_reason": "stop",
        "model": "echo",
        "provider": "scripted",
        "scripted": true
      },
      "response": "Hello there",
      "status": "ok",
      "task_id": "task-1",
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "usage": {
        "completion_tokens": 5,
        "prompt_tokens": 10,
        "total_tokens": 15
      }
    }
    "#);
    assert!(
        answer
            .text
            .contains(r#""inputCost":0.0000015,"outputCost":0.000003,"totalCost":0.0000045"#),
        "{}",
        answer.text
    );
    assert_eq!(app.backend.delivered.lock().expect("no panic").len(), 1);
}

#[tokio::test]
async fn the_members_that_are_wrong_are_named() {
    let app = App::new();
    for (name, value, pointer) in [
        ("surprise", json!(1), "/surprise"),
        ("message", json!(5), "/message"),
        ("message", json!(null), "/message"),
        ("message", json!(" "), "/message"),
        ("message", json!("x".repeat(256 * 1024 + 1)), "/message"),
        ("messages", json!({}), "/messages"),
        (
            "messages",
            json!([{"role": "user", "content": 1}]),
            "/messages/0/content",
        ),
        (
            "messages",
            json!([{"role": "robot", "content": ""}]),
            "/messages/0/role",
        ),
        (
            "messages",
            json!([{"role": "user", "content": "", "x": 1}]),
            "/messages/0/x",
        ),
        (
            "messages",
            json!(vec![json!({"role": "user", "content": "x"}); 501]),
            "/messages",
        ),
        ("session_key", json!("nonsense"), "/session_key"),
        ("session_key", json!("user:43:lead"), "/session_key"),
        (
            "session_key",
            json!("user:42:../../etc/passwd"),
            "/session_key",
        ),
        ("user_id", json!("a/b"), "/user_id"),
        ("metadata", json!("x"), "/metadata"),
        (
            "metadata",
            json!({"kickoff_plan": "yes"}),
            "/metadata/kickoff_plan",
        ),
        (
            "metadata",
            json!({"workspace_id": "../x"}),
            "/metadata/workspace_id",
        ),
        (
            "metadata",
            json!({"timezone": "Mars/Base"}),
            "/metadata/timezone",
        ),
        ("task_metadata", json!([]), "/task_metadata"),
        ("tenant_id", json!("a b"), "/tenant_id"),
        ("stream", json!("yes"), "/stream"),
    ] {
        let answer = send(&app, &[ACME], &with(name, value)).await;
        let (status, _, found) = answer.refusal();
        assert_eq!((status, found), (400, pointer), "{}", answer.text);
    }
    assert!(app.memory.state().log.is_empty(), "something was written");
}

#[tokio::test]
async fn a_bad_session_key_reads_like_this() {
    let app = App::new();
    let answer = send(&app, &[ACME], &with("session_key", json!("nonsense"))).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": "invalid_session_key",
      "detail": "the session key must have the form user:<user id>:<role>",
      "error": "the session key must have the form user:<user id>:<role>",
      "errors": [
        {
          "detail": "the session key must have the form user:<user id>:<role>",
          "pointer": "/session_key"
        }
      ],
      "status": 400,
      "title": "Invalid input",
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "type": "https://clasper.dev/problems/invalid_session_key"
    }
    "#);
}

#[tokio::test]
async fn an_unknown_member_reads_like_this() {
    let app = App::new();
    let answer = send(&app, &[ACME], &with("mesage", json!("Hi"))).await;
    insta::assert_json_snapshot!(answer.body["errors"], @r#"
    [
      {
        "detail": "unknown field `mesage`, expected one of `tenant_id`, `user_id`, `session_key`, `message`, `messages`, `task_id`, `task_title`, `task_description`, `task_metadata`, `metadata`, `webhook`, `stream`",
        "pointer": "/mesage"
      }
    ]
    "#);
}

#[tokio::test]
async fn a_message_without_its_text_is_refused() {
    let app = App::new();
    let answer = send(
        &app,
        &[ACME],
        &json!({"user_id": "42", "session_key": "user:42:lead"}),
    )
    .await;
    assert_eq!(answer.refusal(), (400, "invalid_input", "/message"));
}

#[tokio::test]
async fn free_metadata_is_let_through() {
    let app = App::new();
    let answer = send(
        &app,
        &[ACME],
        &with("metadata", json!({"mine": [1, {"a": null}]})),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn bodies_that_are_no_json_text_are_refused() {
    let app = App::new();
    let cases: [(Vec<u8>, u16, &str); 4] = [
        (b"{".to_vec(), 400, "malformed_json"),
        (b"{\"message\":\"\xff\"}".to_vec(), 400, "invalid_utf8"),
        (
            b"{\"message\":\"a\\u0000\"}".to_vec(),
            400,
            "invalid_character",
        ),
        (vec![b' '; 1024 * 1024 + 1], 413, "too_large"),
    ];
    for (body, status, code) in cases {
        let answer = app.post(SEND, &[ACME], body).await;
        assert_eq!((answer.status.as_u16(), answer.refusal().1), (status, code));
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
    }
}

#[tokio::test]
async fn a_webhook_is_refused_and_never_dropped_in_silence() {
    let app = App::new();
    for webhook in [json!({"url": "https://example.com"}), json!("x")] {
        let answer = send(&app, &[ACME], &with("webhook", webhook)).await;
        assert_eq!(answer.refusal(), (400, "webhook_not_available", "/webhook"));
    }
    assert_eq!(
        send(&app, &[ACME], &with("webhook", Value::Null))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_tenant_is_named_by_the_daemon_and_by_no_other() {
    let app = App::new();
    let named = |tenant: &str| with("tenant_id", json!(tenant));
    assert_eq!(send(&app, &[DAEMON], &named("acme")).await.status, 200);
    let unknown = send(&app, &[DAEMON], &named("nobody")).await;
    assert_eq!(unknown.refusal(), (403, "unknown_tenant", "none"));
    let other = send(&app, &[ACME], &named("other")).await;
    assert_eq!(other.refusal(), (403, "tenant_mismatch", "none"));
    let nobody = send(&app, &[], &message()).await;
    assert_eq!(nobody.refusal(), (401, "missing_credentials", "none"));
}

#[tokio::test]
async fn the_same_key_and_request_get_the_same_answer() {
    let app = App::new();
    let key: Headers<'_> = &[ACME, ("idempotency-key", "msg-1")];
    let first = send(&app, key, &message()).await;
    let second = send(&app, key, &message()).await;
    assert_eq!(second.status, 200, "{}", second.text);
    // The kept answer was kept before it was delivered.
    let mut expected = first.body;
    expected["delivery"] = json!("queued");
    assert_eq!(second.body, expected);
    assert_eq!(app.memory.state().traces.len(), 1);
    let other = send(&app, key, &with("message", json!("Else"))).await;
    assert_eq!(other.refusal(), (409, "idempotency_key_reused", "none"));
}

#[tokio::test]
async fn a_key_that_is_no_key_is_refused() {
    let app = App::new();
    let long = "x".repeat(201);
    for keys in [
        vec![""],
        vec!["a b"],
        vec!["\u{fc}"],
        vec![&*long],
        vec!["a", "a"],
    ] {
        let mut headers = vec![ACME];
        headers.extend(keys.into_iter().map(|key| ("idempotency-key", key)));
        let answer = send(&app, &headers, &message()).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_input", "/header/idempotency-key"),
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn a_model_that_fails_is_a_502_that_names_the_trace() {
    let app = App::new();
    let answer = send(&app, &[ACME], &with("message", json!("fail"))).await;
    assert_eq!(answer.refusal(), (502, "model_failed", "none"));
    let trace = answer.body["trace_id"].as_str().expect("a trace id");
    assert_eq!(answer.header("x-trace-id"), Some(trace));
    let found = app.get(&format!("/traces/{trace}"), &[ACME]).await;
    assert_eq!(found.body["trace"]["status"], "failed");
}

#[tokio::test]
async fn a_budget_that_is_too_small_is_a_402() {
    let app = App::new();
    app.post("/budget", &[ACME], r#"{"budget_usd": 0.000000001}"#)
        .await;
    let answer = send(&app, &[ACME], &message()).await;
    assert_eq!(answer.refusal(), (402, "budget_exceeded", "none"));
}

#[tokio::test]
async fn an_answer_is_queued_while_the_backend_is_down() {
    let app = App::new();
    app.backend.down.store(true, Ordering::Relaxed);
    let answer = send(&app, &[ACME], &message()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        (&answer.body["delivery"], &answer.body["task_id"]),
        (&json!("queued"), &Value::Null)
    );
}

#[tokio::test]
async fn a_refusal_names_the_part_of_the_tenant_whose_budget_is_too_small() {
    for scope in ["workspace:default", "agent:lead", "session:user:42:lead"] {
        let app = App::new();
        app.post("/budget", &[ACME], r#"{"budget_usd": 5}"#).await;
        let body = json!({"budget_usd": "0.000000001", "scope": scope});
        app.post("/budget", &[ACME], body.to_string()).await;
        let answer = send(&app, &[ACME], &message()).await;
        assert_eq!(
            answer.refusal(),
            (402, "budget_exceeded", "none"),
            "{scope}"
        );
        let detail = answer.body["detail"].as_str().expect("a detail");
        assert!(detail.contains(scope), "{detail}");
        let other = json!({"budget_usd": 5, "scope": scope});
        app.post("/budget", &[ACME], other.to_string()).await;
        assert_eq!(send(&app, &[ACME], &message()).await.status, 200);
    }
}
