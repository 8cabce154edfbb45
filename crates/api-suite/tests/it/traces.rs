//! `/traces` and `/traces/{id}`

use serde_json::json;

use crate::agents::message;
use crate::app::{ACME, AGENT, App, DAEMON};

async fn with_traces(count: usize) -> (App, Vec<String>) {
    let app = App::new();
    let mut ids = Vec::new();
    for _ in 0..count {
        let answer = app
            .post("/api/agents/send", &[ACME], message().to_string())
            .await;
        ids.push(
            answer.body["trace_id"]
                .as_str()
                .expect("a trace")
                .to_owned(),
        );
    }
    (app, ids)
}

#[tokio::test]
async fn a_trace_is_read_with_its_steps() {
    let (app, ids) = with_traces(1).await;
    let answer = app.get(&format!("/traces/{}", ids[0]), &[ACME]).await;
    insta::assert_json_snapshot!(answer.body, {
        ".trace.execution_id" => "[execution]",
        ".trace.decision_id" => "[decision]",
        ".trace.workspace_hash" => "[hash]",
        ".trace.duration_ms" => "[duration]",
        ".trace.steps[].duration_ms" => "[duration]",
        ".trace.steps[].step_hash" => "[hash]",
    }, @r#"
    {
      "trace": {
        "agent_role": "lead",
        "completed_at": "2026-11-20T10:00:00.000Z",
        "cost_usd": "0.0000045",
        "decision_id": "[decision]",
        "duration_ms": "[duration]",
        "error": null,
        "execution_id": "[execution]",
        "granted_scope": {
          "capabilities": [
            "llm"
          ],
          "max_cost": null,
          "max_steps": 16
        },
        "id": "01900000-0000-7000-8000-000000000001",
        "input": {
          "message": "Hi",
          "message_history": 0
        },
        "integrity_status": "hash_consistent",
        "labels": {},
        "model": "echo",
        "output": {
          "message": "Hello there"
        },
        "provider": "scripted",
        "redactions": {},
        "scripted": true,
        "skill_versions": {},
        "source": "run",
        "started_at": "2026-11-20T10:00:00.000Z",
        "status": "completed",
        "steps": [
          {
            "data": {
              "attempt": 1,
              "cost_usd": "0.0000045",
              "finish_reason": "stop",
              "has_tool_calls": false,
              "input_tokens": 10,
              "model": "echo",
              "output_tokens": 5,
              "provider": "scripted"
            },
            "duration_ms": "[duration]",
            "prev_step_hash": null,
            "step_hash": "[hash]",
            "step_id": "0",
            "timestamp": "2026-11-20T10:00:00.000Z",
            "type": "llm_call"
          }
        ],
        "task_id": "task-1",
        "tenant_id": "acme",
        "usage": {
          "estimated": false,
          "input_tokens": 10,
          "output_tokens": 5,
          "total_cost": 0.0000045
        },
        "used_scope": {
          "actual_cost": 0.0000045,
          "capabilities": [
            "llm"
          ],
          "step_count": 1
        },
        "user_id": "42",
        "violations": [],
        "workspace_hash": "[hash]",
        "workspace_id": "default"
      }
    }
    "#);
}

#[tokio::test]
async fn another_tenants_trace_is_answered_like_none() {
    let (app, ids) = with_traces(1).await;
    let other = app
        .get(&format!("/traces/{}?tenant_id=other", ids[0]), &[DAEMON])
        .await;
    let missing = app
        .get("/traces/0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", &[ACME])
        .await;
    assert_eq!(missing.refusal(), (404, "not_found", "none"));
    let mut other = other.body;
    other["trace_id"] = missing.body["trace_id"].clone();
    assert_eq!(other, missing.body);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let app = App::new();
    let answer = app.get("/traces/nonsense", &[ACME]).await;
    assert_eq!(answer.refusal(), (400, "invalid_input", "/path/id"));
}

#[tokio::test]
async fn traces_are_listed_page_by_page_newest_first() {
    let (app, ids) = with_traces(3).await;
    let first = app.get("/traces?limit=2", &[ACME]).await;
    assert_eq!(first.body["traces"][0]["id"], ids[2]);
    assert_eq!(first.body["traces"][0]["steps"], json!(null));
    assert_eq!(
        (&first.body["has_more"], &first.body["limit"]),
        (&json!(true), &json!(2))
    );
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let second = app
        .get(&format!("/traces?limit=2&cursor={cursor}"), &[ACME])
        .await;
    assert_eq!(second.body["traces"][0]["id"], ids[0]);
    assert_eq!(
        (&second.body["has_more"], &second.body["next_cursor"]),
        (&json!(false), &json!(null))
    );
    let by_offset = app.get("/traces?offset=2", &[ACME]).await;
    assert_eq!(by_offset.body["traces"], second.body["traces"]);
}

#[tokio::test]
async fn traces_are_found_by_time_and_role() {
    let (app, _) = with_traces(1).await;
    for (query, found) in [
        ("start_date=2026-11-20", 1),
        ("end_date=2026-11-20", 1),
        ("end_date=2026-11-20T10:00:00Z", 1),
        ("end_date=2026-11-19", 0),
        ("start_date=2026-11-20T10:00:00.001Z", 0),
        ("agent_role=lead", 1),
        ("agent_role=analyst", 0),
    ] {
        let answer = app.get(&format!("/traces?{query}"), &[ACME]).await;
        let traces = answer.body["traces"].as_array().map(Vec::len);
        assert_eq!(traces, Some(found), "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn senseless_queries_are_refused_by_name() {
    let app = App::new();
    for (query, pointer) in [
        ("limit=0", "/query/limit"),
        ("limit=101", "/query/limit"),
        ("limit=many", "/query/limit"),
        ("cursor=nonsense", "/query/cursor"),
        ("start_date=yesterday", "/query/start_date"),
        ("end_date=2026-13-01", "/query/end_date"),
        ("workspace_id=..", "/query/workspace_id"),
        ("tenant_id=a%2Fb", "/query/tenant_id"),
    ] {
        let answer = app.get(&format!("/traces?{query}"), &[ACME]).await;
        assert_eq!(answer.refusal(), (400, "invalid_input", pointer), "{query}");
    }
}

#[tokio::test]
async fn reading_traces_needs_its_permission() {
    let app = App::new();
    for uri in ["/traces", "/traces/0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11"] {
        let answer = app.get(uri, &[AGENT]).await;
        assert_eq!(
            answer.refusal(),
            (403, "permission_denied", "none"),
            "{uri}"
        );
    }
}
