//! `/api/execution/request` and `/api/execution/{execution_id}`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{ACME, ADAPTER};
use crate::governed::{REQUEST, RULES, ask, exec, governed, pending, resolve};

#[tokio::test]
async fn what_a_policy_allows_is_allowed_at_once_and_once_for_its_key() {
    let app = governed().await;
    let mut body = exec("run-1", &["echo", "one"]);
    body["max_cost"] = json!(0.05);
    let first = ask(&app, &body).await;
    assert_eq!(first.status, 200, "{}", first.text);
    insta::assert_json_snapshot!(first.body, {
        ".decision_id" => "[decision]", ".grant_id" => "[grant]", ".policy_bundle_hash" => "[hash]",
        ".intent_hash" => "[hash]",
    }, @r#"
    {
      "allowed": true,
      "approval_mode": "enforce",
      "auto_allowed_in_core": false,
      "decision": "allow",
      "decision_id": "[decision]",
      "decision_trace": [
        {
          "policy_id": "allow-echo",
          "result": "matched"
        }
      ],
      "execution_id": "run-1",
      "explanation": "harmless",
      "grant_id": "[grant]",
      "granted_scope": {
        "capabilities": [
          "exec"
        ],
        "expires_at": "2026-11-20T10:15:00.000Z",
        "max_cost": 0.05,
        "max_steps": 100
      },
      "intent_hash": "[hash]",
      "matched_policies": [
        "allow-echo"
      ],
      "policy_bundle_hash": "[hash]",
      "policy_fallback_hit": false,
      "replayed": false,
      "risk_level": "low",
      "risk_score": 21
    }
    "#);
    let again = ask(&app, &body).await;
    assert_eq!(again.body["replayed"], true);
    for member in ["allowed", "decision_id", "grant_id", "granted_scope"] {
        assert_eq!(again.body[member], first.body[member], "{member}");
    }
    // After its time the same answer would permit something new.
    app.clock.advance(TimeDelta::minutes(15));
    let late = ask(&app, &body).await;
    assert_eq!(late.body["allowed"], false);
    assert_eq!(late.body["blocked_reason"], "grant_lapsed");
    assert_eq!(late.body["granted_scope"], Value::Null);
}

#[tokio::test]
async fn what_a_policy_denies_or_none_speaks_of_is_denied_with_a_reason() {
    let app = governed().await;
    let denied = ask(&app, &exec("run-1", &["dd", "if=/dev/zero"])).await;
    assert_eq!(denied.status, 200, "{}", denied.text);
    insta::assert_json_snapshot!(denied.body, {
        ".decision_id" => "[decision]", ".policy_bundle_hash" => "[hash]", ".intent_hash" => "[hash]",
    }, @r#"
    {
      "allowed": false,
      "approval_mode": "enforce",
      "auto_allowed_in_core": false,
      "blocked_reason": "policy_denied",
      "decision": "deny",
      "decision_id": "[decision]",
      "decision_trace": [
        {
          "policy_id": "deny-dd",
          "result": "matched"
        }
      ],
      "execution_id": "run-1",
      "explanation": "it overwrites",
      "intent_hash": "[hash]",
      "matched_policies": [
        "deny-dd"
      ],
      "policy_bundle_hash": "[hash]",
      "policy_fallback_hit": false,
      "replayed": false,
      "risk_level": "low",
      "risk_score": 21
    }
    "#);
    let unknown = ask(&app, &exec("run-2", &["mkfs"])).await;
    assert_eq!(unknown.body["allowed"], false);
    assert_eq!(unknown.body["blocked_reason"], "no_policy_matched");
    let mut resource = exec("run-3", &["echo", "one"]);
    resource["resource"] = json!("prod_users");
    let kept = ask(&app, &resource).await;
    assert_eq!(kept.body["matched_policies"][0], "keep-production");
    assert_eq!(kept.body["decision"], "deny");
}

#[tokio::test]
async fn what_people_approve_is_claimed_by_asking_again_for_exactly_that() {
    let app = governed().await;
    let body = exec("run-1", &["rm", "-r", "build"]);
    let waits = ask(&app, &body).await;
    insta::assert_json_snapshot!(waits.body, {
        ".decision_id" => "[decision]", ".policy_bundle_hash" => "[hash]", ".intent_hash" => "[hash]",
    }, @r#"
    {
      "allowed": false,
      "approval_mode": "enforce",
      "auto_allowed_in_core": false,
      "blocked_reason": "policy_requires_approval",
      "decision": "pending",
      "decision_id": "[decision]",
      "decision_trace": [
        {
          "policy_id": "ask-rm",
          "result": "matched"
        }
      ],
      "execution_id": "run-1",
      "expires_at": "2026-11-20T11:00:00.000Z",
      "explanation": "it deletes",
      "intent_hash": "[hash]",
      "matched_policies": [
        "ask-rm"
      ],
      "policy_bundle_hash": "[hash]",
      "policy_fallback_hit": false,
      "replayed": false,
      "required_role": "release_manager",
      "requires_approval": true,
      "risk_level": "low",
      "risk_score": 21
    }
    "#);
    let decision = waits.body["decision_id"].as_str().expect("an id");
    let polled = app.get("/api/execution/run-1", &[ADAPTER]).await;
    insta::assert_json_snapshot!(polled.body, { ".decision_id" => "[decision]" }, @r#"
    {
      "approval_type": "local",
      "decision_id": "[decision]",
      "effect": "pending",
      "execution_id": "run-1",
      "expires_at": "2026-11-20T11:00:00.000Z",
      "reason": "policy_requires_approval",
      "status": "pending"
    }
    "#);
    let still = ask(&app, &body).await;
    assert_eq!(still.body["decision_id"], *decision);
    assert_eq!(
        (&still.body["allowed"], &still.body["replayed"]),
        (&json!(false), &json!(true))
    );

    let approved = resolve(&app, decision, r#"{"status": "approved", "note": "fine"}"#).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let polled = app.get("/api/execution/run-1", &[ADAPTER]).await;
    assert_eq!(
        (&polled.body["effect"], &polled.body["status"]),
        (&json!("allow"), &json!("approved"))
    );

    let swapped = ask(&app, &exec("run-1", &["rm", "-r", "/"])).await;
    assert_eq!(swapped.refusal(), (409, "execution_id_reused", "none"));
    let claimed = ask(&app, &body).await;
    assert_eq!(claimed.body["allowed"], true, "{}", claimed.text);
    assert_eq!(claimed.body["approval_source"], "local");
    assert_eq!(claimed.body["replayed"], false);
    let consumed = app
        .post(
            &format!("/api/decisions/{decision}/consume"),
            &[ADAPTER, ("x-decision-token", "none")],
            "",
        )
        .await;
    assert_eq!(consumed.refusal(), (409, "grant_used", "none"));
}

#[tokio::test]
async fn an_approval_that_the_policies_have_overtaken_permits_nothing() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    resolve(&app, &decision, r#"{"status": "approved"}"#).await;
    app.ledger
        .govern("acme", &RULES.replace("require_approval", "deny"));
    let refused = ask(&app, &exec("run-1", &["rm", "-r", "build"])).await;
    assert_eq!(refused.status, 200, "{}", refused.text);
    assert_eq!(refused.body["allowed"], false);
    assert_eq!(refused.body["blocked_reason"], "policy_denied");
    assert_eq!(refused.body["granted_scope"], Value::Null);
}

#[tokio::test]
async fn edited_arguments_are_what_is_approved_and_nothing_else() {
    let app = governed().await;
    let decision = pending(&app, "run-1").await;
    let edited = exec("run-1", &["rm", "build/a.o"]);
    let mut claims = edited.clone();
    let members = claims.as_object_mut().expect("an object");
    for member in ["execution_id", "adapter_id", "tenant_id", "workspace_id"] {
        members.remove(member);
    }
    let body = json!({"action": "approve", "edited": claims});
    let approved = resolve(&app, &decision, &body.to_string()).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let polled = app.get("/api/execution/run-1", &[ADAPTER]).await;
    assert_eq!(
        polled.body["edited_request"]["context"]["exec"]["argv"][1],
        "build/a.o"
    );
    let original = ask(&app, &exec("run-1", &["rm", "-r", "build"])).await;
    assert_eq!(original.refusal().1, "execution_id_reused");
    let claimed = ask(&app, &edited).await;
    assert_eq!(claimed.body["allowed"], true, "{}", claimed.text);
}

#[tokio::test]
async fn what_is_not_the_callers_to_say_changes_nothing() {
    let app = governed().await;
    let mut body = exec("run-1", &["dd"]);
    body["rbac_allowed"] = json!(true);
    body["templateVars"] = json!({"workspace.root": "/"});
    body["adapter_risk_class"] = json!("low");
    let denied = ask(&app, &body).await;
    assert_eq!(denied.body["decision"], "deny", "{}", denied.text);
    let mut riskier = exec("run-2", &["echo"]);
    riskier["adapter_risk_class"] = json!("critical");
    riskier["data_sensitivity"] = json!("pii");
    riskier["context"]["elevated_privileges"] = json!(true);
    riskier["context"]["external_network"] = json!(true);
    let raised = ask(&app, &riskier).await;
    assert_eq!(raised.body["decision"], "pending", "{}", raised.text);
    let reason = raised.body["blocked_reason"].as_str().expect("a reason");
    assert!(reason.starts_with("risk_requires_approval:"), "{reason}");
}

#[tokio::test]
async fn only_adapters_ask_and_only_about_their_own() {
    let app = governed().await;
    pending(&app, "run-1").await;
    let body = exec("run-2", &["echo"]).to_string();
    let operator = app.post(REQUEST, &[ACME], body).await;
    assert_eq!(operator.refusal().0, 401);
    for token in [
        "other-adapter-token",
        "other-workspace-token",
        "other-tenant-token",
    ] {
        let headers = [("x-adapter-token", token)];
        for uri in ["/api/execution/run-1", "/api/execution/run-1/events"] {
            let answer = app.get(uri, &headers).await;
            assert_eq!(
                answer.refusal(),
                (404, "not_found", "none"),
                "{token} {uri}"
            );
        }
    }
    let unregistered = [("x-adapter-token", "other-tenant-token")];
    let mut foreign = exec("run-1", &["echo"]);
    foreign["tenant_id"] = json!("other");
    let answer = app.post(REQUEST, &unregistered, foreign.to_string()).await;
    assert_eq!(answer.refusal(), (403, "adapter_not_registered", "none"));
    for wait in ["soon", "2m", "-1s", ""] {
        let answer = app
            .get(&format!("/api/execution/run-1?wait={wait}"), &[ADAPTER])
            .await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_input", "/query/wait"),
            "{wait}"
        );
    }
}
