//! `/ops/api/decisions/{decision_id}/allow-always`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{ADAPTER, Answer, App, MANAGER, OPERATOR};
use crate::governed::{OTHER, ask, exec, governed, pending, resolve};

fn uri(decision: &str) -> String {
    format!("/ops/api/decisions/{decision}/allow-always")
}

async fn approved(app: &App, argv: &[&str]) -> String {
    let asked = ask(app, &exec("run-1", argv)).await;
    let decision = asked.body["decision_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let answer = resolve(app, &decision, r#"{"status": "approved"}"#).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    decision
}

async fn save(app: &App, decision: &str, shown: &Value) -> Answer {
    let body = json!({"expires_at": shown["expires_at"], "digest": shown["digest"]});
    app.post(&uri(decision), &[MANAGER], body.to_string()).await
}

#[tokio::test]
async fn what_was_shown_is_saved_and_allows_exactly_that_until_its_end() {
    let app = governed().await;
    let argv = ["rm", "-r", "build"];
    let decision = approved(&app, &argv).await;
    let shown = app.get(&uri(&decision), &[MANAGER]).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert_eq!(shown.body["expires_at"], "2026-11-27T10:00:00.000Z");
    let before = ask(&app, &exec("run-2", &argv)).await;
    assert_eq!(before.body["decision"], "pending", "nothing was saved yet");

    let saved = save(&app, &decision, &shown.body).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    assert_eq!(saved.body["policy"], shown.body["policy"]);
    let again = ask(&app, &exec("run-3", &argv)).await;
    assert_eq!(again.body["allowed"], true, "{}", again.text);
    let other = ask(&app, &exec("run-4", &["rm", "-r", "/"])).await;
    assert_eq!(other.body["decision"], "pending", "{}", other.text);

    app.clock.advance(TimeDelta::days(7));
    let late = ask(&app, &exec("run-5", &argv)).await;
    assert_eq!(late.body["decision"], "pending", "{}", late.text);
}

#[tokio::test]
async fn another_policy_than_the_one_that_was_shown_is_not_saved() {
    let app = governed().await;
    let decision = approved(&app, &["rm", "-r", "build"]).await;
    let mut shown = app.get(&uri(&decision), &[MANAGER]).await.body;
    shown["expires_at"] = json!("2026-12-10T10:00:00.000Z");
    let refused = save(&app, &decision, &shown).await;
    assert_eq!(refused.refusal(), (400, "invalid_request", "/digest"));
}

#[tokio::test]
async fn what_was_not_approved_or_runs_anything_is_not_proposed() {
    let app = governed().await;
    let waiting = pending(&app, "run-0").await;
    let refused = app.get(&uri(&waiting), &[MANAGER]).await;
    assert_eq!(refused.refusal(), (409, "allow_always_refused", "none"));
    let decision = approved(&app, &["rm", "-r", "build"]).await;
    let forever = format!("{}?expires_at=2028-01-01T00:00:00Z", uri(&decision));
    let refused = app.get(&forever, &[MANAGER]).await;
    assert_eq!(refused.refusal(), (409, "allow_always_refused", "none"));
}

#[tokio::test]
async fn only_who_may_resolve_sees_it_and_only_who_manages_policies_saves_it() {
    let app = governed().await;
    let decision = approved(&app, &["rm", "-r", "build"]).await;
    let shown = app.get(&uri(&decision), &[MANAGER]).await.body;
    assert_eq!(app.get(&uri(&decision), &[OTHER]).await.refusal().0, 404);
    assert_eq!(app.get(&uri(&decision), &[ADAPTER]).await.refusal().0, 401);
    let body = json!({"expires_at": shown["expires_at"], "digest": shown["digest"]});
    let refused = app
        .post(&uri(&decision), &[OPERATOR], body.to_string())
        .await;
    assert_eq!(refused.refusal().0, 403, "{}", refused.text);
}

#[tokio::test]
async fn what_the_risk_asked_for_is_not_proposed() {
    let app = governed().await;
    let mut riskier = exec("run-1", &["echo"]);
    for (member, value) in [
        ("adapter_risk_class", json!("critical")),
        ("data_sensitivity", json!("pii")),
    ] {
        riskier[member] = value;
    }
    riskier["context"]["elevated_privileges"] = json!(true);
    riskier["context"]["external_network"] = json!(true);
    let asked = ask(&app, &riskier).await;
    let decision = asked.body["decision_id"].as_str().expect("an id");
    assert_eq!(asked.body["matched_policies"], json!(["allow-echo"]));
    let answer = resolve(&app, decision, r#"{"status": "approved"}"#).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let refused = app.get(&uri(decision), &[MANAGER]).await;
    assert_eq!(refused.refusal(), (409, "allow_always_refused", "none"));
}
