//! `/budget`, `/budget/check` and `/usage`.

use axum::http::Method;

use crate::app::{ACME, AGENT, Answer, App, DAEMON};

async fn set(app: &App, body: &str) -> Answer {
    app.post("/budget", &[ACME], body.to_owned()).await
}

#[tokio::test]
async fn a_budget_comes_back_as_it_was_set() {
    let app = App::new();
    let answer = set(
        &app,
        r#"{"budget_usd": 50, "hard_limit": false, "alert_threshold": 0.5}"#,
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "budget": {
        "alertThreshold": 0.5,
        "availableUsd": 50,
        "budgetUsd": 50,
        "createdAt": "2026-11-20T10:00:00.000Z",
        "hardLimit": false,
        "heldUsd": 0,
        "periodEnd": "2026-12-01T00:00:00.000Z",
        "periodKind": "calendar_month",
        "periodStart": "2026-11-01T00:00:00.000Z",
        "spentUsd": 0,
        "tenantId": "acme",
        "timeZone": "UTC",
        "updatedAt": "2026-11-20T10:00:00.000Z"
      },
      "status": "ok"
    }
    "#);
    let read = app.get("/budget", &[ACME]).await;
    assert_eq!(read.body["budget"], answer.body["budget"]);
    insta::assert_json_snapshot!(read.body["stats"], @r#"
    {
      "averageDailySpend": 0,
      "daysRemaining": 11,
      "percentUsed": 0.0,
      "projectedMonthEnd": 0,
      "remaining": 50,
      "totalBudget": 50,
      "totalHeld": 0,
      "totalSpent": 0
    }
    "#);
}

#[tokio::test]
async fn amounts_keep_their_digits() {
    let app = App::new();
    for (sent, stored) in [
        ("0.0225", "0.0225"),
        ("0.000000001", "0.000000001"),
        ("9000000000.000000001", "9000000000.000000001"),
        ("\"0.1\"", "0.1"),
        ("2.25e-2", "0.0225"),
        ("100", "100"),
    ] {
        let answer = set(&app, &format!(r#"{{"budget_usd": {sent}}}"#)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let expected = format!("\"budgetUsd\":{stored},");
        assert!(answer.text.contains(&expected), "{sent}: {}", answer.text);
        let read = app.get("/budget", &[ACME]).await;
        assert!(read.text.contains(&expected), "{sent}: {}", read.text);
        assert!(
            read.text.contains(&format!("\"totalBudget\":{stored},")),
            "{}",
            read.text
        );
    }
}

#[tokio::test]
async fn senseless_budgets_are_refused_by_name() {
    let app = App::new();
    for (body, pointer) in [
        ("{}", "/budget_usd"),
        (r#"{"budget_usd": 0}"#, "/budget_usd"),
        (r#"{"budget_usd": -0.0}"#, "/budget_usd"),
        (r#"{"budget_usd": -1}"#, "/budget_usd"),
        (r#"{"budget_usd": "-1"}"#, "/budget_usd"),
        (r#"{"budget_usd": "NaN"}"#, "/budget_usd"),
        (r#"{"budget_usd": 1e30}"#, "/budget_usd"),
        (r#"{"budget_usd": null}"#, "/budget_usd"),
        (r#"{"budget_usd": [1]}"#, "/budget_usd"),
        (
            r#"{"budget_usd": 1, "alert_threshold": 1.5}"#,
            "/alert_threshold",
        ),
        (
            r#"{"budget_usd": 1, "alert_threshold": -0.1}"#,
            "/alert_threshold",
        ),
        (
            r#"{"budget_usd": 1, "time_zone": "Mars/Base"}"#,
            "/time_zone",
        ),
        (
            r#"{"budget_usd": 1, "period_start": "soon", "period_end": "later"}"#,
            "/period_start",
        ),
        (
            r#"{"budget_usd": 1, "period_start": "2026-11-01"}"#,
            "/period_end",
        ),
        (
            r#"{"budget_usd": 1, "period_start": "2026-11-02", "period_end": "2026-11-01"}"#,
            "/period_end",
        ),
        (r#"{"budget_usd": 1, "hard_limit": "yes"}"#, "/hard_limit"),
        (r#"{"budget_usd": 1, "currency": "EUR"}"#, "/currency"),
    ] {
        let answer = set(&app, body).await;
        let (status, _, found) = answer.refusal();
        assert_eq!((status, found), (400, pointer), "{body}: {}", answer.text);
    }
    let nan = set(&app, r#"{"budget_usd": NaN}"#).await;
    assert_eq!(nan.refusal().1, "malformed_json");
    assert!(app.memory.state().log.is_empty(), "something was written");
}

#[tokio::test]
async fn a_tenant_without_a_budget_has_none_to_read() {
    let app = App::new();
    let answer = app.get("/budget", &[ACME]).await;
    assert_eq!(answer.refusal(), (404, "budget_not_found", "none"));
}

#[tokio::test]
async fn a_period_may_be_given() {
    let app = App::new();
    let answer = set(
        &app,
        r#"{"budget_usd": 1, "period_start": "2026-11-16", "period_end": "2026-11-23T00:00:00+01:00"}"#,
    )
    .await;
    let budget = &answer.body["budget"];
    assert_eq!(budget["periodStart"], "2026-11-16T00:00:00.000Z");
    assert_eq!(budget["periodEnd"], "2026-11-22T23:00:00.000Z");
    assert_eq!(budget["periodKind"], "fixed");
}

#[tokio::test]
async fn a_check_answers_the_same_by_query_and_by_body() {
    let app = App::new();
    let without = app.get("/budget/check", &[ACME]).await;
    insta::assert_json_snapshot!(without.body, @r#"
    {
      "allowed": true,
      "budget": null,
      "percentUsed": 0.0,
      "reason": "no_budget_set",
      "remaining": null
    }
    "#);
    set(&app, r#"{"budget_usd": 0.5}"#).await;
    for (cost, allowed) in [("0.5", true), ("0.500000001", false), ("0", true)] {
        let by_query = app
            .get(&format!("/budget/check?estimated_cost={cost}"), &[ACME])
            .await;
        let body = format!(r#"{{"estimated_cost": {cost}}}"#);
        let by_body = app.post("/budget/check", &[ACME], body).await;
        assert_eq!(by_query.body["allowed"], allowed, "{}", by_query.text);
        assert_eq!(by_query.body, by_body.body);
    }
    for bad in ["-1", "x", ""] {
        let answer = app
            .get(&format!("/budget/check?estimated_cost={bad}"), &[ACME])
            .await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_input", "/query/estimated_cost")
        );
    }
}

#[tokio::test]
async fn permissions_and_tenants_are_kept() {
    let app = App::new();
    let reads = ["/budget", "/budget/check", "/usage"];
    for uri in reads {
        assert_eq!(app.get(uri, &[AGENT]).await.refusal().0, 403, "{uri}");
        let other = app.get(&format!("{uri}?tenant_id=other"), &[ACME]).await;
        assert_eq!(other.refusal(), (404, "not_found", "none"), "{uri}");
    }
    let write = app.post("/budget", &[AGENT], r#"{"budget_usd": 1}"#).await;
    assert_eq!(write.refusal(), (403, "permission_denied", "none"));
    let other = app
        .post(
            "/budget",
            &[ACME],
            r#"{"budget_usd": 1, "tenant_id": "other"}"#,
        )
        .await;
    assert_eq!(other.refusal(), (403, "tenant_mismatch", "none"));
    let unknown = app
        .post(
            "/budget",
            &[DAEMON],
            r#"{"budget_usd": 1, "tenant_id": "other"}"#,
        )
        .await;
    assert_eq!(unknown.refusal(), (403, "unknown_tenant", "none"));
    let daemon = app
        .post(
            "/budget",
            &[DAEMON],
            r#"{"budget_usd": 1, "tenant_id": "acme"}"#,
        )
        .await;
    assert_eq!(daemon.status, 200, "{}", daemon.text);
}

#[tokio::test]
async fn usage_is_read_whole() {
    let app = App::new();
    let answer = app.get("/usage", &[ACME]).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "currency": "USD",
      "heldCost": 0,
      "requestCount": 0,
      "totalCost": 0,
      "totalInputTokens": 0,
      "totalOutputTokens": 0,
      "totalTokens": 0
    }
    "#);
    let wrong = app
        .call(Method::DELETE, "/usage", &[ACME], axum::body::Body::empty())
        .await;
    assert_eq!(wrong.refusal().0, 405);
}

#[tokio::test]
async fn a_part_of_the_tenant_has_a_budget_of_its_own() {
    let app = App::new();
    let none = app.get("/budget?scope=workspace:default", &[ACME]).await;
    assert_eq!(none.refusal(), (404, "budget_not_found", "none"));
    let answer = set(&app, r#"{"budget_usd": 5, "scope": "workspace:default"}"#).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["budget"]["scope"], "workspace:default");
    assert_eq!(answer.body["budget"]["periodKind"], "calendar_month");
    let read = app.get("/budget?scope=workspace:default", &[ACME]).await;
    assert_eq!(read.body["budget"], answer.body["budget"]);
    let own = app.get("/budget", &[ACME]).await;
    assert_eq!(own.refusal().0, 404, "the tenant itself still has none");
    let session = set(
        &app,
        r#"{"budget_usd": 1, "scope": "session:user:u1:helper"}"#,
    )
    .await;
    assert_eq!(session.body["budget"]["periodKind"], "fixed");
    let log = &app.memory.state().log;
    let targets: Vec<_> = log.iter().map(|said| said.entry.target.clone()).collect();
    let expected = [
        "budget_scope:workspace:default",
        "budget_scope:session:user:u1:helper",
    ];
    assert_eq!(targets, expected.map(|target| Some(target.to_owned())));
}

#[tokio::test]
async fn what_is_no_part_of_a_tenant_is_refused_by_name() {
    let app = App::new();
    for scope in [
        "",
        "workspace",
        "workspace:",
        "team:a",
        "run:7",
        "agent:a/b",
    ] {
        let body = format!(r#"{{"budget_usd": 1, "scope": "{scope}"}}"#);
        let refused = set(&app, &body).await;
        assert_eq!(
            refused.refusal(),
            (400, "invalid_input", "/scope"),
            "{scope}"
        );
        let read = app.get(&format!("/budget?scope={scope}"), &[ACME]).await;
        assert_eq!(
            read.refusal(),
            (400, "invalid_input", "/query/scope"),
            "{scope}"
        );
    }
    assert!(app.memory.state().log.is_empty(), "something was written");
}

#[tokio::test]
async fn the_budgets_of_parts_are_listed_page_by_page() {
    let app = App::new();
    for scope in ["workspace:b", "agent:x", "workspace:a"] {
        let body = format!(r#"{{"budget_usd": 1, "scope": "{scope}"}}"#);
        assert_eq!(set(&app, &body).await.status, 200);
    }
    let scopes = |answer: &Answer| -> Vec<String> {
        let items = answer.body["items"].as_array().expect("items");
        let scope = |item: &serde_json::Value| item["scope"].as_str().expect("a scope").to_owned();
        items.iter().map(scope).collect()
    };
    let first = app.get("/budget/scopes?limit=2", &[ACME]).await;
    assert_eq!(scopes(&first), ["agent:x", "workspace:a"], "{}", first.text);
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let rest = app
        .get(&format!("/budget/scopes?limit=2&cursor={cursor}"), &[ACME])
        .await;
    assert_eq!(scopes(&rest), ["workspace:b"]);
    assert!(rest.body["next_cursor"].is_null());
    assert_eq!(app.get("/budget/scopes", &[AGENT]).await.refusal().0, 403);
}

#[tokio::test]
async fn a_check_within_parts_is_answered_by_the_budget_that_refuses() {
    let app = App::new();
    set(&app, r#"{"budget_usd": 5}"#).await;
    set(&app, r#"{"budget_usd": 0.5, "scope": "workspace:default"}"#).await;
    let uri = "/budget/check?estimated_cost=1&scopes=agent:x,workspace:default";
    let by_query = app.get(uri, &[ACME]).await;
    assert_eq!(by_query.body["allowed"], false, "{}", by_query.text);
    assert_eq!(by_query.body["budget"]["scope"], "workspace:default");
    assert_eq!(by_query.body["reason"], "budget_exceeded");
    let body = r#"{"estimated_cost": 1, "scopes": ["workspace:default", "agent:x"]}"#;
    let by_body = app.post("/budget/check", &[ACME], body).await;
    assert_eq!(by_body.body, by_query.body);
    let without = app.get("/budget/check?estimated_cost=1", &[ACME]).await;
    assert_eq!(without.body["allowed"], true);
    assert!(without.body["budget"]["scope"].is_null());
    let two = r#"{"scopes": ["workspace:a", "workspace:default"]}"#;
    set(&app, r#"{"budget_usd": 0.5, "scope": "workspace:a"}"#).await;
    let refused = app.post("/budget/check", &[ACME], two).await;
    assert_eq!(refused.refusal(), (400, "invalid_scopes", "/scopes"));
}
