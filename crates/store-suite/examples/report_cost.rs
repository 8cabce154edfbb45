//! Says what a reported event costs: batches of events from several adapters at once, durable on SQLite.
//!
//! `cargo run --profile bench-fast -p clasper-store-suite --example report_cost -- [adapters] [batches each] [events per batch]`

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clasper_core::{
    AdapterId, AuditEntryId, ExecutionKey, Sha256Digest, SystemIds, TenantScope, Timestamp,
    TraceId, WorkspaceId,
};
use clasper_reports::{
    AuditReport, Body, MetricsReport, Recorded, Report, ReportBatch, ReportStore,
};
use clasper_testkit::{TestDatabase, usd};
use futures::future::try_join_all;
use serde_json::json;
use tokio_util::task::TaskTracker;

/// Processor time of this process so far, in clock ticks of 10 ms (proc(5), fields 14 and 15 of `stat`).
fn processor_ms() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().context("a name in brackets")?;
    let fields: Vec<_> = after_name.split_whitespace().collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks * 10)
}

/// Every tenth report is of metrics, the others are events.
fn report(adapter: usize, n: usize, now: Timestamp) -> Result<Report> {
    let id = format!("{adapter}-{n:09}");
    let body = if n.is_multiple_of(10) {
        Body::Metrics(MetricsReport {
            step_count: 0,
            duration_ms: 12,
            recorded_at: now,
        })
    } else {
        Body::Audit(AuditReport {
            event_type: "tool_execution_completed".to_owned(),
            message: Some("Tool \"read\" executed successfully".to_owned()),
            data: Some(json!({"tool": "read", "tool_group": null, "duration_ms": 192})),
            occurred_at: Some(now),
        })
    };
    Ok(Report {
        key: format!("id/{id}"),
        content: Sha256Digest::of(id.as_bytes()),
        execution: ExecutionKey::new(&format!("run-{}", n / 100))?,
        trace: TraceId::generate(&SystemIds),
        signed_by: None,
        body,
        entry: AuditEntryId::generate(&SystemIds),
    })
}

fn batch(
    scope: &TenantScope,
    adapter: usize,
    reports: Vec<Report>,
    now: Timestamp,
) -> Result<ReportBatch> {
    Ok(ReportBatch {
        scope: scope.clone(),
        adapter: AdapterId::new(&format!("adapter-{adapter}"))?,
        workspace: WorkspaceId::new("main")?,
        actor: format!("adapter:adapter-{adapter}"),
        reports,
        notes: Vec::new(),
        now,
    })
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| -> Result<usize> {
        Ok(arguments.next().map_or(Ok(default), |a| a.parse())?)
    };
    let (adapters, batches, events) = (number(8)?, number(50)?, number(500)?);
    let db = TestDatabase::sqlite().await?;
    let now = db.make.now();
    let mut tenants = BTreeMap::new();
    for n in 0..4 {
        let scope = db
            .tenant_with_budget(&format!("tenant-{n}"), usd("1000"))
            .await?;
        tenants.insert(n, scope);
    }
    let mut work = Vec::new();
    for adapter in 0..adapters {
        let scope = &tenants[&(adapter % tenants.len())];
        let mut own = Vec::with_capacity(batches);
        for n in 0..batches {
            let reports = (n * events..(n + 1) * events).map(|n| report(adapter, n, now));
            own.push(batch(scope, adapter, reports.collect::<Result<_>>()?, now)?);
        }
        work.push(own);
    }
    let (begun, before) = (Instant::now(), processor_ms()?);
    let tracker = TaskTracker::new();
    let tasks = work.into_iter().map(|own| {
        let store = db.store.clone();
        tracker.spawn(async move {
            for batch in own {
                let recorded = store.record(batch).await?;
                let stored = recorded.iter().all(|r| matches!(r, Recorded::Stored(_)));
                ensure!(stored, "not everything was stored");
            }
            Ok(())
        })
    });
    for done in try_join_all(tasks).await? {
        done?;
    }
    let (wall, used) = (begun.elapsed(), processor_ms()? - before);
    let all = (adapters * batches * events) as u64;
    println!(
        "{all} events: {} ns of processor time each, {} events a second",
        used * 1_000_000 / all,
        u128::from(all) * 1000 / wall.as_millis().max(1),
    );
    db.ensure_whole().await
}
