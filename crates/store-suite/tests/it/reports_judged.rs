//! Reports compared with the grants of their executions.

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{AuditEvent, EndpointId, SystemIds, TenantScope, WorkspaceId};
use clasper_entity::notice;
use clasper_reports::{Body, Receipt, Refusal, SignatureMode};
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::TraceStore;
use clasper_webhook::{Endpoint, EndpointStore, EventType, NewEndpoint};
use sea_orm::EntityTrait;

use crate::replica::{adapter, ask, asked, governed, request, trace};
use crate::reporter::{Door, call, found};
use crate::support::entries_of;

both!(
    what_is_within_the_grant_is_no_violation,
    what_is_beyond_the_grant_is_stored_as_a_violation,
    what_was_not_granted_is_stored_as_a_violation,
    costs_add_up_to_a_violation,
    violations_stand_on_the_trace_whichever_comes_first,
    an_execution_of_another_workspace_is_not_reported_on,
    endpoints_are_told_of_violations
);

async fn door(db: &TestDatabase) -> Result<(Door, TenantScope)> {
    let scope = db.tenant_with_budget("acme", usd("5")).await?;
    let replica = governed(db, &scope).await?;
    let door = Door::new(db, &scope, replica, SignatureMode::Off);
    Ok((door, scope))
}

async fn what_is_within_the_grant_is_no_violation(db: TestDatabase) -> Result<()> {
    let (door, scope) = door(&db).await?;
    asked(&door.replica, &scope, "run-1", "read").await?;
    let receipts = door
        .send(vec![
            door.metrics("run-1", 100),
            door.cost("run-1", usd("0.10")),
            door.trace("run-1", trace(), vec![call("read"); 100]),
        ])
        .await?;
    assert_eq!(receipts, vec![Receipt::Stored(Vec::new()); 3]);
    assert_eq!(entries_of(&db, &scope, AuditEvent::GrantViolated).await?, 0);
    db.ensure_whole().await
}

async fn what_is_beyond_the_grant_is_stored_as_a_violation(db: TestDatabase) -> Result<()> {
    let (door, scope) = door(&db).await?;
    let mut few = ask("read", "0.10");
    few.max_steps = Some(2);
    let caller = adapter(&scope);
    for key in ["run-1", "run-2"] {
        let request = request(key, few.clone());
        door.replica.executions.request(&caller, request).await?;
    }
    let steps = vec![call("read"), call("exec"), call("rm")];
    let receipts = door
        .send(vec![
            door.cost("run-1", usd("0.25")),
            door.metrics("run-1", 3),
            door.trace("run-1", trace(), steps),
        ])
        .await?;
    let kinds: Vec<_> = receipts.iter().map(found).collect();
    let beyond = [
        "steps_exceeded",
        "capability_not_granted",
        "capability_not_granted",
    ];
    assert_eq!(
        kinds,
        [
            Some(vec!["cost_exceeded"]),
            Some(vec!["steps_exceeded"]),
            Some(beyond.to_vec())
        ]
    );
    // It was spent, so it is booked.
    let spent = db.account(&scope).await?.budget.expect("set").spent;
    assert_eq!(spent, usd("0.25"));
    // After the grant: done then, or reported long after.
    let done_in_time = door.metrics("run-2", 1);
    door.replica.clock.advance(TimeDelta::minutes(16));
    let done_late = door.metrics("run-1", 1);
    let mut named = done_late.clone();
    named.event_id = Some("metrics-2".to_owned());
    assert_eq!(found(&door.one(named).await?), Some(vec!["after_expiry"]));
    door.replica.clock.advance(TimeDelta::minutes(16));
    assert_eq!(
        found(&door.one(done_in_time).await?),
        Some(vec!["late_report"])
    );
    assert_eq!(entries_of(&db, &scope, AuditEvent::GrantViolated).await?, 7);
    db.ensure_whole().await
}

async fn what_was_not_granted_is_stored_as_a_violation(db: TestDatabase) -> Result<()> {
    let (door, scope) = door(&db).await?;
    // Waits for people.
    asked(&door.replica, &scope, "run-1", "exec").await?;
    let cost = door.cost("run-1", usd("0.01"));
    assert_eq!(found(&door.one(cost).await?), Some(vec!["not_granted"]));
    let unasked = door.metrics("run-2", 1);
    assert_eq!(found(&door.one(unasked).await?), Some(vec!["no_decision"]));
    // That something was stopped is what should have happened.
    let mut stopped = call("exec");
    stopped["data"]["permitted"] = false.into();
    let blocked = door.trace("run-3", trace(), vec![stopped]);
    assert_eq!(door.one(blocked).await?, Receipt::Stored(Vec::new()));
    assert_eq!(
        door.one(door.audit("run-3", "blocked")).await?,
        Receipt::Stored(Vec::new())
    );
    db.ensure_whole().await
}

async fn costs_add_up_to_a_violation(db: TestDatabase) -> Result<()> {
    let (door, scope) = door(&db).await?;
    asked(&door.replica, &scope, "run-1", "read").await?;
    let mut kinds = Vec::new();
    for n in 0..3 {
        let mut cost = door.cost("run-1", usd("0.04"));
        cost.event_id = Some(format!("cost-{n}"));
        kinds.push(found(&door.one(cost).await?).expect("stored"));
    }
    assert_eq!(kinds, [vec![], vec![], vec!["cost_exceeded"]]);
    db.ensure_whole().await
}

async fn violations_stand_on_the_trace_whichever_comes_first(db: TestDatabase) -> Result<()> {
    let (door, scope) = door(&db).await?;
    let id = trace();
    let of_it = |mut submission: clasper_reports::Submission| {
        submission.trace = id;
        submission
    };
    door.one(of_it(door.metrics("run-1", 1))).await?;
    door.one(door.trace("run-1", id, vec![call("read")]))
        .await?;
    door.one(of_it(door.cost("run-1", usd("0.01")))).await?;
    let violation = clasper_reports::ViolationReport {
        violation_type: "left_its_folder".to_owned(),
        message: "it wrote elsewhere".to_owned(),
        data: None,
        occurred_at: db.make.now(),
    };
    door.one(door.submission("run-1", id, Body::Violation(violation)))
        .await?;
    let stored = db.store.find_trace(&scope, id).await?.expect("stored");
    let kinds: Vec<_> = stored.violations.iter().map(|v| v.kind.as_str()).collect();
    let expected = [
        "no_decision",
        "no_decision",
        "no_decision",
        "left_its_folder",
    ];
    assert_eq!(kinds, expected);
    db.ensure_whole().await
}

async fn an_execution_of_another_workspace_is_not_reported_on(db: TestDatabase) -> Result<()> {
    let (mut door, scope) = door(&db).await?;
    asked(&door.replica, &scope, "run-1", "read").await?;
    door.reporter.principal.workspace = WorkspaceId::new("elsewhere")?;
    let before = db.row_counts().await?;
    let refused = door.one(door.cost("run-1", usd("0.01"))).await?;
    assert_eq!(refused, Receipt::Refused(Refusal::OtherWorkspace));
    assert_eq!(db.row_counts().await?, before);
    let held = db.account(&scope).await?.budget.expect("set").held;
    assert_eq!(held, usd("0.10"));
    Ok(())
}

async fn endpoints_are_told_of_violations(db: TestDatabase) -> Result<()> {
    let (door, scope) = door(&db).await?;
    let now = db.make.now();
    let endpoint = Endpoint {
        tenant: scope.tenant().clone(),
        id: EndpointId::generate(&SystemIds),
        origin: "https://example.com".to_owned(),
        events: [EventType::ExecutionViolation].into(),
        enabled: true,
        disabled_reason: None,
        failing_since: None,
        created_at: now,
        updated_at: now,
    };
    let id = endpoint.id;
    let new = NewEndpoint {
        endpoint,
        sealed_url: Vec::new(),
        sealed_secret: Vec::new(),
    };
    let entry = db
        .make
        .entry(&scope, AuditEvent::WebhookCreated, &serde_json::json!({}));
    assert!(db.store.create_endpoint(&scope, new, 9, entry).await?);
    door.one(door.metrics("run-1", 1)).await?;
    door.one(door.audit("run-1", "nothing special")).await?;
    let notices = notice::Entity::find().all(db.database().reader()).await?;
    let [told] = notices.as_slice() else {
        anyhow::bail!("not one message: {notices:?}");
    };
    assert_eq!(told.endpoint_id, Some(id.as_uuid()));
    let body: serde_json::Value = serde_json::from_slice(&told.payload)?;
    assert_eq!(body["type"], "execution.violation");
    assert_eq!(body["data"]["violation"], "no_decision");
    assert_eq!(body["data"]["execution_id"], "run-1");
    Ok(())
}
