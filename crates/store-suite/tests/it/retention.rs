//! Traces that are kept as their tenant says when they are written.

use std::sync::Arc;

use anyhow::{Result, ensure};
use chrono::TimeDelta;
use clasper_core::{AuditEvent, ManualClock, Role, Sha256Digest, SystemIds, TenantScope, TraceId};
use clasper_entity::trace;
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_privacy::RedactionStore;
use clasper_retention::{
    PolicyChange, Retention, RetentionError, RetentionPolicy, SampleRate, Sampling, StorageMode,
};
use clasper_runtime::run::{Charge, RunStore};
use clasper_store::Store;
use clasper_store_retention::RetentionRows;
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{
    ReducedTo, StatsRange, StepData, StepRecorder, Trace, TraceFilter, TraceStore,
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::replica::person;

both!(
    a_policy_is_changed_with_its_entry_and_of_two_over_one_revision_one_is_told,
    sampling_is_decided_by_the_id_and_what_matters_is_always_kept,
    a_trace_without_texts_keeps_its_hashes_and_says_what_is_missing,
    under_a_legal_hold_everything_is_kept_whole,
);

pub(crate) const SECRET: &str = "the parcel of Dana Example";

/// A finished run whose trace was edited before it was written.
pub(crate) async fn traced(
    db: &TestDatabase,
    scope: &TenantScope,
    edit: impl FnOnce(&mut Trace) + Send,
) -> Result<TraceId> {
    let cost = usd("0.01");
    let (run, _) = db.admit(scope, cost).await?;
    let mut end = db.make.settlement(&run, Charge::Actual(cost));
    SECRET.clone_into(&mut end.trace.input_message);
    end.kept_values = Some(SECRET.as_bytes().to_vec());
    edit(&mut end.trace);
    db.store.settle_run(end).await?;
    Ok(run.trace)
}

pub(crate) fn retention(db: &TestDatabase, store: &Store) -> Retention {
    let clock = Arc::new(ManualClock::at(db.make.now()));
    let rows = Arc::new(RetentionRows::new(store.clone()));
    Retention::new(rows, clock, Arc::new(SystemIds))
}

pub(crate) async fn set(
    db: &TestDatabase,
    scope: &TenantScope,
    change: PolicyChange,
) -> Result<RetentionPolicy> {
    let ops = person(scope, "ops", Role::ReleaseManager);
    Ok(retention(db, &db.store).set(&ops, change, None).await?)
}

pub(crate) fn days(days: u32) -> PolicyChange {
    PolicyChange {
        days: Some(days),
        ..PolicyChange::default()
    }
}

/// The details of the tenant's entries about `event`, oldest first.
pub(crate) async fn said(
    db: &TestDatabase,
    scope: &TenantScope,
    event: AuditEvent,
) -> Result<Vec<Value>> {
    let filter = AuditFilter {
        event: Some(event),
        limit: 1000,
        ..AuditFilter::default()
    };
    let mut entries = db.store.list_audit(scope, &filter).await?.items;
    entries.reverse();
    let details = entries
        .iter()
        .map(|e| serde_json::from_str(e.entry.detail.as_str()));
    Ok(details.collect::<Result<_, _>>()?)
}

async fn a_policy_is_changed_with_its_entry_and_of_two_over_one_revision_one_is_told(
    db: TestDatabase,
) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let service = retention(&db, &db.store);
    let ops = person(&acme, "ops", Role::ReleaseManager);
    let none = service.policy(&ops).await;
    ensure!(matches!(none, Err(RetentionError::NoPolicy)), "{none:?}");
    let first = service.set(&ops, days(30), Some(0)).await?;
    assert_eq!(
        (first.revision, first.days, first.sampling),
        (1, 30, Sampling::Full)
    );
    let second = service.set(&ops, days(7), Some(1)).await?;
    let late = service.set(&ops, days(3650), Some(1)).await;
    ensure!(matches!(late, Err(RetentionError::Changed(1))), "{late:?}");
    assert_eq!(service.policy(&ops).await?, second);
    let theirs = person(&globex, "ops", Role::ReleaseManager);
    ensure!(service.policy(&theirs).await.is_err());
    for refused in [0, 3651] {
        let refused = service.set(&ops, days(refused), None).await;
        ensure!(matches!(refused, Err(RetentionError::Days)), "{refused:?}");
    }
    let viewer = person(&acme, "guest", Role::Operator);
    let refused = service.set(&viewer, days(1), None).await;
    ensure!(
        matches!(refused, Err(RetentionError::Forbidden(_))),
        "{refused:?}"
    );
    let entries = said(&db, &acme, AuditEvent::RetentionChanged).await?;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["before"], Value::Null);
    assert_eq!(entries[1]["before"], entries[0]["policy"]);
    assert_eq!(entries[1]["policy"]["days"], 7);
    db.ensure_whole().await
}

async fn sampling_is_decided_by_the_id_and_what_matters_is_always_kept(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let rate = SampleRate::from_millionths(500_000).expect("a half");
    let half = PolicyChange {
        sampling: Some(Sampling::Sampled),
        rate: Some(rate),
        ..PolicyChange::default()
    };
    set(&db, &acme, half).await?;
    let mut left_out = 0;
    for n in 0..40 {
        let fails = n % 4 == 0;
        let id = traced(&db, &acme, |trace| {
            trace.error = fails.then(|| "timeout".to_owned());
        })
        .await?;
        let kept = db.store.find_trace(&acme, id).await?.is_some();
        assert_eq!(kept, fails || rate.takes(id), "{id}");
        left_out += u64::from(!kept);
        // The log knows of it either way.
        ensure!(db.store.was_dropped(&acme, id).await?);
    }
    ensure!((1..30).contains(&left_out), "{left_out}");
    // It is counted and paid for; lists count what is there.
    let totals = db.store.trace_stats(&acme, StatsRange::default()).await?;
    assert_eq!(totals.traces, 40);
    let there = db
        .store
        .count_traces(&acme, &TraceFilter::default())
        .await?;
    assert_eq!(there, 40 - left_out);
    let ends = said(&db, &acme, AuditEvent::AgentExecutionCompleted).await?;
    let out = ends.iter().filter(|end| end["retention"]["stored"] == "no");
    assert_eq!(out.count() as u64, left_out);
    let policy = set(
        &db,
        &acme,
        PolicyChange {
            sampling: Some(Sampling::ErrorsOnly),
            ..PolicyChange::default()
        },
    )
    .await?;
    let id = traced(&db, &acme, |_| {}).await?;
    ensure!(db.store.find_trace(&acme, id).await?.is_none());
    let ends = said(&db, &acme, AuditEvent::AgentExecutionCompleted).await?;
    let expected = json!({
        "stored": "no", "reason": "errors_only", "policy_revision": policy.revision
    });
    assert_eq!(ends.last().expect("an end")["retention"], expected);
    db.ensure_whole().await
}

pub(crate) fn with_steps(trace: &mut Trace) {
    let mut steps = StepRecorder::default();
    let call = StepData::ToolCall {
        tool_call_id: "1".into(),
        tool_name: "parcels.find".into(),
        arguments: json!({"name": SECRET}),
        permitted: true,
        permission_reason: "permitted".into(),
        decision_id: "d".into(),
    };
    steps.push(trace.started_at, 1, call);
    let error = StepData::Error {
        code: "timeout".into(),
        message: SECRET.into(),
        recoverable: true,
    };
    steps.push(trace.started_at, 1, error);
    trace.steps = steps.into_steps();
    trace.labels = [("env".to_owned(), "prod".to_owned())].into();
}

async fn a_trace_without_texts_keeps_its_hashes_and_says_what_is_missing(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let whole = traced(&db, &acme, with_steps).await?;
    let whole = db.store.find_trace(&acme, whole).await?.expect("a trace");
    for (storage, to, steps) in [
        (StorageMode::Summary, ReducedTo::Summary, 2),
        (StorageMode::Minimal, ReducedTo::Minimal, 0),
    ] {
        let change = PolicyChange {
            storage: Some(storage),
            ..PolicyChange::default()
        };
        set(&db, &acme, change).await?;
        let id = traced(&db, &acme, with_steps).await?;
        let row = trace::Entity::find_by_id(("acme".to_owned(), id.as_uuid()));
        let row = row.one(db.database().reader()).await?.expect("a row");
        ensure!(!row.document.contains("Dana"), "{}", row.document);
        let less = db.store.find_trace(&acme, id).await?.expect("a trace");
        let left_out = less.reduced.clone().expect("something was left out");
        assert_eq!(left_out.to, to);
        assert_eq!(less.steps.len(), steps);
        let hashes = |trace: &Trace| -> Vec<String> {
            trace
                .steps
                .iter()
                .map(|step| step.step_hash.clone())
                .collect()
        };
        if to == ReducedTo::Summary {
            assert_eq!(hashes(&less), hashes(&whole));
            let hash = Sha256Digest::of(SECRET.as_bytes());
            assert_eq!(left_out.input_hash, Some(hash));
        }
        assert_eq!((less.usage, &less.labels), (whole.usage, &whole.labels));
        ensure!(db.store.find_values(&acme, id).await?.is_none());
        // Who has a copy can prove that it is the one that was not kept.
        let copy = Trace {
            input_message: SECRET.to_owned(),
            output_message: whole.output_message.clone(),
            steps: whole.steps.clone(),
            reduced: None,
            ..less
        };
        let copy = serde_json::to_string(&copy)?;
        assert_eq!(Sha256Digest::of(copy.as_bytes()), left_out.whole_hash);
    }
    db.ensure_whole().await
}

async fn under_a_legal_hold_everything_is_kept_whole(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let strict = PolicyChange {
        days: Some(1),
        sampling: Some(Sampling::ErrorsOnly),
        storage: Some(StorageMode::Minimal),
        legal_hold: Some(true),
        ..PolicyChange::default()
    };
    set(&db, &acme, strict).await?;
    let id = traced(&db, &acme, |_| {}).await?;
    db.make.clock.advance(TimeDelta::days(100));
    let service = retention(&db, &db.store);
    let ops = person(&acme, "ops", Role::Admin);
    let refused = service.enforce(&ops).await;
    ensure!(matches!(refused, Err(RetentionError::Held)), "{refused:?}");
    assert_eq!(service.sweep().await?, 0);
    let kept = db.store.find_trace(&acme, id).await?.expect("it is held");
    assert_eq!((kept.input_message.as_str(), kept.reduced), (SECRET, None));
    let lifted = PolicyChange {
        legal_hold: Some(false),
        ..PolicyChange::default()
    };
    service.set(&ops, lifted, None).await?;
    assert_eq!(service.enforce(&ops).await?.dropped, 1);
    db.ensure_whole().await
}
