//! `/retention/*`, and what is answered of a trace that was dropped.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;

use crate::agents::message;
use crate::app::{ACME, AGENT, App, DAEMON, MANAGER, OPERATOR};

const POLICY: &str = "/retention/policy";
const ENFORCE: &str = "/retention/enforce";

#[tokio::test]
async fn a_policy_is_set_read_and_changed_in_parts() {
    let app = App::new();
    let none = app.get(POLICY, &[OPERATOR]).await;
    assert_eq!(none.refusal(), (404, "no_retention_policy", "none"));
    let body = json!({"retention_days": 30, "sampling_strategy": "sampled", "sampling_rate": 0.25});
    let set = app.post(POLICY, &[MANAGER], body.to_string()).await;
    insta::assert_json_snapshot!(set.body, {".policy.updated_by" => "[actor]"}, @r#"
    {
      "policy": {
        "created_at": "2026-11-20T10:00:00.000Z",
        "legal_hold": false,
        "retention_days": 30,
        "revision": 1,
        "sampling_rate": 0.25,
        "sampling_strategy": "sampled",
        "storage_mode": "full",
        "tenant_id": "acme",
        "updated_at": "2026-11-20T10:00:00.000Z",
        "updated_by": "[actor]"
      },
      "status": "ok"
    }
    "#);
    let body = json!({"storage_mode": "minimal", "expected_revision": 1});
    let changed = app.post(POLICY, &[MANAGER], body.to_string()).await;
    let policy = &changed.body["policy"];
    assert_eq!(
        (&policy["revision"], &policy["retention_days"]),
        (&json!(2), &json!(30))
    );
    assert_eq!(policy["storage_mode"], "minimal");
    let late = app.post(POLICY, &[MANAGER], body.to_string()).await;
    assert_eq!(late.refusal(), (409, "retention_changed", "none"));
    let read = app.get(POLICY, &[OPERATOR]).await;
    assert_eq!(read.body["policy"], *policy);
}

#[tokio::test]
async fn what_a_policy_cannot_say_is_refused_by_name() {
    let app = App::new();
    for (body, pointer) in [
        (json!({"retention_days": 0}), "/retention_days"),
        (json!({"retention_days": 3651}), "/retention_days"),
        (json!({"sampling_rate": 1.5}), "/sampling_rate"),
        (json!({"sampling_rate": -0.1}), "/sampling_rate"),
        (json!({"sampling_strategy": "some"}), "/sampling_strategy"),
        (json!({"storage_mode": "none"}), "/storage_mode"),
        (json!({"days": 3}), "/days"),
    ] {
        let refused = app.post(POLICY, &[MANAGER], body.to_string()).await;
        assert_eq!(refused.refusal(), (400, "invalid_input", pointer), "{body}");
    }
    assert!(app.memory.state().retention.is_empty());
}

#[tokio::test]
async fn who_may_not_change_retention_changes_nothing() {
    let app = App::new();
    for (path, body) in [(POLICY, json!({"retention_days": 1})), (ENFORCE, json!({}))] {
        for caller in [AGENT, OPERATOR] {
            let refused = app.post(path, &[caller], body.to_string()).await;
            assert_eq!(
                refused.refusal(),
                (403, "permission_denied", "none"),
                "{path}"
            );
        }
        let theirs = json!({"tenant_id": "globex"}).to_string();
        let refused = app.post(path, &[MANAGER], theirs).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        let nobody = app.post(path, &[], body.to_string()).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    }
    for path in [POLICY, "/retention/stats"] {
        let refused = app.get(path, &[AGENT]).await;
        assert_eq!(
            refused.refusal(),
            (403, "permission_denied", "none"),
            "{path}"
        );
    }
    assert!(app.memory.state().retention.is_empty());
}

/// A tenant that keeps traces for a day, with one that is two days old.
async fn with_an_old_trace() -> (App, String) {
    let app = App::new();
    let sent = app
        .post("/api/agents/send", &[ACME], message().to_string())
        .await;
    let id = sent.body["trace_id"].as_str().expect("a trace").to_owned();
    app.post(POLICY, &[MANAGER], json!({"retention_days": 1}).to_string())
        .await;
    app.clock.advance(TimeDelta::days(2));
    (app, id)
}

#[tokio::test]
async fn what_had_its_days_is_dropped_and_its_trace_is_gone_and_says_why() {
    let (app, id) = with_an_old_trace().await;
    let stats = app.get("/retention/stats", &[OPERATOR]).await;
    assert_eq!(
        stats.body,
        json!({
            "stats": {"totalPolicies": 1, "avgRetentionDays": 1.0, "tenantsNeedingCleanup": 1},
            "tenants_needing_cleanup": [{"tenant_id": "acme", "old_trace_count": 1, "retention_days": 1}]
        })
    );
    let done = app.post(ENFORCE, &[MANAGER], "{}").await;
    assert_eq!(
        done.body,
        json!({"status": "ok", "result": {
            "tenant_id": "acme", "traces_deleted": 1, "cutoff_date": "2026-11-21T10:00:00.000Z", "duration_ms": 0,
            "complete": true
        }})
    );
    let gone = (410, "trace_dropped", "none");
    let path = |rest: &str| format!("/traces/{id}{rest}");
    assert_eq!(app.get(&path(""), &[ACME]).await.refusal(), gone);
    assert_eq!(
        app.get(&path("/annotations"), &[ACME]).await.refusal(),
        gone
    );
    let label = json!({"labels": {"env": "prod"}}).to_string();
    assert_eq!(
        app.post(&path("/label"), &[ACME], label).await.refusal(),
        gone
    );
    let both = json!({"base_trace_id": id, "compare_trace_id": id}).to_string();
    let diff = app.post("/traces/diff", &[ACME], both).await;
    assert_eq!(diff.refusal(), gone);
    assert!(
        diff.body["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("retention"))
    );
    let list = app.get("/traces", &[ACME]).await;
    assert_eq!(
        (&list.body["total"], &list.body["traces"]),
        (&json!(0), &json!([]))
    );
}

#[tokio::test]
async fn the_daemon_key_alone_enforces_for_every_tenant_and_a_hold_is_respected() {
    let (app, _) = with_an_old_trace().await;
    let hold = json!({"legal_hold": true}).to_string();
    app.post(POLICY, &[MANAGER], hold).await;
    let refused = app.post(ENFORCE, &[MANAGER], "{}").await;
    assert_eq!(refused.refusal(), (409, "legal_hold", "none"));
    let all = app.post(ENFORCE, &[DAEMON], "{}").await;
    let nothing = json!({"status": "ok", "results": [], "total_deleted": 0});
    assert_eq!(all.body, nothing);
    let lift = json!({"legal_hold": false}).to_string();
    app.post(POLICY, &[MANAGER], lift).await;
    let stats = app.get("/retention/stats", &[DAEMON]).await;
    assert_eq!(stats.body["stats"]["tenantsNeedingCleanup"], 1);
    let all = app.post(ENFORCE, &[DAEMON], "{}").await;
    assert_eq!(all.body["total_deleted"], 1);
    assert_eq!(all.body["results"][0]["tenant_id"], "acme");
    let one = app
        .post(ENFORCE, &[DAEMON], json!({"tenant_id": "acme"}).to_string())
        .await;
    assert_eq!(one.body["result"]["traces_deleted"], 0);
}
