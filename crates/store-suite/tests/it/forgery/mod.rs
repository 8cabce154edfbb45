//! Verification: whoever changes the database behind the store's back is noticed, and the first bad place is named.

mod account;
mod backup;
mod entry;
mod pair;
mod scope;

use anyhow::{Context, Result, ensure};
use clasper_governance::Effect;
use clasper_runtime::run::{Charge, Opening, RunStore};
use clasper_testkit::{TestDatabase, both, usd};

use crate::forgery::backup::Backup;
use crate::support::spend;

both!(an_untouched_database_is_whole);

/// The places of some entries in the log that [`History::write`] makes for acme.
const BUDGET_SET: i64 = 2;
const STARTED: i64 = 3;
const EXTENDED: i64 = 4;
const GRANTED: i64 = 5;
const CALLED: i64 = 6;
const COMPLETED: i64 = 7;
const DENIED: i64 = 8;
const LAST: i64 = 9;

/// A database that was written properly, and how to bring it back.
struct History {
    db: TestDatabase,
    backup: Backup,
}

impl History {
    /// Two tenants with budgets; acme has a finished run with an effect, a refused run and an open one.
    async fn write(db: TestDatabase) -> Result<Self> {
        let acme = db.tenant_with_budget("acme", usd("1")).await?;
        let (run, _) = db.admit(&acme, usd("0.5")).await?;
        db.store
            .extend_hold(db.make.extension(&run, usd("0.1")))
            .await?;
        let effect = db.make.effect(&run, Effect::Allow);
        db.store.decide_effect(effect.clone()).await?;
        db.store
            .record_effect(db.make.effect_outcome(&effect))
            .await?;
        let end = db.make.settlement(&run, Charge::Actual(usd("0.6")));
        db.store.settle_run(end).await?;
        let denied = db
            .store
            .open_run(db.make.opening(&acme, usd("0.5")))
            .await?;
        ensure!(matches!(denied, Opening::Denied(_)), "{denied:?}");
        db.admit(&acme, usd("0.2")).await?;
        let globex = db.tenant_with_budget("globex", usd("1")).await?;
        spend(&db, &globex, usd("0.1")).await?;
        db.ensure_whole().await?;
        let backup = Backup::of(db.database()).await?;
        Ok(Self { db, backup })
    }

    /// Insists that a change is noticed as `expected` before anything else, and of acme alone; then undoes it.
    async fn notices(
        &self,
        what: &str,
        change: impl Future<Output = Result<()>>,
        expected: &str,
    ) -> Result<()> {
        change.await.with_context(|| what.to_owned())?;
        let report = self.db.verify().await?;
        for tenant in &report.tenants {
            let first = tenant.faults.first().map_or("", String::as_str);
            if tenant.tenant == "acme" {
                ensure!(first.contains(expected), "{what}: {:#?}", tenant.faults);
            } else {
                ensure!(first.is_empty(), "{what}: {} is blamed too", tenant.tenant);
            }
        }
        ensure!(!report.is_whole(), "{what} went unnoticed");
        self.backup.restore(self.db.database()).await
    }

    async fn end(self) -> Result<()> {
        self.db.ensure_whole().await
    }
}

async fn an_untouched_database_is_whole(db: TestDatabase) -> Result<()> {
    let history = History::write(db).await?;
    let report = history.db.verify().await?;
    let names: Vec<_> = report.tenants.iter().map(|t| t.tenant.as_str()).collect();
    assert_eq!(names, ["acme", "globex"]);
    let acme = &report.tenants[0];
    assert_eq!(
        (acme.entries, acme.ledger_rows, acme.open_decisions),
        (LAST, 4, 1)
    );
    let only = clasper_store_verify::verify_all(history.db.database(), Some("globex")).await?;
    assert_eq!(only.tenants, report.tenants[1..]);
    history.end().await
}
