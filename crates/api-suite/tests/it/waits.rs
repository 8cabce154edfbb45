//! What waits: adapters for people, and money for executions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{ACME, ADAPTER, AGENT, OPERATOR};
use crate::governed::{ask, exec, governed, pending, resolve};

#[tokio::test]
async fn a_waiting_poll_and_a_stream_are_told_of_a_resolution() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    let polled = app.get("/api/execution/run-1?wait=1m", &[ADAPTER]);
    let streamed = app.get("/api/execution/run-1/events", &[ADAPTER]);
    let resolved = resolve(&app, &decision, r#"{"status": "denied", "note": "no"}"#);
    let all = async { tokio::join!(polled, streamed, resolved) };
    // Far below the wait: the waiters are woken, they do not run out of time.
    let told = tokio::time::timeout(Duration::from_secs(20), all).await;
    let (polled, streamed, resolved) = told.expect("the resolution wakes them");
    assert_eq!(resolved.status, 200, "{}", resolved.text);
    assert_eq!(polled.body["effect"], "deny");
    assert_eq!(polled.body["status"], "denied");
    assert_eq!(polled.body["reason"], "approval_denied");
    assert_eq!(streamed.header("content-type"), Some("text/event-stream"));
    let event = streamed.text.trim_end();
    let data = event
        .strip_prefix("event: resolved\ndata: ")
        .expect("one event");
    let data: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(data["effect"], "deny");
}

#[tokio::test]
async fn held_money_is_listed_by_what_holds_it() {
    let app = governed().await;
    app.post("/budget", &[ACME], r#"{"budget_usd": 1}"#).await;
    for key in ["run-1", "run-2"] {
        let mut body = exec(key, &["echo"]);
        body["max_cost"] = json!(0.25);
        assert_eq!(ask(&app, &body).await.body["allowed"], true);
    }
    let mut dear = exec("run-3", &["echo"]);
    dear["max_cost"] = json!(0.75);
    let refused = ask(&app, &dear).await;
    assert_eq!(
        refused.body["blocked_reason"], "budget_held",
        "{}",
        refused.text
    );
    let first = app.get("/budget/holds?limit=1", &[OPERATOR]).await;
    insta::assert_json_snapshot!(first.body["items"], { "[].execution_id" => "[execution]" }, @r#"
    [
      {
        "amount_usd": 0.25,
        "execution_id": "[execution]",
        "holder": "openclaw-local",
        "kind": "adapter_execution",
        "scopes": [
          "workspace:main"
        ],
        "since": "2026-11-20T10:00:00.000Z",
        "until": "2026-11-20T10:15:00.000Z"
      }
    ]
    "#);
    let cursor = first.body["next_cursor"].as_str().expect("there is more");
    let second = app
        .get(&format!("/budget/holds?cursor={cursor}"), &[OPERATOR])
        .await;
    assert_eq!(second.body["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(second.body["next_cursor"], Value::Null);
    let agent = app.get("/budget/holds", &[AGENT]).await;
    assert_eq!(agent.refusal().0, 403);
}
