//! Reports of adapters: stored once, or refused, each with its audit entry.

use anyhow::Result;
use clasper_core::{AuditEvent, ExecutionKey, TraceId};
use clasper_delegated::execution::{ExecutionStatus, ExecutionStore};
use clasper_governance::forecast::{CostHistories, HistorySubject};
use clasper_governance::{BudgetScope, BudgetSettings};
use clasper_reports::{Receipt, Refusal, SignatureMode};
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{HashStatus, TraceFilter, TraceStore, Trust};
use futures::future::join_all;
use serde_json::json;

use crate::replica::{asked, governed, trace};
use crate::reporter::{Door, call, found};
use crate::support::entries_of;

both!(
    an_event_is_stored_once_and_another_of_its_type_is_not_dropped,
    the_same_event_from_many_at_once_is_stored_once,
    a_cost_ends_the_hold_and_is_charged_exactly_once,
    a_cost_is_charged_to_the_budgets_within_the_tenants,
    a_trace_is_written_once_and_its_texts_are_redacted,
    a_refused_trace_can_be_sent_again,
    traces_of_another_tenant_are_neither_seen_nor_displaced,
    a_bad_report_does_not_hinder_the_good_ones_beside_it,
    an_adapter_that_is_not_registered_reports_nothing
);

async fn door(db: &TestDatabase, tenant: &str) -> Result<Door> {
    let scope = db.tenant_with_budget(tenant, usd("5")).await?;
    let replica = governed(db, &scope).await?;
    Ok(Door::new(db, &scope, replica, SignatureMode::Off))
}

async fn an_event_is_stored_once_and_another_of_its_type_is_not_dropped(
    db: TestDatabase,
) -> Result<()> {
    let door = door(&db, "acme").await?;
    let first = door.audit("run-1", "one");
    assert_eq!(door.one(first.clone()).await?, Receipt::Stored(Vec::new()));
    let before = db.row_counts().await?;
    assert_eq!(door.one(first.clone()).await?, Receipt::Duplicate);
    assert_eq!(db.row_counts().await?, before);
    let second = door.audit("run-1", "two");
    assert_eq!(door.one(second.clone()).await?, Receipt::Stored(Vec::new()));
    // Under an id of its own, other content is another event and says so.
    let named = |mut submission: clasper_reports::Submission| {
        submission.event_id = Some("event-1".to_owned());
        submission
    };
    assert_eq!(door.one(named(first)).await?, Receipt::Stored(Vec::new()));
    let before = db.row_counts().await?;
    let reused = door.one(named(second)).await?;
    assert_eq!(reused, Receipt::Refused(Refusal::EventReused));
    assert_eq!(db.row_counts().await?, before);
    let scope = &door.reporter.scope;
    assert_eq!(
        entries_of(&db, scope, AuditEvent::AdapterAuditEvent).await?,
        3
    );
    db.ensure_whole().await
}

async fn the_same_event_from_many_at_once_is_stored_once(db: TestDatabase) -> Result<()> {
    let door = door(&db, "acme").await?;
    asked(&door.replica, &door.reporter.scope, "run-1", "read").await?;
    let cost = door.cost("run-1", usd("0.01"));
    let sent = join_all((0..16).map(|_| door.one(cost.clone()))).await;
    let receipts = sent.into_iter().collect::<Result<Vec<_>>>()?;
    let stored = receipts.iter().filter(|receipt| found(receipt).is_some());
    assert_eq!(stored.count(), 1);
    // Twice in one commit is once, too.
    let audit = door.audit("run-1", "twice");
    let twice = door.send(vec![audit.clone(), audit]).await?;
    assert_eq!(twice, [Receipt::Stored(Vec::new()), Receipt::Duplicate]);
    let account = db.account(&door.reporter.scope).await?;
    assert_eq!(account.budget.expect("set").spent, usd("0.01"));
    db.ensure_whole().await
}

async fn a_cost_ends_the_hold_and_is_charged_exactly_once(db: TestDatabase) -> Result<()> {
    let door = door(&db, "acme").await?;
    let scope = &door.reporter.scope;
    let answer = asked(&door.replica, scope, "run-1", "read").await?;
    assert_eq!(answer.execution.hold, usd("0.10"));
    let cost = door.cost("run-1", usd("0.012345678"));
    assert_eq!(door.one(cost.clone()).await?, Receipt::Stored(Vec::new()));
    assert_eq!(door.one(cost).await?, Receipt::Duplicate);
    let account = db.account(scope).await?;
    let budget = account.budget.expect("set");
    assert_eq!((budget.held, budget.spent), (usd("0"), usd("0.012345678")));
    let found = db.store.find_execution(scope, answer.execution.decision);
    let execution = found.await?.expect("there");
    assert_eq!(execution.status, ExecutionStatus::Settled);
    assert_eq!(execution.due_at, None);
    // A further cost needs a name of its own; without one it is refused, not dropped.
    let further = door.cost("run-1", usd("0.02"));
    let reused = door.one(further.clone()).await?;
    assert_eq!(reused, Receipt::Refused(Refusal::EventReused));
    let mut named = further;
    named.event_id = Some("cost-2".to_owned());
    assert_eq!(door.one(named).await?, Receipt::Stored(Vec::new()));
    let subject = HistorySubject::Adapter(door.reporter.principal.adapter.clone());
    let history = db
        .store
        .find_history(scope, &subject)
        .await?
        .expect("learnt");
    assert_eq!(history.cost_nanos.weight(), 2);
    assert_eq!(door.replica.executions.settle_due().await?, 0);
    db.ensure_whole().await
}

async fn a_cost_is_charged_to_the_budgets_within_the_tenants(db: TestDatabase) -> Result<()> {
    let door = door(&db, "acme").await?;
    let scope = &door.reporter.scope;
    let room = BudgetScope::Workspace(door.reporter.principal.workspace.clone());
    let settings = BudgetSettings::limited_to(usd("0.5"));
    db.set_scope(scope, &room, &settings).await?;
    asked(&door.replica, scope, "run-1", "read").await?;
    assert_eq!(db.scope_budget(scope, &room).await?.held, usd("0.10"));
    door.one(door.cost("run-1", usd("0.45"))).await?;
    let budget = db.scope_budget(scope, &room).await?;
    assert_eq!((budget.held, budget.spent), (usd("0"), usd("0.45")));
    // What nobody decided was spent all the same.
    door.one(door.cost("unasked", usd("0.10"))).await?;
    assert_eq!(db.scope_budget(scope, &room).await?.spent, usd("0.55"));
    assert_eq!(entries_of(&db, scope, AuditEvent::BudgetWarning).await?, 1);
    assert_eq!(entries_of(&db, scope, AuditEvent::BudgetExceeded).await?, 1);
    db.ensure_whole().await
}

async fn a_trace_is_written_once_and_its_texts_are_redacted(db: TestDatabase) -> Result<()> {
    let door = door(&db, "acme").await?;
    let scope = &door.reporter.scope;
    let answer = asked(&door.replica, scope, "run-1", "read").await?;
    let id = trace();
    let sent = door.trace("run-1", id, vec![call("read")]);
    assert_eq!(door.one(sent.clone()).await?, Receipt::Stored(Vec::new()));
    assert_eq!(door.one(sent).await?, Receipt::Duplicate);
    // Another execution cannot take its place.
    let other = door.trace("run-2", id, vec![call("exec")]);
    let refused = door.one(other).await?;
    assert_eq!(refused, Receipt::Refused(Refusal::TraceExists));
    let stored = db.store.find_trace(scope, id).await?.expect("stored");
    assert_eq!(stored.known_decision(), Some(answer.execution.decision));
    assert_eq!(stored.execution, answer.execution.execution);
    assert!(
        !stored.input_message.contains("jane"),
        "{}",
        stored.input_message
    );
    assert_eq!(stored.redactions.values().sum::<u32>(), 1);
    assert_eq!(stored.steps[0].extra["data"], json!({"vendor": {"x": 1}}));
    let reported = stored.reported.expect("reported");
    assert_eq!(reported.hashes, HashStatus::NoHashes);
    assert_eq!(reported.trust(), Trust::Unverified);
    let listed = db.store.list_traces(scope, &filter()).await?;
    assert_eq!(listed.items.len(), 1);
    db.ensure_whole().await
}

fn filter() -> TraceFilter {
    TraceFilter {
        limit: 10,
        ..TraceFilter::default()
    }
}

async fn a_refused_trace_can_be_sent_again(db: TestDatabase) -> Result<()> {
    let door = door(&db, "acme").await?;
    let id = trace();
    let bad = door.trace("run-1", id, vec![json!({"type": "dance"})]);
    let before = db.row_counts().await?;
    let refused = door.one(bad).await?;
    assert!(matches!(refused, Receipt::Refused(Refusal::Invalid { .. })));
    assert_eq!(db.row_counts().await?, before);
    let good = door.trace("run-1", id, vec![]);
    assert_eq!(door.one(good).await?, Receipt::Stored(Vec::new()));
    db.ensure_whole().await
}

async fn traces_of_another_tenant_are_neither_seen_nor_displaced(db: TestDatabase) -> Result<()> {
    let (ours, theirs) = (door(&db, "acme").await?, door(&db, "other").await?);
    let id: TraceId = trace();
    let key = ExecutionKey::new("run-1")?;
    for (door, tool) in [(&ours, "read"), (&theirs, "exec")] {
        let sent = door.trace("run-1", id, vec![call(tool)]);
        assert_eq!(found(&door.one(sent).await?), Some(vec!["no_decision"]));
        // The same event key, too.
        let cost = door.cost("run-1", usd("0.01"));
        assert_eq!(found(&door.one(cost).await?), Some(vec!["no_decision"]));
    }
    for (door, tool) in [(&ours, "read"), (&theirs, "exec")] {
        let scope = &door.reporter.scope;
        let stored = db.store.find_trace(scope, id).await?.expect("stored");
        assert_eq!(stored.used_scope.capabilities, [tool]);
        assert_eq!(stored.known_decision(), None);
        let adapter = &door.reporter.principal.adapter;
        let known = db.store.find_execution_by_key(scope, adapter, &key).await?;
        assert!(known.is_none());
        let spent = db.account(scope).await?.budget.expect("set").spent;
        assert_eq!(spent, usd("0.01"));
    }
    db.ensure_whole().await
}

async fn a_bad_report_does_not_hinder_the_good_ones_beside_it(db: TestDatabase) -> Result<()> {
    let door = door(&db, "acme").await?;
    let mut foreign = door.audit("run-1", "of another");
    foreign.tenant = "other".parse()?;
    let receipts = door
        .send(vec![
            door.trace("run-1", trace(), vec![json!(1)]),
            door.audit("run-1", "good"),
            foreign,
            door.metrics("run-2", 0),
        ])
        .await?;
    assert!(matches!(
        receipts[0],
        Receipt::Refused(Refusal::Invalid { .. })
    ));
    assert_eq!(receipts[1], Receipt::Stored(Vec::new()));
    let pointer = "/tenant_id";
    assert_eq!(
        receipts[2],
        Receipt::Refused(Refusal::ScopeMismatch { pointer })
    );
    assert_eq!(receipts[3], Receipt::Stored(Vec::new()));
    db.ensure_whole().await
}

async fn an_adapter_that_is_not_registered_reports_nothing(db: TestDatabase) -> Result<()> {
    let door = door(&db, "acme").await?;
    let mut stranger = door.reporter.clone();
    stranger.principal.adapter = "stranger".parse()?;
    let refused = door.reports.receive(&stranger, Vec::new()).await;
    assert!(matches!(
        refused,
        Err(clasper_reports::Error::NotRegistered)
    ));
    Ok(())
}
