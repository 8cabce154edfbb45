//! `/ops/api/decisions` and `/api/decisions`, one at a time and several.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{ACME, ADAPTER, AGENT, App, MANAGER, OPERATOR};
use crate::governed::{OTHER, ask, consume, exec, governed, pending, resolve};

#[tokio::test]
async fn a_decision_is_shown_with_everything_that_people_need() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    let answer = app
        .get(&format!("/ops/api/decisions/{decision}"), &[OPERATOR])
        .await;
    assert_eq!(answer.header("etag"), Some("\"1\""), "{}", answer.text);
    let request = &answer.body["decision"]["request_snapshot"]["request"];
    assert_eq!(request["claims"]["context"]["exec"]["argv"][2], "build");
    insta::assert_json_snapshot!(answer.body["decision"], {
        ".decision_id" => "[decision]", ".trace_id" => "[trace]", ".intent_hash" => "[hash]", ".request_snapshot" => "[snapshot]",
    }, @r#"
    {
      "adapter_id": "openclaw-local",
      "agent_id": null,
      "created_at": "2026-11-20T10:00:00.000Z",
      "decision_id": "[decision]",
      "environment": null,
      "escalate_at": null,
      "execution_id": "run-1",
      "expires_at": "2026-11-20T11:00:00.000Z",
      "grant_id": null,
      "granted_scope": null,
      "intent_hash": "[hash]",
      "quorum": 1,
      "reason": "policy_requires_approval",
      "request_snapshot": "[snapshot]",
      "required_role": "release_manager",
      "resolution": null,
      "revision": 1,
      "risk_level": "low",
      "risk_score": 21,
      "state": "pending",
      "status": "pending",
      "tenant_id": "acme",
      "tool": "exec",
      "trace_id": "[trace]",
      "updated_at": "2026-11-20T10:00:00.000Z",
      "votes": [],
      "workspace_id": "main"
    }
    "#);
}

#[tokio::test]
async fn a_resolution_is_recorded_with_who_and_why() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    let uri = format!("/api/decisions/{decision}/resolve");
    let body = r#"{"action": "deny", "justification": "ask me tomorrow"}"#;
    let answer = app.post(&uri, &[MANAGER], body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let view = &answer.body["decision"];
    assert_eq!(
        (&view["status"], &view["state"]),
        (&json!("denied"), &json!("rejected"))
    );
    assert_eq!(view["resolution"]["action"], "deny");
    assert_eq!(view["votes"][0]["note"], "ask me tomorrow");
    assert_eq!(view["votes"][0]["role"], "release_manager");
    let again = resolve(&app, &decision, r#"{"status": "approved"}"#).await;
    assert_eq!(again.refusal(), (409, "decision_not_pending", "none"));
    let asked = ask(&app, &exec("run-1", &["rm", "-r", "build"])).await;
    assert_eq!(asked.body["blocked_reason"], "approval_denied");
}

#[tokio::test]
async fn adapters_backends_and_lower_roles_do_not_resolve() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    let body = r#"{"status": "approved"}"#;
    for path in ["ops/api", "api"] {
        let uri = format!("/{path}/decisions/{decision}/resolve");
        let adapter = app.post(&uri, &[ADAPTER], body).await;
        assert_eq!(adapter.refusal().0, 401, "{uri}");
        let operator = app.post(&uri, &[OPERATOR], body).await;
        assert_eq!(operator.refusal(), (403, "role_too_low", "none"), "{uri}");
        let agent = app.post(&uri, &[AGENT], body).await;
        assert_eq!(agent.refusal(), (403, "permission_denied", "none"), "{uri}");
        let other = app.post(&uri, &[OTHER], body).await;
        assert_eq!(other.refusal(), (404, "not_found", "none"), "{uri}");
    }
    let polled = app.get("/api/execution/run-1", &[ADAPTER]).await;
    assert_eq!(polled.body["effect"], "pending");
}

#[tokio::test]
async fn resolutions_that_say_nothing_or_two_things_are_refused_by_name() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    for (body, pointer) in [
        ("{}", "/status"),
        (r#"{"status": "maybe"}"#, "/status"),
        (r#"{"status": "approved", "action": "deny"}"#, "/action"),
        (
            r#"{"status": "approved", "note": "a", "justification": "b"}"#,
            "/justification",
        ),
        (
            r#"{"action": "cancel", "edited": {"requested_capabilities": []}}"#,
            "/edited",
        ),
        (
            r#"{"status": "denied", "edited": {"requested_capabilities": []}}"#,
            "/edited",
        ),
        (
            r#"{"status": "approved", "edited": {"requested_capabilities": ["write"]}}"#,
            "/edited/requested_capabilities",
        ),
        (r#"{"status": "approved", "minutes": 5}"#, "/minutes"),
        (
            r#"{"status": "approved", "override_reason_code": "hotfix"}"#,
            "/override_reason_code",
        ),
        (
            r#"{"action": "approve_with_override", "note": "because"}"#,
            "/override_reason_code",
        ),
        (
            r#"{"action": "approve_with_override", "override_reason_code": "hotfix"}"#,
            "/justification",
        ),
        (r#"{"status": "approved", "actor": "me"}"#, "/actor"),
    ] {
        let answer = resolve(&app, &decision, body).await;
        let (status, _, found) = answer.refusal();
        assert_eq!((status, found), (400, pointer), "{body}: {}", answer.text);
    }
    let long = json!({"status": "approved", "note": "x".repeat(2001)});
    let answer = resolve(&app, &decision, &long.to_string()).await;
    assert_eq!(answer.refusal(), (400, "invalid_request", "/note"));
    let path = app.get("/ops/api/decisions/nonsense", &[ACME]).await;
    assert_eq!(path.refusal(), (400, "invalid_input", "/path/decision_id"));
}

#[tokio::test]
async fn a_revision_that_is_past_fails_its_precondition() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    let uri = format!("/ops/api/decisions/{decision}/resolve");
    let body = r#"{"status": "approved"}"#;
    let stale = app
        .post(&uri, &[MANAGER, ("if-match", "\"7\"")], body)
        .await;
    assert_eq!(stale.refusal(), (412, "revision_conflict", "none"));
    assert_eq!(stale.body["revision"], 1);
    for bad in ["1", "W/\"1\"", "\"x\"", ""] {
        let answer = app.post(&uri, &[MANAGER, ("if-match", bad)], body).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_input", "/header/if-match"),
            "{bad}"
        );
    }
    let good = app
        .post(&uri, &[MANAGER, ("if-match", "\"1\"")], body)
        .await;
    assert_eq!(good.status, 200, "{}", good.text);
    assert_eq!(good.header("etag"), Some("\"2\""));
}

#[tokio::test]
async fn several_decisions_are_resolved_one_by_one() {
    let app = governed().await;
    let first = pending(&app, "run-1").await;
    let second = pending(&app, "run-2").await;
    let third = pending(&app, "run-3").await;
    let unknown = "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11";
    let body = json!({"decisions": [
        {"decision_id": first, "status": "approved", "revision": 1},
        {"decision_id": second, "status": "denied", "revision": 9},
        {"decision_id": unknown, "status": "denied"},
        {"decision_id": first, "status": "denied"},
        {"decision_id": third, "status": "denied", "note": "no"},
    ]});
    let uri = "/ops/api/decisions/resolve";
    let answer = app.post(uri, &[MANAGER], body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let results = answer.body["results"].as_array().expect("results");
    let told: Vec<(u64, &str)> = results
        .iter()
        .map(|result| {
            let status = result["http_status"].as_u64().expect("a status");
            let said = result["code"]
                .as_str()
                .or(result["decision"]["status"].as_str());
            (status, said.expect("a code or a decision"))
        })
        .collect();
    assert_eq!(
        told,
        [
            (200, "approved"),
            (412, "revision_conflict"),
            (404, "not_found"),
            (409, "decision_not_pending"),
            (200, "denied"),
        ]
    );
    let many: Vec<Value> = (0..101)
        .map(|_| json!({"decision_id": unknown, "status": "denied"}))
        .collect();
    for decisions in [json!([]), json!(many)] {
        let body = json!({"decisions": decisions}).to_string();
        let answer = app.post(uri, &[MANAGER], body).await;
        assert_eq!(answer.refusal(), (400, "invalid_input", "/decisions"));
    }
    let bad = r#"{"decisions": [{"decision_id": "x", "status": "denied"}]}"#;
    let answer = app.post(uri, &[MANAGER], bad).await;
    assert_eq!(
        answer.refusal(),
        (400, "invalid_input", "/decisions/0/decision_id")
    );
    let agent = app.post(uri, &[AGENT], r#"{"decisions": []}"#).await;
    assert_eq!(agent.refusal(), (403, "permission_denied", "none"));
}

#[tokio::test]
async fn a_grant_is_consumed_once_by_the_adapter_it_was_given_to() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    assert_eq!(
        consume(&app, &decision).await.refusal(),
        (409, "no_grant", "none")
    );
    resolve(&app, &decision, r#"{"status": "approved"}"#).await;
    let uri = format!("/api/decisions/{decision}/consume");
    for (token, refusal) in [
        (
            "other-adapter-token",
            (403, "decision_scope_mismatch", "none"),
        ),
        (
            "other-workspace-token",
            (403, "decision_scope_mismatch", "none"),
        ),
        ("other-tenant-token", (404, "not_found", "none")),
    ] {
        let answer = app.post(&uri, &[("x-adapter-token", token)], "").await;
        assert_eq!(answer.refusal(), refusal, "{token}");
    }
    let own = app
        .get(&format!("/api/decisions/{decision}"), &[ADAPTER])
        .await;
    let token = own.body["decision_token"].as_str().expect("a token");
    for (token, refusal) in [
        (None, (400, "missing_token", "none")),
        (Some("a.b.c"), (400, "invalid_token", "none")),
        (
            Some(&*other_token(&app, token)),
            (403, "token_mismatch", "none"),
        ),
    ] {
        let header = token.map(|token| ("x-decision-token", token));
        let headers: Vec<_> = [ADAPTER].into_iter().chain(header).collect();
        let answer = app.post(&uri, &headers, "").await;
        assert_eq!(answer.refusal(), refusal, "{token:?}");
    }
    let consumed = consume(&app, &decision).await;
    insta::assert_json_snapshot!(consumed.body, { ".grant_id" => "[grant]" }, @r#"
    {
      "execution_id": "run-1",
      "grant_id": "[grant]",
      "granted_scope": {
        "capabilities": [
          "exec"
        ],
        "expires_at": "2026-11-20T10:15:00.000Z",
        "max_cost": 0,
        "max_steps": 100
      },
      "status": "ok"
    }
    "#);
    assert_eq!(
        consume(&app, &decision).await.refusal(),
        (409, "grant_used", "none")
    );
    let own = app
        .get(&format!("/api/decisions/{decision}"), &[ADAPTER])
        .await;
    assert_eq!(own.body["status"], "approved");
    assert_eq!(own.body["decision_token"], Value::Null);
    assert_eq!(
        own.body["decision_token_used_at"],
        "2026-11-20T10:00:00.000Z"
    );
}

/// The same token of another decision: the tests' signer writes claims as they are.
fn other_token(app: &App, token: &str) -> String {
    let decision = app
        .ledger
        .tenants()
        .values()
        .filter_map(|own| own.executions.first())
        .map(|e| e.decision.to_string())
        .next();
    token.replace(
        &decision.expect("a decision"),
        "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
    )
}

#[tokio::test]
async fn what_nobody_answers_in_time_is_denied_to_everybody() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    app.clock.advance(TimeDelta::hours(1));
    let late = resolve(&app, &decision, r#"{"status": "approved"}"#).await;
    assert_eq!(late.refusal(), (409, "decision_expired", "none"));
    let polled = app.get("/api/execution/run-1", &[ADAPTER]).await;
    assert_eq!(
        (&polled.body["effect"], &polled.body["status"]),
        (&json!("deny"), &json!("expired"))
    );
    let asked = ask(&app, &exec("run-1", &["rm", "-r", "build"])).await;
    assert_eq!(asked.body["blocked_reason"], "approval_expired");
    let shown = app
        .get(&format!("/ops/api/decisions/{decision}"), &[ACME])
        .await;
    assert_eq!(shown.body["decision"]["resolution"]["action"], "expire");
}
