//! What several of the tests need.

use anyhow::{Result, bail};
use clasper_core::{AuditEvent, TenantScope, Usd};
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_runtime::run::{Charge, Opening, RunStore, Settled};
use clasper_store::Store;
use clasper_testkit::{Maker, TestDatabase};

/// Opens a run and settles it for exactly what it asked; waits for held money. Says whether it was admitted.
pub(crate) async fn run_to_its_end(
    store: &Store,
    make: &Maker,
    scope: &TenantScope,
    cost: Usd,
) -> Result<bool> {
    loop {
        let opening = make.opening(scope, cost);
        match store.open_run(opening.clone()).await? {
            Opening::Admitted { hold, .. } if hold == cost => {
                let end = make.settlement(&opening, Charge::Actual(cost));
                return match store.settle_run(end).await? {
                    Settled::Charged(charged) if charged == cost => Ok(true),
                    other => bail!("settled otherwise: {other:?}"),
                };
            }
            Opening::Denied(_) => return Ok(false),
            Opening::Wait => tokio::task::yield_now().await,
            other => bail!("neither admitted, denied nor told to wait: {other:?}"),
        }
    }
}

/// Spends `cost` in one run.
pub(crate) async fn spend(db: &TestDatabase, scope: &TenantScope, cost: Usd) -> Result<()> {
    let admitted = run_to_its_end(&db.store, &db.make, scope, cost).await?;
    anyhow::ensure!(admitted, "the budget did not cover {cost}");
    Ok(())
}

/// How many entries about `event` the tenant's log has.
pub(crate) async fn entries_of(
    db: &TestDatabase,
    scope: &TenantScope,
    event: AuditEvent,
) -> Result<usize> {
    let filter = AuditFilter {
        event: Some(event),
        limit: 1000,
        ..AuditFilter::default()
    };
    Ok(db.store.list_audit(scope, &filter).await?.items.len())
}
