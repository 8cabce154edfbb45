//! Says how many audit entries a second become durable: many tenants, batched requests, on SQLite.
//!
//! `cargo run --profile bench-fast -p clasper-store-log --example append_rate -- [tenants] [callers] [requests of a caller] [entries of a
//! request] [file to keep the database in]`

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clasper_core::{AuditEntry, AuditEvent};
use clasper_store_log::ServerEvents;
use clasper_testkit::TestDatabase;
use futures::future::try_join_all;
use serde_json::json;
use tokio_util::task::TaskTracker;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: usize| -> Result<usize> {
        let given = arguments.get(place);
        Ok(given.map_or(Ok(default), |given| given.parse())?)
    };
    let (tenants, callers) = (number(0, 64)?, number(1, 32)?);
    let (requests, batch) = (number(2, 100)?, number(3, 50)?);
    let db = TestDatabase::sqlite().await?;
    let mut scopes = Vec::new();
    for n in 0..tenants {
        scopes.push(db.tenant(&format!("tenant-{n}")).await?);
    }
    // As an execution's entry is: a dozen members, half a kilobyte.
    let said = json!({
        "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "intent_hash": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "effect": "allow", "reason": "permitted", "tool": "search", "adapter_id": "openclaw-local", "risk_level": "low",
        "policy_bundle_hash": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    });
    let mut work: Vec<Vec<Vec<AuditEntry>>> = Vec::new();
    for caller in 0..callers {
        let request = |n: usize| {
            let scope = &scopes[(caller + n * callers) % tenants];
            let entry = || db.make.entry(scope, AuditEvent::BudgetWarning, &said);
            (0..batch).map(|_| entry()).collect()
        };
        work.push((0..requests).map(request).collect());
    }
    let begun = Instant::now();
    let tracker = TaskTracker::new();
    let tasks = work.into_iter().map(|own| {
        let events = ServerEvents::new(db.store.clone());
        tracker.spawn(async move {
            let mut written = 0;
            for request in own {
                written += events.record(request).await?;
            }
            anyhow::Ok(written)
        })
    });
    let mut written = 0;
    for done in try_join_all(tasks).await? {
        written += done?;
    }
    let wall = begun.elapsed();
    let rate = u128::from(written) * 1000 / wall.as_millis().max(1);
    println!(
        "{written} entries of {tenants} tenants, {batch} a request, {callers} callers: {rate} durable entries a second"
    );
    db.ensure_whole().await?;
    let stopped = db.stop().await;
    if let Some(kept) = arguments.get(4) {
        std::fs::copy(stopped.file().context("a file")?, kept)?;
    }
    ensure!(written == (callers * requests * batch) as u64, "{written}");
    Ok(())
}
