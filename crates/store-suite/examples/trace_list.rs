//! Says how long a page of traces and their totals take when there are very many, on SQLite.
//!
//! `cargo run --profile bench-fast -p clasper-store-suite --example trace_list -- [traces] [steps in each]`

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clasper_core::{TenantScope, Timestamp};
use clasper_entity::{trace_count, trace_total};
use clasper_testkit::{TestDatabase, usd};
use clasper_tracing::{
    RunStatus, StatsRange, StepData, StepRecorder, Trace, TraceFilter, TraceStore,
};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;

/// How often each question is asked.
const TIMES: usize = 200;
/// From one start to the next: a million are some three months.
const APART_MICROS: i64 = 8_000_000;

fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn sample(db: &TestDatabase, scope: &TenantScope, steps: usize) -> Trace {
    let mut trace = *db.make.opening(scope, usd("0.01")).draft;
    trace.input_message = "Where is my parcel? ".repeat(10);
    trace.output_message = Some("It is on its way. ".repeat(20));
    let mut recorder = StepRecorder::default();
    for n in 0..steps {
        let call = StepData::ToolCall {
            tool_call_id: n.to_string(),
            tool_name: "parcels.find".into(),
            arguments: json!({"order": n, "note": "x".repeat(200)}),
            permitted: true,
            permission_reason: "permitted".into(),
            decision_id: "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c13".into(),
        };
        recorder.push(trace.started_at, 3, call);
    }
    trace.steps = recorder.into_steps();
    trace
}

/// Fills the tables as the writer does, without its audit entries: what lists read is the same.
async fn fill(db: &TestDatabase, scope: &TenantScope, count: usize, steps: usize) -> Result<()> {
    let sample = sample(db, scope, steps);
    let begun = sample.started_at.timestamp_micros();
    let document = serde_json::to_string(&sample)?.replace('\'', "''");
    let writer = db.database().writer();
    let traces = format!(
        "INSERT INTO traces (tenant_id, trace_id, workspace_id, agent_role, status, started_at, cost_nanos, document, duration_ms, \
         input_tokens, output_tokens, failed) \
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) \
         SELECT 'acme', unhex(printf('%032x', i)), iif(i % 2, 'support', 'shop'), \
         iif(i % 3 = 0, 'night', iif(i % 3 = 1, 'lead', 'helper')), \
         iif(i % 1000 = 0, 'denied', iif(i % 10 = 0, 'failed', 'completed')), {begun} + i * {APART_MICROS}, 10000000, '{document}', \
         1200, 100, 20, i % 10 = 0 FROM n"
    );
    writer.execute_unprepared(&traces).await?;
    for span in [3_600_000_000_i64, 86_400_000_000] {
        let counts = format!(
            "INSERT INTO trace_counts (tenant_id, span, starts_at, workspace_id, agent_role, status, traces) \
             SELECT tenant_id, {span}, started_at / {span} * {span}, workspace_id, agent_role, status, COUNT(*) FROM traces \
             GROUP BY 1, 3, 4, 5, 6"
        );
        writer.execute_unprepared(&counts).await?;
    }
    let totals = "INSERT INTO trace_totals \
        (tenant_id, starts_at, traces, failed, input_tokens, output_tokens, cost_nanos, duration_ms) \
        SELECT tenant_id, started_at / 3600000000 * 3600000000, COUNT(*), SUM(failed), SUM(input_tokens), SUM(output_tokens), \
        SUM(cost_nanos), SUM(duration_ms) FROM traces GROUP BY 1, 2";
    writer.execute_unprepared(totals).await?;
    Ok(())
}

/// The middle and the 99th of a hundred.
fn shown(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    format!("median {:?}, p99 {:?}", at(50), at(99))
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: usize| -> Result<usize> {
        Ok(arguments.next().map_or(Ok(default), |a| a.parse())?)
    };
    let (count, steps) = (argument(1_000_000)?, argument(4)?);
    let db = TestDatabase::sqlite().await?;
    let scope = db.tenant("acme").await?;
    let begun = Instant::now();
    fill(&db, &scope, count, steps).await?;
    let rows = trace_count::Entity::find()
        .all(db.database().reader())
        .await?
        .len();
    let hours = trace_total::Entity::find()
        .all(db.database().reader())
        .await?
        .len();
    let file = db.file().context("a file")?;
    println!(
        "{count} traces of {steps} steps: {} MB, {rows} counts, {hours} totals, filled in {:?}",
        std::fs::metadata(file)?.len() / 1_000_000,
        begun.elapsed(),
    );
    let page = TraceFilter {
        limit: 50,
        ..TraceFilter::default()
    };
    let start = db.make.now();
    let middle = start.timestamp_micros() + number(count / 2) * APART_MICROS;
    let middle = Timestamp::from_timestamp_micros(middle);
    let questions = [
        ("newest", page.clone()),
        (
            "of a role that failed",
            TraceFilter {
                agent_role: Some("night".to_owned()),
                status: Some(RunStatus::Failed),
                ..page.clone()
            },
        ),
        (
            "of a status that is rare",
            TraceFilter {
                status: Some(RunStatus::Denied),
                ..page.clone()
            },
        ),
        (
            "up to the middle",
            TraceFilter {
                started_to: middle,
                ..page.clone()
            },
        ),
    ];
    for (name, filter) in &questions {
        let (mut pages, mut totals, mut total) = (Vec::new(), Vec::new(), 0);
        for _ in 0..TIMES {
            let asked = Instant::now();
            let found = db.store.list_traces(&scope, filter).await?;
            pages.push(asked.elapsed());
            ensure!(found.items.len() == 50, "{name}: {}", found.items.len());
            let asked = Instant::now();
            total = db.store.count_traces(&scope, filter).await?;
            totals.push(asked.elapsed());
        }
        println!(
            "{name}: page of 50: {}; total {total}: {}",
            shown(pages),
            shown(totals)
        );
    }
    for (name, range) in [
        ("of all time", StatsRange::default()),
        (
            "up to the middle",
            StatsRange {
                from: None,
                to: middle,
            },
        ),
    ] {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let asked = Instant::now();
            let stats = db.store.trace_stats(&scope, range).await?;
            times.push(asked.elapsed());
            ensure!(stats.traces > 0, "no totals");
        }
        println!("stats {name}: {}", shown(times));
    }
    Ok(())
}
