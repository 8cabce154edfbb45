//! `POST /api/agents/stream`

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::agents::message;
use crate::app::{ACME, App, sorted};

const STREAM: &str = "/api/agents/stream";

/// Names and data of events that are well formed: `event: <name>`, `data: <json>`, an empty line.
fn events(text: &str) -> Vec<(String, Value)> {
    let read = |block: &str| {
        let (name, data) = block.split_once('\n').expect("two lines");
        let name = name.strip_prefix("event: ").expect("a name");
        let data = data.strip_prefix("data: ").expect("data");
        (name.to_owned(), sorted(data).expect("JSON"))
    };
    text.split_terminator("\n\n").map(read).collect()
}

fn saying(text: &str) -> String {
    let mut body = message();
    body["message"] = json!(text);
    body.to_string()
}

#[tokio::test]
async fn an_answer_comes_in_pieces_between_its_start_and_its_end() {
    let app = App::new();
    let answer = app.post(STREAM, &[ACME], message().to_string()).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let events = events(&answer.text);
    for (name, data) in &events {
        assert_eq!(data["type"], **name);
    }
    assert_eq!(
        answer.header("x-trace-id"),
        events[0].1["trace_id"].as_str()
    );
    insta::assert_json_snapshot!(events, { "[][1].execution_id" => "[execution]" }, @r#"
    [
      [
        "start",
        {
          "execution_id": "[execution]",
          "trace_id": "01900000-0000-7000-8000-000000000001",
          "type": "start"
        }
      ],
      [
        "chunk",
        {
          "data": "Hello ",
          "type": "chunk"
        }
      ],
      [
        "chunk",
        {
          "data": "there",
          "type": "chunk"
        }
      ],
      [
        "done",
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
          "task_id": "task-1",
          "trace_id": "01900000-0000-7000-8000-000000000001",
          "type": "done",
          "usage": {
            "completion_tokens": 5,
            "prompt_tokens": 10,
            "total_tokens": 15
          }
        }
      ]
    ]
    "#);
    assert!(
        answer.text.contains(r#""totalCost":0.0000045"#),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn send_streams_when_it_is_asked_to() {
    let app = App::new();
    let mut body = message();
    body["stream"] = json!(true);
    let answer = app
        .post("/api/agents/send", &[ACME], body.to_string())
        .await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let names: Vec<String> = events(&answer.text)
        .into_iter()
        .map(|event| event.0)
        .collect();
    assert_eq!(names, ["start", "chunk", "chunk", "done"]);
}

#[tokio::test]
async fn a_run_that_fails_ends_with_an_error() {
    let app = App::new();
    let answer = app.post(STREAM, &[ACME], saying("break")).await;
    assert_eq!(answer.status, 200);
    let (name, data) = events(&answer.text).pop().expect("an event");
    assert_eq!(name, "error");
    insta::assert_json_snapshot!(data, @r#"
    {
      "code": "model_failed",
      "error": "no model answered: the provider refused the request (status 418)",
      "status": 502,
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "type": "error"
    }
    "#);
}

#[tokio::test]
async fn what_fails_before_the_start_is_a_problem() {
    let app = App::new();
    for (body, refusal) in [
        (saying(" "), (400, "message_empty", "/message")),
        ("{}".to_owned(), (400, "invalid_input", "/user_id")),
    ] {
        let answer = app.post(STREAM, &[ACME], body).await;
        assert_eq!(answer.refusal(), refusal);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
    }
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_run() {
    let app = App::new();
    let body = Body::from(message().to_string());
    let response = app.open(Method::POST, STREAM, &[ACME], body).await;
    assert_eq!(response.status(), 200);
    drop(response);
    app.tracker.close();
    app.tracker.wait().await;
    let state = app.memory.state();
    assert!(state.open.is_empty(), "the run is still open");
    assert_eq!(state.traces.len(), 1);
}
