//! Makes a database with one long log: finished runs, each with its decision, outcome, two movements of money and a trace. For measurements
//! of verification and export.
//!
//! `cargo run --profile bench-fast -p clasper-store-log --example big_log -- FILE [entries]`

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clasper_runtime::run::{Charge, Opening, RunStore as _, Settled};
use clasper_testkit::{TestDatabase, usd};
use futures::future::try_join_all;

/// Runs at the same time: they share commits.
const CALLERS: usize = 256;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().context("name the file to write")?;
    let entries: usize = arguments.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let db = TestDatabase::sqlite().await?;
    let scope = db.tenant_with_budget("acme", usd("1000000")).await?;
    let begun = Instant::now();
    let mut written = 2;
    while written < entries {
        let runs = CALLERS.min((entries - written).div_ceil(2));
        let one = async || {
            let opening = db.make.opening(&scope, usd("0.01"));
            let end = db.make.settlement(&opening, Charge::Actual(usd("0.01")));
            let opened = db.store.open_run(opening).await?;
            ensure!(matches!(opened, Opening::Admitted { .. }), "{opened:?}");
            let settled = db.store.settle_run(end).await?;
            ensure!(matches!(settled, Settled::Charged(_)), "{settled:?}");
            Ok(())
        };
        try_join_all((0..runs).map(|_| one())).await?;
        written += 2 * runs;
    }
    println!("{written} entries in {:?}", begun.elapsed());
    let stopped = db.stop().await;
    std::fs::copy(stopped.file().context("a file")?, file)?;
    Ok(())
}
