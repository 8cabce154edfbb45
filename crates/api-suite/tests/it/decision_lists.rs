//! `GET /ops/api/decisions` and `/api/adapter/decisions`.

use axum::body::Body;
use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{ACME, ADAPTER, AGENT, Answer, OPERATOR};
use crate::governed::{OTHER, ask, denied, exec, governed, pending};

#[tokio::test]
async fn decisions_are_listed_by_what_is_asked_of_them_page_by_page() {
    let app = governed().await;
    pending(&app, "run-1").await;
    denied(&app, "run-2").await;
    ask(&app, &exec("run-3", &["echo"])).await;
    let keys = |answer: &Answer| -> Vec<String> {
        let decisions = answer.body["decisions"].as_array().expect("a list");
        let key = |decision: &Value| decision["execution_id"].as_str().map(str::to_owned);
        decisions.iter().filter_map(key).collect()
    };
    for (query, found) in [
        ("", &["run-3", "run-2", "run-1"] as &[&str]),
        ("?status=pending", &["run-1"]),
        ("?status=deny", &["run-2"]),
        ("?status=allow", &["run-3"]),
        ("?status=approved", &[]),
        ("?adapter_id=other-adapter", &[]),
        ("?tool=exec&workspace_id=main", &["run-3", "run-2", "run-1"]),
        ("?tool=read", &[]),
    ] {
        let answer = app
            .get(&format!("/ops/api/decisions{query}"), &[OPERATOR])
            .await;
        assert_eq!(keys(&answer), found, "{query}: {}", answer.text);
    }
    let first = app.get("/ops/api/decisions?limit=2", &[OPERATOR]).await;
    assert_eq!(first.body["has_more"], true);
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let rest = app
        .get(&format!("/ops/api/decisions?cursor={cursor}"), &[OPERATOR])
        .await;
    assert_eq!(keys(&rest), ["run-1"]);
    for (query, pointer) in [
        ("status=open", "/query/status"),
        ("limit=0", "/query/limit"),
        ("limit=501", "/query/limit"),
        ("cursor=x", "/query/cursor"),
        ("offset=2", "/query/offset"),
    ] {
        let answer = app
            .get(&format!("/ops/api/decisions?{query}"), &[OPERATOR])
            .await;
        assert_eq!(answer.refusal(), (400, "invalid_input", pointer), "{query}");
    }
    let agent = app.get("/ops/api/decisions", &[AGENT]).await;
    assert_eq!(agent.refusal(), (403, "permission_denied", "none"));
    assert_eq!(
        keys(&app.get("/ops/api/decisions", &[OTHER]).await),
        [""; 0]
    );
}

#[tokio::test]
async fn an_adapter_reads_and_understands_its_own_decisions() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    let list = app
        .get(
            "/api/adapter/decisions?since=10m&status=pending",
            &[ADAPTER],
        )
        .await;
    insta::assert_json_snapshot!(list.body, {
        ".decisions[].decision_id" => "[decision]", ".decisions[].trace_id" => "[trace]",
    }, @r#"
    {
      "decisions": [
        {
          "decision": "require_approval",
          "decision_id": "[decision]",
          "execution_id": "run-1",
          "policy": "ask-rm",
          "state": "pending",
          "status": "pending",
          "timestamp": "2026-11-20T10:00:00.000Z",
          "tool": "exec",
          "trace_id": "[trace]"
        }
      ],
      "limit": 50,
      "next_cursor": null
    }
    "#);
    let one = app
        .get(&format!("/api/adapter/decisions/{decision}"), &[ADAPTER])
        .await;
    assert_eq!(one.body["decision"], list.body["decisions"][0]);
    let why = app
        .get(
            &format!("/api/adapter/decisions/{decision}/explain"),
            &[ADAPTER],
        )
        .await;
    insta::assert_json_snapshot!(why.body, { ".risk" => "[risk]" }, @r#"
    {
      "decision": "require_approval",
      "explanation": "it deletes",
      "input_summary": {
        "argv": [
          "rm",
          "-r",
          "build"
        ],
        "argv0": "rm",
        "cwd": null,
        "hosts": [],
        "intent": "shell_command",
        "paths": [],
        "resource": null,
        "targets": []
      },
      "policy": "ask-rm",
      "reason": "policy_requires_approval",
      "risk": "[risk]",
      "tool": "exec"
    }
    "#);
    assert_eq!(why.body["risk"]["level"], "low", "{}", why.text);
    app.clock.advance(TimeDelta::minutes(11));
    let later = app
        .get("/api/adapter/decisions?since=10m", &[ADAPTER])
        .await;
    assert_eq!(later.body["decisions"], json!([]));
    for (query, pointer) in [
        ("since=soon", "/query/since"),
        ("since=", "/query/since"),
        ("policy=ask-rm", "/query/policy"),
        ("decision=allow", "/query/decision"),
    ] {
        let answer = app
            .get(&format!("/api/adapter/decisions?{query}"), &[ADAPTER])
            .await;
        assert_eq!(answer.refusal(), (400, "invalid_input", pointer), "{query}");
    }
    let stranger = [("x-adapter-token", "other-adapter-token")];
    for uri in [
        format!("/api/adapter/decisions/{decision}"),
        format!("/api/adapter/decisions/{decision}/explain"),
        format!("/api/decisions/{decision}"),
    ] {
        let answer = app.get(&uri, &stranger).await;
        assert_eq!(answer.refusal().1, "decision_scope_mismatch", "{uri}");
        let operator = app.call(Method::GET, &uri, &[ACME], Body::empty()).await;
        assert_eq!(operator.refusal().0, 401, "{uri}");
    }
    let others = app.get("/api/adapter/decisions", &stranger).await;
    assert_eq!(others.body["decisions"], json!([]));
}
