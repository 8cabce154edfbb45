//! Traces that are searched: totals, labels, annotations, links.

use std::sync::Arc;

use anyhow::{Result, ensure};
use chrono::TimeDelta;
use clasper_core::{AuditEvent, Permission, Role, SystemIds, TenantScope, Timestamp, TraceId, Usd};
use clasper_runtime::run::{Charge, RunStore};
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{
    EntityKind, NewAnnotation, StatsRange, Trace, TraceError, TraceFilter, TraceStats, TraceStore,
    Traces,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::replica::person;
use crate::support::entries_of;

both!(
    totals_are_those_of_the_traces_in_any_range,
    labels_are_merged_found_and_audited,
    a_label_says_nothing_of_another_tenants_traces,
    annotations_are_only_added_and_listed_page_by_page,
    traces_are_found_by_what_they_are_linked_to,
    labels_and_annotations_changed_behind_the_store_are_noticed,
);

/// A finished run whose trace was edited before it was written.
async fn traced(
    db: &TestDatabase,
    scope: &TenantScope,
    edit: impl FnOnce(&mut Trace) + Send,
) -> Result<TraceId> {
    let cost = usd("0.01");
    let (run, _) = db.admit(scope, cost).await?;
    let mut end = db.make.settlement(&run, Charge::Actual(cost));
    edit(&mut end.trace);
    db.store.settle_run(end).await?;
    Ok(run.trace)
}

fn service(db: &TestDatabase) -> Traces {
    let store = Arc::new(db.store.clone());
    let clock = Arc::new(clasper_core::ManualClock::at(db.make.now()));
    Traces::new(store.clone(), store, clock, Arc::new(SystemIds))
}

fn sum(traces: &[Trace], range: StatsRange) -> TraceStats {
    let within = |trace: &&Trace| {
        range.from.is_none_or(|from| from <= trace.started_at)
            && range.to.is_none_or(|to| trace.started_at <= to)
    };
    let ones = traces.iter().filter(within).map(TraceStats::of);
    ones.fold(TraceStats::default(), |sum, one| TraceStats {
        traces: sum.traces + one.traces,
        failed: sum.failed + one.failed,
        input_tokens: sum.input_tokens + one.input_tokens,
        output_tokens: sum.output_tokens + one.output_tokens,
        cost: Usd::from_nanos(sum.cost.nanos() + one.cost.nanos()).expect("a small sum"),
        duration_ms: sum.duration_ms + one.duration_ms,
    })
}

async fn totals_are_those_of_the_traces_in_any_range(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let begun = db.make.now();
    for n in 0..12_u64 {
        traced(&db, &acme, |trace| {
            trace.duration_ms = n * 10;
            trace.error = n.is_multiple_of(3).then(|| "timeout".to_owned());
        })
        .await?;
        db.make.clock.advance(TimeDelta::minutes(25));
    }
    traced(&db, &globex, |_| {}).await?;
    let all = TraceFilter {
        limit: 100,
        ..TraceFilter::default()
    };
    let traces = db.store.list_traces(&acme, &all).await?.items;
    let at = |minutes: i64| -> Option<Timestamp> { Some(begun + TimeDelta::minutes(minutes)) };
    for (from, to) in [
        (None, None),
        (at(0), None),
        (at(1), at(24)),
        (at(25), at(25)),
        (at(30), at(170)),
        (None, at(125)),
        (at(60), at(120)),
        (at(59), None),
        (at(200), at(100)),
    ] {
        let range = StatsRange { from, to };
        let stats = db.store.trace_stats(&acme, range).await?;
        assert_eq!(stats, sum(&traces, range), "{range:?}");
    }
    let other = db.store.trace_stats(&globex, StatsRange::default()).await?;
    assert_eq!(other.traces, 1);
    Ok(())
}

async fn found(
    db: &TestDatabase,
    scope: &TenantScope,
    label: (&str, &str),
) -> Result<Vec<TraceId>> {
    let filter = TraceFilter {
        label: Some((label.0.to_owned(), Some(label.1.to_owned()))),
        limit: 10,
        ..TraceFilter::default()
    };
    let page = db.store.list_traces(scope, &filter).await?;
    Ok(page.items.iter().map(|trace| trace.id).collect())
}

async fn labels_are_merged_found_and_audited(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (first, second) = (
        traced(&db, &acme, |trace| {
            trace.labels = [("env".to_owned(), "test".to_owned())].into();
        })
        .await?,
        traced(&db, &acme, |_| {}).await?,
    );
    let (traces, ops) = (service(&db), person(&acme, "ops", Role::Operator));
    // A key that would break a path in SQL or JSON is a key like any other.
    let odd = "$.a'\"]--%_";
    let set = |pairs: &[(&str, Option<&str>)]| {
        let owned = pairs.iter();
        owned
            .map(|(key, value)| ((*key).to_owned(), value.map(ToOwned::to_owned)))
            .collect()
    };
    let changes = set(&[(odd, Some("x")), ("env", Some("prod"))]);
    traces.label(&ops, first, changes).await?;
    let labels = traces.label(&ops, second, set(&[("env", Some("prod"))]));
    assert_eq!(labels.await?.len(), 1);
    let labels = traces.label(&ops, first, set(&[("env", None), ("new", Some(""))]));
    let labels = labels.await?;
    let keys: Vec<_> = labels.keys().map(String::as_str).collect();
    assert_eq!(keys, [odd, "new"]);
    assert_eq!(found(&db, &acme, ("env", "prod")).await?, [second]);
    assert_eq!(found(&db, &acme, ("env", "test")).await?, []);
    assert_eq!(found(&db, &acme, (odd, "x")).await?, [first]);
    let stored = db.store.find_trace(&acme, first).await?.expect("the trace");
    assert_eq!(stored.labels, labels);
    assert_eq!(entries_of(&db, &acme, AuditEvent::TraceLabelled).await?, 3);
    let viewer = person(&acme, "guest", Role::Viewer);
    let refused = traces.label(&viewer, first, set(&[("a", None)])).await;
    assert!(matches!(
        refused,
        Err(TraceError::Forbidden(Permission::TraceAnnotate))
    ));
    db.ensure_whole().await
}

async fn a_label_says_nothing_of_another_tenants_traces(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let trace = traced(&db, &acme, |_| {}).await?;
    let traces = service(&db);
    let theirs = person(&globex, "ops", Role::Admin);
    let changes: clasper_tracing::LabelChanges = [("a".to_owned(), Some("b".to_owned()))].into();
    for refused in [
        traces.label(&theirs, trace, changes).await.map(drop),
        traces.annotations(&theirs, trace, None, 10).await.map(drop),
        traces.diff(&theirs, trace, trace).await.map(drop),
    ] {
        ensure!(matches!(refused, Err(TraceError::NotFound(id)) if id == trace));
    }
    assert_eq!(found(&db, &globex, ("a", "b")).await?, []);
    assert_eq!(
        entries_of(&db, &globex, AuditEvent::TraceLabelled).await?,
        0
    );
    Ok(())
}

fn remark(value: &str) -> NewAnnotation {
    NewAnnotation {
        key: "note".to_owned(),
        value: value.to_owned(),
        created_by: None,
    }
}

async fn annotations_are_only_added_and_listed_page_by_page(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let trace = traced(&db, &acme, |_| {}).await?;
    let (traces, ops) = (service(&db), person(&acme, "ops", Role::Operator));
    for n in 0..5 {
        traces.annotate(&ops, trace, remark(&n.to_string())).await?;
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = traces.annotations(&ops, trace, cursor.as_ref(), 2).await?;
        seen.extend(page.items.into_iter().map(|said| said.value));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    assert_eq!(entries_of(&db, &acme, AuditEvent::TraceAnnotated).await?, 5);
    db.ensure_whole().await
}

async fn traces_are_found_by_what_they_are_linked_to(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let task = traced(&db, &acme, |trace| trace.task_id = Some("7".to_owned())).await?;
    let document = traced(&db, &acme, |trace| trace.document_id = Some("7".to_owned())).await?;
    let message = traced(&db, &acme, |trace| trace.message_id = Some("7".to_owned())).await?;
    for (kind, expected) in [
        (EntityKind::Task, task),
        (EntityKind::Document, document),
        (EntityKind::Message, message),
    ] {
        let filter = TraceFilter {
            entity: Some((kind, "7".to_owned())),
            limit: 10,
            ..TraceFilter::default()
        };
        let page = db.store.list_traces(&acme, &filter).await?;
        let ids: Vec<_> = page.items.iter().map(|trace| trace.id).collect();
        assert_eq!(ids, [expected]);
    }
    Ok(())
}

async fn labels_and_annotations_changed_behind_the_store_are_noticed(
    db: TestDatabase,
) -> Result<()> {
    use clasper_entity::{trace_annotation as a, trace_label as l};
    let acme = db.tenant("acme").await?;
    let trace = traced(&db, &acme, |_| {}).await?;
    let (traces, ops) = (service(&db), person(&acme, "ops", Role::Operator));
    let changes = [("env".to_owned(), Some("prod".to_owned()))].into();
    traces.label(&ops, trace, changes).await?;
    traces.annotate(&ops, trace, remark("approved")).await?;
    db.ensure_whole().await?;
    let writer = db.database().writer();
    l::Entity::update_many()
        .col_expr(l::Column::LabelValue, Expr::value("test"))
        .filter(l::Column::TenantId.eq("acme"))
        .exec(writer)
        .await?;
    a::Entity::update_many()
        .col_expr(a::Column::AnnotationValue, Expr::value("rejected"))
        .filter(a::Column::TenantId.eq("acme"))
        .exec(writer)
        .await?;
    let faults = db.verify().await?.tenants[0].faults.join("\n");
    ensure!(faults.contains("the labels of trace"), "{faults}");
    ensure!(faults.contains("was changed after audit entry"), "{faults}");
    a::Entity::delete_many().exec(writer).await?;
    let faults = db.verify().await?.tenants[0].faults.join("\n");
    ensure!(faults.contains("has lost annotation"), "{faults}");
    Ok(())
}
