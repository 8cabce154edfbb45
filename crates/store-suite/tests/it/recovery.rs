//! Runs whose process is gone.

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{AuditEvent, InstanceId, Usd};
use clasper_runtime::run::{Charge, RunEnd, RunStore, Settled};
use clasper_testkit::{TestDatabase, both, usd};

use crate::support::entries_of;

both!(
    only_runs_of_silent_processes_are_orphaned,
    a_process_that_never_said_it_lives_counts_as_silent,
    an_orphan_is_closed_once,
);

async fn only_runs_of_silent_processes_are_orphaned(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (own, other) = (db.make.instance(), InstanceId::generate(db.make.ids()));
    let begun = db.make.now();
    let (run, hold) = db.admit(&acme, usd("0.5")).await?;
    db.store.beat(own, begun).await?;
    let since = begun - TimeDelta::microseconds(1);
    assert!(
        db.store.orphaned_runs(other, since, 10).await?.is_empty(),
        "it lives"
    );
    let orphans = db.store.orphaned_runs(other, begun, 10).await?;
    assert_eq!(orphans.len(), 1);
    let orphan = &orphans[0];
    assert_eq!((orphan.execution, orphan.instance), (run.execution, own));
    assert_eq!((orphan.hold, &orphan.draft), (hold, &run.draft));
    assert_eq!(orphan.scope, acme);
    assert!(
        db.store.orphaned_runs(own, begun, 10).await?.is_empty(),
        "its own"
    );
    db.store.beat(own, begun + TimeDelta::seconds(1)).await?;
    assert!(
        db.store.orphaned_runs(other, begun, 10).await?.is_empty(),
        "it lives again"
    );
    Ok(())
}

async fn a_process_that_never_said_it_lives_counts_as_silent(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    for _ in 0..3 {
        db.admit(&acme, usd("0.5")).await?;
    }
    let other = InstanceId::generate(db.make.ids());
    let orphans = db.store.orphaned_runs(other, db.make.now(), 2).await?;
    assert_eq!(orphans.len(), 2, "no more than asked for");
    Ok(())
}

async fn an_orphan_is_closed_once(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    let replica = db.second_store().await?;
    let closing = || {
        let mut end = db.make.settlement(&run, Charge::Estimated);
        end.end = RunEnd::Recovered;
        end
    };
    let (a, b) = futures::future::try_join(
        db.store.settle_run(closing()),
        replica.settle_run(closing()),
    )
    .await?;
    let charged = [a, b]
        .into_iter()
        .filter(|s| *s == Settled::Charged(usd("0.5")));
    assert_eq!(charged.count(), 1, "{a:?} {b:?}");
    let usage = db.account(&acme).await?.usage;
    assert_eq!((usage.cost, usage.held), (usd("0.5"), Usd::ZERO));
    assert_eq!(
        entries_of(&db, &acme, AuditEvent::AgentExecutionRecovered).await?,
        1
    );
    db.ensure_whole().await
}
