//! Writes that share a transaction: one that cannot be written takes no other down with it.

use anyhow::Result;
use clasper_core::{StoreError, TenantId, TenantScope};
use clasper_db::{Dialect, lock_rows};
use clasper_entity::tenant;
use clasper_runtime::run::{Charge, Opening, RunOpening, RunStore, Settled};
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::{join, join_all, try_join_all};
use sea_orm::{EntityTrait, QueryTrait};

both!(
    a_write_that_violates_a_key_is_refused_alone,
    a_run_of_an_unknown_tenant_is_refused_alone,
    a_settlement_whose_trace_id_is_taken_is_refused_alone,
    writes_that_waited_for_the_database_are_all_written,
    a_settlement_may_share_a_group_with_openings,
);

/// Thirty openings at once share a group; the one at fault is among them.
async fn one_at_fault(db: &TestDatabase, acme: &TenantScope, fault: RunOpening) -> Result<()> {
    let mut openings: Vec<_> = (0..30)
        .map(|_| db.make.opening(acme, usd("0.01")))
        .collect();
    openings.insert(15, fault);
    let answers = join_all(openings.into_iter().map(|o| db.store.open_run(o))).await;
    for (place, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(Opening::Admitted { .. }) => assert_ne!(place, 15),
            Err(StoreError::Refused(_)) => assert_eq!(place, 15),
            other => anyhow::bail!("opening {place}: {other:?}"),
        }
    }
    assert_eq!(db.account(acme).await?.usage.held, usd("0.31"));
    db.ensure_whole().await
}

async fn a_write_that_violates_a_key_is_refused_alone(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let (known, _) = db.admit(&acme, usd("0.01")).await?;
    let mut twin = db.make.opening(&acme, usd("0.01"));
    twin.decision = known.decision;
    one_at_fault(&db, &acme, twin).await
}

async fn a_run_of_an_unknown_tenant_is_refused_alone(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    db.admit(&acme, usd("0.01")).await?;
    let nobody = TenantScope::system(TenantId::new("nobody")?);
    let stray = db.make.opening(&nobody, usd("0.01"));
    one_at_fault(&db, &acme, stray).await
}

async fn a_settlement_whose_trace_id_is_taken_is_refused_alone(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let mut ends = Vec::new();
    for _ in 0..10 {
        let (run, _) = db.admit(&acme, usd("0.1")).await?;
        ends.push(db.make.settlement(&run, Charge::Actual(usd("0.1"))));
    }
    ends[5].trace.id = ends[4].trace.id;
    let answers = join_all(ends.into_iter().map(|end| db.store.settle_run(end))).await;
    for (place, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(settled) => assert_eq!(settled, Settled::Charged(usd("0.1"))),
            Err(StoreError::Refused(_)) => assert_eq!(place, 5),
            Err(other) => return Err(other.into()),
        }
    }
    let usage = db.account(&acme).await?.usage;
    assert_eq!((usage.cost, usage.held), (usd("0.9"), usd("0.1")));
    db.ensure_whole().await
}

async fn writes_that_waited_for_the_database_are_all_written(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let other = db.second_database().await?;
    let blocking = other.dialect().begin(other.writer()).await?;
    if other.dialect() == Dialect::Postgres {
        let mut account = tenant::Entity::find_by_id("acme");
        lock_rows(QueryTrait::query(&mut account), other.dialect());
        account.one(&blocking).await?;
    }
    let openings = (0..30).map(|_| db.store.open_run(db.make.opening(&acme, usd("0.01"))));
    let release = async {
        // The first group has begun and waits; the rest gathers behind it.
        tokio::task::yield_now().await;
        blocking.rollback().await
    };
    let (answers, released) = join(try_join_all(openings), release).await;
    released?;
    for answer in answers? {
        assert!(matches!(answer, Opening::Admitted { .. }), "{answer:?}");
    }
    other.close().await;
    db.ensure_whole().await
}

async fn a_settlement_may_share_a_group_with_openings(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let (run, _) = db.admit(&acme, usd("1")).await?;
    let end = db.make.settlement(&run, Charge::Actual(usd("0.5")));
    let opening = db.make.opening(&acme, usd("0.5"));
    let (settled, opened) = join(db.store.settle_run(end), db.store.open_run(opening)).await;
    assert_eq!(settled?, Settled::Charged(usd("0.5")));
    let opened = opened?;
    assert!(matches!(opened, Opening::Admitted { .. }), "{opened:?}");
    db.ensure_whole().await
}
