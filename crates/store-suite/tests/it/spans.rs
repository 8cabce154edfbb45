//! Spans of foreign instrumentation.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::TimeDelta;
use clasper_core::{AuditEvent, ManualClock, Role, SystemIds, TenantScope, TraceId, WorkspaceId};
use clasper_entity::{otel_span, trace};
use clasper_otlp::{Encoding, Intake, SpanIntake};
use clasper_privacy::Redactions;
use clasper_redaction::Redactor;
use clasper_runtime::run::{Charge, RunStore};
use clasper_store_spans::SpanTables;
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{RunStatus, StatsRange, StepData, TraceFilter, TraceSource, TraceStore};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::replica::person;
use crate::retention::{days, retention, set};
use crate::support::entries_of;

both!(
    a_trace_grows_with_its_spans_and_is_counted_once,
    a_span_that_comes_again_changes_nothing,
    no_attribute_is_lost,
    nothing_that_is_redacted_is_in_the_database,
    the_same_trace_id_is_another_trace_in_another_tenant,
    spans_do_not_change_the_trace_of_a_governed_run,
    spans_that_come_before_their_run_ends_do_not_keep_it_from_ending,
    thousands_of_spans_come_in_one_request,
    a_late_span_of_a_dropped_trace_is_no_fault,
);

/// The minute in which the traces here begin, in nanoseconds.
const BEGUN: i64 = 1_795_176_000_000_000_000;

fn span(trace: u8, id: u16, parent: u16, start_ms: i64, attributes: &Value) -> Value {
    let parent = if parent == 0 {
        String::new()
    } else {
        format!("{parent:016x}")
    };
    json!({
        "traceId": format!("{trace:02x}").repeat(16), "spanId": format!("{id:016x}"), "parentSpanId": parent,
        "name": format!("span {id}"), "kind": 1,
        "startTimeUnixNano": (BEGUN + start_ms * 1_000_000).to_string(),
        "endTimeUnixNano": (BEGUN + (start_ms + 100) * 1_000_000).to_string(),
        "attributes": attributes,
    })
}

fn chat(input: u64, output: u64) -> Value {
    json!([
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "m"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": input.to_string()}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": output}},
    ])
}

async fn export(db: &TestDatabase, scope: &TenantScope, spans: &[Value]) -> Result<Intake> {
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{"scope": {"name": "x", "version": "1"}, "spans": spans}],
    }]});
    let (clock, ids) = (
        Arc::new(ManualClock::at(db.make.now())),
        Arc::new(SystemIds),
    );
    let redactions = Redactions::fixed(Redactor::standard(), clock.clone(), ids.clone());
    let workspace = WorkspaceId::new("default")?;
    let intake = SpanIntake::new(Arc::new(tables(db)), redactions, workspace, clock, ids);
    let caller = person(scope, "exporter", Role::Agent);
    let body = body.to_string();
    Ok(intake
        .take(&caller, body.as_bytes(), Encoding::Json)
        .await?)
}

fn tables(db: &TestDatabase) -> SpanTables {
    SpanTables::new(db.store.clone())
}

fn id(trace: u8) -> TraceId {
    TraceId::from_bytes([trace; 16])
}

async fn a_late_span_of_a_dropped_trace_is_no_fault(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    export(&db, &acme, &[span(7, 1, 0, 0, &chat(10, 5))]).await?;
    set(&db, &acme, days(1)).await?;
    db.make.clock.advance(TimeDelta::days(900));
    assert_eq!(retention(&db, &db.store).sweep().await?, 1);
    let left = otel_span::Entity::find()
        .all(db.database().reader())
        .await?;
    assert_eq!(left, [], "spans go with their trace");
    db.ensure_whole().await?;
    export(&db, &acme, &[span(7, 2, 1, 50, &chat(1, 1))]).await?;
    assert!(tables(&db).find_trace(&acme, id(7)).await?.is_some());
    db.ensure_whole().await
}

async fn a_trace_grows_with_its_spans_and_is_counted_once(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    // Children come first, as exporters send what ends first; the root began in the hour before.
    let first = export(&db, &acme, &[span(7, 2, 1, 0, &chat(10, 5))]).await?;
    assert_eq!((first.recorded.added, first.recorded.begun), (1, 1));
    let mut root = span(7, 1, 0, -3_600_000, &json!([]));
    root["status"] = json!({"code": 2, "message": "it broke"});
    let rest = [span(7, 3, 1, 500, &chat(20, 7)), root];
    let second = export(&db, &acme, &rest).await?;
    assert_eq!((second.recorded.added, second.recorded.begun), (2, 0));
    let trace = tables(&db)
        .find_trace(&acme, id(7))
        .await?
        .context("a trace")?;
    assert_eq!(trace.source, TraceSource::Otlp);
    assert_eq!(
        (trace.status, trace.error.as_deref()),
        (RunStatus::Failed, Some("it broke"))
    );
    assert_eq!(
        (trace.usage.input_tokens, trace.usage.output_tokens),
        (30, 12)
    );
    assert_eq!((trace.model.as_str(), trace.duration_ms), ("m", 3_600_600));
    let names: Vec<_> = trace
        .steps
        .iter()
        .map(|step| match &step.data {
            StepData::Span(span) => span.name.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["span 1", "span 2", "span 3"]);
    let filter = TraceFilter {
        limit: 10,
        ..TraceFilter::default()
    };
    assert_eq!(db.store.list_traces(&acme, &filter).await?.items.len(), 1);
    let stats = db.store.trace_stats(&acme, StatsRange::default()).await?;
    assert_eq!((stats.traces, stats.failed, stats.input_tokens), (1, 1, 30));
    assert_eq!(stats.duration_ms, 3_600_600);
    // It moved to the hour in which its root began.
    let later = StatsRange {
        from: Some(trace.started_at + TimeDelta::hours(1)),
        to: None,
    };
    assert_eq!(db.store.trace_stats(&acme, later).await?.traces, 0);
    assert_eq!(entries_of(&db, &acme, AuditEvent::SpansIngested).await?, 2);
    db.ensure_whole().await
}

async fn a_span_that_comes_again_changes_nothing(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let spans = [
        span(7, 1, 0, 0, &chat(10, 5)),
        span(7, 2, 1, 10, &chat(1, 1)),
    ];
    export(&db, &acme, &spans).await?;
    let before = tables(&db).find_trace(&acme, id(7)).await?;
    let again = export(&db, &acme, &spans).await?;
    assert_eq!((again.recorded.added, again.recorded.known), (0, 2));
    assert_eq!(tables(&db).find_trace(&acme, id(7)).await?, before);
    assert_eq!(entries_of(&db, &acme, AuditEvent::SpansIngested).await?, 1);
    // Twice in one request counts once, and a new one beside known ones is kept.
    let more = span(7, 3, 1, 20, &json!([]));
    let mixed = [spans[0].clone(), more.clone(), more];
    let mixed = export(&db, &acme, &mixed).await?;
    assert_eq!((mixed.recorded.added, mixed.recorded.known), (1, 1));
    Ok(())
}

async fn no_attribute_is_lost(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let mut sent = span(7, 1, 0, 0, &chat(10, 5));
    sent["attributes"] = json!([
        {"key": "nested", "value": {"kvlistValue": {"values": [{"key": "ä", "value": {"arrayValue": {"values": [{"boolValue": true}, {"bytesValue": "AAE="}]}}}]}}},
        {"key": "nul", "value": {"stringValue": "a\u{0}b"}},
        {"key": "twice", "value": {"intValue": "1"}},
        {"key": "twice", "value": {"intValue": "9223372036854775807"}},
    ]);
    sent["events"] = json!([{"timeUnixNano": "1", "name": "gen_ai.choice", "attributes": [{"key": "index", "value": {"intValue": "0"}}]}]);
    sent["links"] = json!([{"traceId": "0102", "spanId": "03", "attributes": []}]);
    sent["traceState"] = json!("a=b");
    sent["flags"] = json!(257);
    sent["fromTheFuture"] = json!({"x": [1.5]});
    export(&db, &acme, std::slice::from_ref(&sent)).await?;
    let trace = tables(&db)
        .find_trace(&acme, id(7))
        .await?
        .context("a trace")?;
    let StepData::Span(kept) = &trace.steps[0].data else {
        panic!("{:?}", trace.steps);
    };
    assert_eq!(kept.span, sent);
    let service = kept
        .source
        .pointer("/resource/attributes/0/value/stringValue");
    assert_eq!(service, Some(&json!("shop")));
    assert_eq!(kept.source.pointer("/scope/version"), Some(&json!("1")));
    Ok(())
}

async fn nothing_that_is_redacted_is_in_the_database(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let mut sent = span(
        7,
        1,
        0,
        0,
        &json!([
            text("gen_ai.operation.name", "chat"),
            text(
                "gen_ai.prompt.0.content",
                "I am bob@example.com, call +1 415 555 2671"
            ),
            text("gen_ai.completion.0.content", "Hello bob@example.com"),
            text("db.password", "hunter2"),
        ]),
    );
    sent["name"] = json!("ask bob@example.com");
    sent["status"] = json!({"code": 2, "message": "no bob@example.com"});
    sent["events"] =
        json!([{"name": "bob@example.com", "attributes": [text("to", "bob@example.com")]}]);
    export(&db, &acme, &[sent]).await?;
    let trace = tables(&db)
        .find_trace(&acme, id(7))
        .await?
        .context("a trace")?;
    assert_eq!(trace.input_message, "I am [EMAIL], call [PHONE]");
    assert_eq!(trace.output_message.as_deref(), Some("Hello [EMAIL]"));
    assert_eq!(trace.redactions.get("EMAIL"), Some(&6));
    let said = serde_json::to_string(&trace)?;
    let reader = db.store.reader();
    let rows = otel_span::Entity::find().all(reader).await?;
    let kept = rows.iter().map(|row| row.document.as_str());
    let traces = trace::Entity::find().all(reader).await?;
    let kept = kept.chain(traces.iter().map(|row| row.document.as_str()));
    for text in kept.chain([said.as_str()]) {
        for secret in ["bob@", "555 2671", "hunter2"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    Ok(())
}

async fn the_same_trace_id_is_another_trace_in_another_tenant(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    for (scope, input) in [(&acme, 10), (&globex, 20)] {
        let done = export(&db, scope, &[span(7, 1, 0, 0, &chat(input, 1))]).await?;
        assert_eq!((done.recorded.added, done.recorded.begun), (1, 1));
        let trace = tables(&db)
            .find_trace(scope, id(7))
            .await?
            .context("a trace")?;
        assert_eq!((trace.steps.len(), trace.usage.input_tokens), (1, input));
    }
    Ok(())
}

async fn spans_do_not_change_the_trace_of_a_governed_run(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = db.admit(&acme, usd("0.01")).await?;
    db.store
        .settle_run(db.make.settlement(&run, Charge::Actual(usd("0.01"))))
        .await?;
    let before = tables(&db).find_trace(&acme, run.trace).await?;
    let mut forged = span(7, 1, 0, 0, &chat(1_000, 1_000));
    forged["traceId"] = json!(run.trace.as_uuid().simple().to_string());
    let done = export(&db, &acme, &[forged]).await?;
    assert_eq!((done.recorded.added, done.recorded.begun), (1, 0));
    assert_eq!(tables(&db).find_trace(&acme, run.trace).await?, before);
    db.ensure_whole().await
}

async fn spans_that_come_before_their_run_ends_do_not_keep_it_from_ending(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = db.admit(&acme, usd("0.01")).await?;
    let mut early = span(7, 1, 0, 0, &chat(1_000, 1_000));
    early["traceId"] = json!(run.trace.as_uuid().simple().to_string());
    let done = export(&db, &acme, &[early]).await?;
    assert_eq!((done.recorded.added, done.recorded.begun), (1, 1));
    let end = db.make.settlement(&run, Charge::Actual(usd("0.01")));
    db.store.settle_run(end).await?;
    let trace = tables(&db)
        .find_trace(&acme, run.trace)
        .await?
        .context("a trace")?;
    assert_eq!(
        (trace.source, trace.usage.input_tokens),
        (TraceSource::Run, 100)
    );
    let stats = db.store.trace_stats(&acme, StatsRange::default()).await?;
    assert_eq!((stats.traces, stats.input_tokens), (1, 100));
    db.ensure_whole().await
}

async fn thousands_of_spans_come_in_one_request(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let spans: Vec<Value> = (0..2_500_u16)
        .map(|n| {
            span(
                u8::try_from(n % 100 + 1).expect("small"),
                n + 1,
                0,
                0,
                &json!([]),
            )
        })
        .collect();
    let done = export(&db, &acme, &spans).await?;
    assert_eq!((done.recorded.added, done.recorded.begun), (2_500, 100));
    let stats = db.store.trace_stats(&acme, StatsRange::default()).await?;
    assert_eq!(stats.traces, 100);
    let again = export(&db, &acme, &spans).await?;
    assert_eq!((again.recorded.added, again.recorded.known), (0, 2_500));
    Ok(())
}
