//! `POST /ops/api/decisions/{decision_id}/override`.

use chrono::TimeDelta;

use crate::app::{ACME, ADAPTER, MANAGER, OPERATOR};
use crate::governed::{ask, consume, denied, exec, governed, resolve};

const OVERRIDE: &str =
    r#"{"reason_code": "incident_response", "justification": "the gateway is down", "minutes": 5}"#;

#[tokio::test]
async fn an_override_lets_exactly_what_was_asked_pass_once() {
    let app = governed().await;
    let decision = denied(&app, "run-1").await;
    let uri = format!("/ops/api/decisions/{decision}/override");
    for (body, pointer) in [
        (
            OVERRIDE.replace("the gateway is down", "please"),
            "/justification",
        ),
        (OVERRIDE.replace('5', "16"), "/minutes"),
        (OVERRIDE.replace('5', "0"), "/minutes"),
        (
            OVERRIDE.replace("incident_response", "boredom"),
            "/reason_code",
        ),
    ] {
        let answer = app.post(&uri, &[MANAGER], body.clone()).await;
        let (status, _, found) = answer.refusal();
        assert_eq!((status, found), (400, pointer), "{body}");
    }
    let operator = app.post(&uri, &[OPERATOR], OVERRIDE).await;
    assert_eq!(operator.refusal(), (403, "permission_denied", "none"));
    assert_eq!(app.post(&uri, &[ADAPTER], OVERRIDE).await.refusal().0, 401);
    let passed = app.post(&uri, &[MANAGER], OVERRIDE).await;
    assert_eq!(passed.status, 200, "{}", passed.text);
    assert_eq!(passed.body["decision"]["status"], "approved");
    assert_eq!(passed.body["decision"]["resolution"]["action"], "override");
    let swapped = ask(&app, &exec("run-1", &["dd", "of=/dev/sda"])).await;
    assert_eq!(swapped.refusal().1, "execution_id_reused");
    let claimed = ask(&app, &exec("run-1", &["dd"])).await;
    assert_eq!(claimed.body["allowed"], true, "{}", claimed.text);
    assert_eq!(claimed.body["approval_source"], "override");
    assert_eq!(consume(&app, &decision).await.refusal().1, "grant_used");
    let log = app
        .get("/audit?event_type=ops_override_used", &[ACME])
        .await;
    let entry = &log.body["entries"][0]["event_data"];
    assert_eq!(entry["reason_code"], "incident_response");
}

#[tokio::test]
async fn an_override_by_the_resolve_route_is_the_same() {
    let app = governed().await;
    let decision = denied(&app, "run-1").await;
    let body = r#"{"action": "approve_with_override", "justification": "the gateway is down",
        "override_reason_code": "hotfix"}"#;
    let passed = resolve(&app, &decision, body).await;
    assert_eq!(
        passed.body["decision"]["resolution"]["action"], "override",
        "{}",
        passed.text
    );
    app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(
        consume(&app, &decision).await.refusal(),
        (409, "grant_lapsed", "none")
    );
}
