//! Says what a write costs the processor: runs that are opened and settled by many callers at once, on SQLite.
//!
//! `cargo run --profile bench-fast -p clasper-store-suite --example write_cost -- [callers] [runs per caller]`

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clasper_runtime::run::{Charge, Opening, RunStore, Settled};
use clasper_testkit::{TestDatabase, usd};
use futures::future::try_join_all;
use tokio_util::task::TaskTracker;

/// Processor time of this process so far, in clock ticks of 10 ms (proc(5), fields 14 and 15 of `stat`).
fn processor_ms() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().context("a name in brackets")?;
    let fields: Vec<_> = after_name.split_whitespace().collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks * 10)
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| -> Result<usize> {
        Ok(arguments.next().map_or(Ok(default), |a| a.parse())?)
    };
    let (callers, runs) = (number(12)?, number(1000)?);
    let db = TestDatabase::sqlite().await?;
    let mut tenants = Vec::new();
    for n in 0..4 {
        let scope = db
            .tenant_with_budget(&format!("tenant-{n}"), usd("1000000"))
            .await?;
        tenants.push(scope);
    }
    let mut work = Vec::new();
    for caller in 0..callers {
        let scope = &tenants[caller % tenants.len()];
        let mut own = Vec::with_capacity(runs);
        for _ in 0..runs {
            let opening = db.make.opening(scope, usd("0.01"));
            let end = db.make.settlement(&opening, Charge::Actual(usd("0.01")));
            own.push((opening, end));
        }
        work.push(own);
    }
    let (begun, before) = (Instant::now(), processor_ms()?);
    let tracker = TaskTracker::new();
    let tasks = work.into_iter().map(|own| {
        let store = db.store.clone();
        tracker.spawn(async move {
            for (opening, end) in own {
                let opened = store.open_run(opening).await?;
                ensure!(matches!(opened, Opening::Admitted { .. }), "{opened:?}");
                let settled = store.settle_run(end).await?;
                ensure!(matches!(settled, Settled::Charged(_)), "{settled:?}");
            }
            Ok(())
        })
    });
    for done in try_join_all(tasks).await? {
        done?;
    }
    let (wall, used) = (begun.elapsed(), processor_ms()? - before);
    let writes = (callers * runs * 2) as u64;
    println!(
        "{writes} writes: {} µs of processor time each, {} writes a second",
        used * 1000 / writes,
        u128::from(writes) * 1000 / wall.as_millis().max(1),
    );
    db.ensure_whole().await
}
