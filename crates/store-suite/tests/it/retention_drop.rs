//! Traces that had their days are forgotten, with evidence.

use std::sync::Arc;

use anyhow::{Result, ensure};
use chrono::TimeDelta;
use clasper_core::{AuditEvent, ManualClock, Role, SystemIds};
use clasper_entity::{tenant, trace};
use clasper_retention::{RetentionError, RetentionPolicy};
use clasper_testkit::{TestDatabase, both};
use clasper_tracing::{NewAnnotation, StatsRange, TraceError, TraceFilter, TraceStore, Traces};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use crate::replica::person;
use crate::retention::{SECRET, days, retention, said, set, traced, with_steps};
use crate::support::entries_of;

both!(
    what_had_its_days_is_dropped_with_evidence_and_all_that_hangs_on_it,
    two_replicas_drop_each_trace_once,
    without_a_policy_nothing_is_dropped,
    a_trace_that_vanished_without_evidence_is_reported,
    a_policy_changed_behind_the_store_is_reported,
);

async fn what_had_its_days_is_dropped_with_evidence_and_all_that_hangs_on_it(
    db: TestDatabase,
) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let before = db.row_counts().await?;
    let old = traced(&db, &acme, |trace| {
        with_steps(trace);
        trace.task_id = Some("7".to_owned());
    })
    .await?;
    let theirs = traced(&db, &globex, |_| {}).await?;
    let store = Arc::new(db.store.clone());
    let clock = Arc::new(ManualClock::at(db.make.now()));
    let notes = Traces::new(store.clone(), store, clock, Arc::new(SystemIds));
    let ops = person(&acme, "ops", Role::Admin);
    let changes = [("team".to_owned(), Some("a".to_owned()))].into();
    notes.label(&ops, old, changes).await?;
    let remark = NewAnnotation {
        key: "note".to_owned(),
        value: SECRET.to_owned(),
        created_by: None,
    };
    notes.annotate(&ops, old, remark).await?;
    let begun = db.make.now();
    db.make.clock.advance(TimeDelta::days(30));
    let edge = traced(&db, &acme, |_| {}).await?;
    set(&db, &acme, days(30)).await?;
    db.make.clock.advance(TimeDelta::microseconds(1));
    let service = retention(&db, &db.store);
    let standing = service.standing(&ops).await?.expect("a policy");
    assert_eq!(standing.expired, 1);
    assert_eq!(service.sweep().await?, 1);
    assert_eq!(service.sweep().await?, 0);
    ensure!(db.store.find_trace(&acme, old).await?.is_none());
    ensure!(db.store.find_trace(&acme, edge).await?.is_some());
    ensure!(db.store.find_trace(&globex, theirs).await?.is_some());
    let after = db.row_counts().await?;
    for table in [
        "trace_label",
        "trace_annotation",
        "trace_entity",
        "reported_violation",
    ] {
        assert_eq!(after[table], before[table], "{table}");
    }
    assert_eq!(after["redaction_value"], 2);
    let evidence = said(&db, &acme, AuditEvent::TracesDropped).await?;
    let started = clasper_core::wire_time(begun);
    assert_eq!(
        evidence,
        [json!({
            "reason": "retention_days", "retention_days": 30, "policy_revision": 1,
            "cutoff": clasper_core::wire_time(db.make.now() - TimeDelta::days(30)),
            "count": 1, "first_started_at": started, "last_started_at": started,
            "trace_ids": [old.to_string()],
        })]
    );
    assert_eq!(
        db.store
            .count_traces(&acme, &TraceFilter::default())
            .await?,
        1
    );
    let totals = db.store.trace_stats(&acme, StatsRange::default()).await?;
    assert_eq!(totals.traces, 2);
    let asked = notes.find(&ops, old).await;
    ensure!(
        matches!(asked, Err(TraceError::Dropped(id)) if id == old),
        "{asked:?}"
    );
    db.ensure_whole().await
}

async fn two_replicas_drop_each_trace_once(db: TestDatabase) -> Result<()> {
    if !db.is_postgres() {
        // One server at a time uses a SQLite file.
        return Ok(());
    }
    let acme = db.tenant("acme").await?;
    for _ in 0..250 {
        traced(&db, &acme, |_| {}).await?;
    }
    set(&db, &acme, days(1)).await?;
    db.make.clock.advance(TimeDelta::days(2));
    let other = db.second_store().await?;
    let (here, there) = (retention(&db, &db.store), retention(&db, &other));
    let (here, there) = tokio::try_join!(here.sweep(), there.sweep())?;
    assert_eq!(here + there, 250);
    let evidence = said(&db, &acme, AuditEvent::TracesDropped).await?;
    let named = evidence.iter().filter_map(|e| e["trace_ids"].as_array());
    assert_eq!(named.map(Vec::len).sum::<usize>(), 250);
    db.ensure_whole().await
}

async fn without_a_policy_nothing_is_dropped(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let id = traced(&db, &acme, |_| {}).await?;
    db.make.clock.advance(TimeDelta::days(10_000));
    let service = retention(&db, &db.store);
    assert_eq!(service.sweep().await?, 0);
    let ops = person(&acme, "ops", Role::Admin);
    let refused = service.enforce(&ops).await;
    ensure!(
        matches!(refused, Err(RetentionError::NoPolicy)),
        "{refused:?}"
    );
    ensure!(db.store.find_trace(&acme, id).await?.is_some());
    // If it were gone, it would not be for retention.
    ensure!(!db.store.was_dropped(&acme, id).await?);
    assert_eq!(entries_of(&db, &acme, AuditEvent::TracesDropped).await?, 0);
    Ok(())
}

async fn a_trace_that_vanished_without_evidence_is_reported(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let old = traced(&db, &acme, |_| {}).await?;
    let row = trace::Entity::find_by_id(("acme".to_owned(), old.as_uuid()));
    let row = row.one(db.database().reader()).await?.expect("a row");
    db.make.clock.advance(TimeDelta::days(2));
    let young = traced(&db, &acme, |_| {}).await?;
    set(&db, &acme, days(1)).await?;
    assert_eq!(retention(&db, &db.store).sweep().await?, 1);
    db.ensure_whole().await?;
    let writer = db.database().writer();
    trace::Entity::delete_many()
        .filter(trace::Column::TraceId.eq(young.as_uuid()))
        .exec(writer)
        .await?;
    let faults = db.verify().await?.tenants[0].faults.join("\n");
    ensure!(
        faults.contains(&format!("has lost its trace {young}")),
        "{faults}"
    );
    ensure!(!faults.contains(&old.to_string()), "{faults}");
    // One that was dropped and is there all the same was put there by somebody else.
    trace::Entity::insert(row.into_active_model())
        .exec(writer)
        .await?;
    let faults = db.verify().await?.tenants[0].faults.join("\n");
    ensure!(
        faults.contains(&format!("trace {old} is there, but")),
        "{faults}"
    );
    Ok(())
}

async fn a_policy_changed_behind_the_store_is_reported(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let policy = set(&db, &acme, days(3650)).await?;
    db.ensure_whole().await?;
    let shorter = RetentionPolicy { days: 1, ..policy };
    for forged in [Some(serde_json::to_string(&shorter)?), None] {
        tenant::Entity::update_many()
            .col_expr(tenant::Column::Retention, Expr::value(forged))
            .exec(db.database().writer())
            .await?;
        let faults = db.verify().await?.tenants[0].faults.join("\n");
        ensure!(
            faults.contains("the retention policy is not the one"),
            "{faults}"
        );
    }
    Ok(())
}
