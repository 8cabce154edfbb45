//! Says what a span costs from the bytes of its exporter to the disk: read, redacted, durable on SQLite.
//!
//! `cargo run --profile bench-fast -p clasper-store-spans --example span_cost -- [exporters] [requests each] [spans a request]`

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clasper_core::{
    Caller, Credential, ManualClock, Principal, Role, Sha256Digest, SystemIds, TenantScope,
    TraceId, UserId, WorkspaceId,
};
use clasper_otlp::{Encoding, SpanIntake};
use clasper_privacy::Redactions;
use clasper_redaction::Redactor;
use clasper_store_spans::SpanTables;
use clasper_testkit::TestDatabase;
use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

/// Processor time of this process so far, in clock ticks of 10 ms (proc(5), fields 14 and 15 of `stat`).
fn processor_ms() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().context("a name in brackets")?;
    let fields: Vec<_> = after_name.split_whitespace().collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks * 10)
}

/// A call of a model as instrumentations write it, without contents. Ten spans are a trace.
fn span(exporter: usize, n: usize) -> Value {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let number =
        |key: &str, value: u64| json!({"key": key, "value": {"intValue": value.to_string()}});
    json!({
        "traceId": format!("{:016x}{:016x}", exporter + 1, n / 10 + 1), "spanId": format!("{:016x}", n + 1),
        "parentSpanId": "", "name": "chat gpt-4o-mini", "kind": 3,
        "startTimeUnixNano": "1795176000000000000", "endTimeUnixNano": "1795176001500000000",
        "attributes": [
            text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o-mini"), text("gen_ai.response.model", "gpt-4o-mini-2024-07-18"),
            text("gen_ai.response.id", "chatcmpl-AbCdEfGhIj"), number("gen_ai.usage.input_tokens", 120),
            number("gen_ai.usage.output_tokens", 30), text("server.address", "api.openai.com"),
        ],
        "status": {},
    })
}

fn request(exporter: usize, first: usize, spans: usize) -> Vec<u8> {
    let spans: Vec<_> = (first..first + spans).map(|n| span(exporter, n)).collect();
    let service = json!({"key": "service.name", "value": {"stringValue": "shop"}});
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [service]}, "scopeSpans": [{"scope": {"name": "x"}, "spans": spans}],
    }]});
    body.to_string().into_bytes()
}

fn caller(scope: &TenantScope) -> Result<Caller> {
    Ok(Caller {
        principal: Principal {
            tenant: scope.tenant().clone(),
            user: Some(UserId::new("exporter")?),
            permissions: Role::Agent.permissions(),
            credential: Credential::TenantToken(Sha256Digest::of(b"exporter")),
            allowed_tools: None,
        },
        trace: TraceId::generate(&SystemIds),
    })
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| -> Result<usize> {
        Ok(arguments.next().map_or(Ok(default), |a| a.parse())?)
    };
    let (exporters, requests, spans) = (number(8)?, number(25)?, number(500)?);
    let db = TestDatabase::sqlite().await?;
    let (clock, ids) = (
        Arc::new(ManualClock::at(db.make.now())),
        Arc::new(SystemIds),
    );
    let intake = SpanIntake::new(
        Arc::new(SpanTables::new(db.store.clone())),
        Redactions::fixed(Redactor::standard(), clock.clone(), ids.clone()),
        WorkspaceId::new("default")?,
        clock,
        ids,
    );
    let mut tenants = Vec::new();
    for n in 0..4 {
        tenants.push(db.tenant(&format!("tenant-{n}")).await?);
    }
    let mut work = Vec::new();
    for exporter in 0..exporters {
        let scope = &tenants[exporter % tenants.len()];
        let bodies: Vec<_> = (0..requests)
            .map(|n| request(exporter, n * spans, spans))
            .collect();
        work.push((caller(scope)?, bodies));
    }
    let (begun, before) = (Instant::now(), processor_ms()?);
    let tracker = TaskTracker::new();
    let tasks = work.into_iter().map(|(caller, bodies)| {
        let intake = intake.clone();
        tracker.spawn(async move {
            for body in bodies {
                let done = intake.take(&caller, &body, Encoding::Json).await?;
                ensure!(done.rejected == 0, "not everything was kept");
                ensure!(done.recorded.added == spans as u64, "something was known");
            }
            Ok(())
        })
    });
    for done in try_join_all(tasks).await? {
        done?;
    }
    let (wall, used) = (begun.elapsed(), processor_ms()? - before);
    let all = (exporters * requests * spans) as u64;
    println!(
        "{all} spans: {} ns of processor time each, {} spans a second",
        used * 1_000_000 / all.max(1),
        u128::from(all) * 1_000 / wall.as_millis().max(1),
    );
    Ok(())
}
