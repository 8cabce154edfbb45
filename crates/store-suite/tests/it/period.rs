//! Budget periods: they end when the clock says so, and the ledger adds up whatever is set.

use anyhow::{Context, Result};
use chrono::TimeDelta;
use clasper_core::{AuditEvent, TenantId, TenantScope, Timestamp, Usd};
use clasper_governance::{Budget, BudgetSettings};
use clasper_identity::IdentityStore;
use clasper_runtime::run::{Charge, Extension, Opening, RunStore, Settled};
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::{FutureExt, try_join_all};

use crate::support::{entries_of, spend};

both!(
    a_budget_rolls_over_at_the_tenants_midnight_and_not_before,
    money_held_over_the_boundary_is_charged_to_the_new_period,
    a_settlement_after_the_boundary_rolls_over_too,
    an_extension_after_the_boundary_sees_the_new_periods_money,
    a_run_told_to_wait_at_the_boundary_writes_nothing,
    a_period_moved_there_and_back_adds_up,
    a_roll_over_into_a_period_that_was_used_before_starts_at_nothing,
    periods_moved_within_one_group_add_up,
    an_alert_comes_again_in_the_next_period,
);

fn time(text: &str) -> Timestamp {
    text.parse().expect("the test says a time")
}

async fn budget(db: &TestDatabase, scope: &TenantScope) -> Result<Budget> {
    db.account(scope).await?.budget.context("it was set")
}

fn fixed(limit: &str, start: &str, end: &str) -> BudgetSettings {
    BudgetSettings {
        period_start: Some(time(start)),
        period_end: Some(time(end)),
        ..BudgetSettings::limited_to(usd(limit))
    }
}

async fn a_budget_rolls_over_at_the_tenants_midnight_and_not_before(
    db: TestDatabase,
) -> Result<()> {
    let (mut tenant, entry) = db.make.tenant(TenantId::new("acme")?);
    tenant.time_zone = chrono_tz::America::New_York;
    db.store.create_tenant(tenant.clone(), entry).await?;
    let acme = TenantScope::system(tenant.id);
    db.set_budget(&acme, &BudgetSettings::limited_to(usd("1")))
        .await?;
    spend(&db, &acme, usd("1")).await?;
    // December has begun in Europe, but not in New York.
    db.make.clock.set(time("2026-12-01T04:59:59.999999Z"));
    let early = db.store.open_run(db.make.opening(&acme, usd("1"))).await?;
    assert!(matches!(early, Opening::Denied(_)), "{early:?}");
    assert_eq!(
        entries_of(&db, &acme, AuditEvent::BudgetRolledOver).await?,
        0
    );
    db.make.clock.set(time("2026-12-01T05:00:00Z"));
    spend(&db, &acme, usd("1")).await?;
    assert_eq!(
        entries_of(&db, &acme, AuditEvent::BudgetRolledOver).await?,
        1
    );
    let budget = budget(&db, &acme).await?;
    assert_eq!((budget.spent, budget.settled_runs), (usd("1"), 1));
    assert_eq!(budget.period.start, time("2026-12-01T05:00:00Z"));
    assert_eq!(budget.period.end, time("2027-01-01T05:00:00Z"));
    assert_eq!(db.account(&acme).await?.usage.cost, usd("2"));
    db.ensure_whole().await
}

async fn money_held_over_the_boundary_is_charged_to_the_new_period(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    spend(&db, &acme, usd("0.3")).await?;
    let (old, _) = db.admit(&acme, usd("0.4")).await?;
    db.make.clock.set(time("2026-12-01T00:00:00Z"));
    db.admit(&acme, usd("0.5")).await?;
    let rolled = budget(&db, &acme).await?;
    assert_eq!((rolled.spent, rolled.held), (Usd::ZERO, usd("0.9")));
    db.ensure_whole().await?;
    let end = db.make.settlement(&old, Charge::Actual(usd("0.35")));
    assert_eq!(
        db.store.settle_run(end).await?,
        Settled::Charged(usd("0.35"))
    );
    let charged = budget(&db, &acme).await?;
    assert_eq!((charged.spent, charged.held), (usd("0.35"), usd("0.5")));
    db.ensure_whole().await
}

async fn a_settlement_after_the_boundary_rolls_over_too(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    spend(&db, &acme, usd("0.3")).await?;
    let (run, _) = db.admit(&acme, usd("0.4")).await?;
    db.make.clock.set(time("2027-03-05T00:00:00Z"));
    let end = db.make.settlement(&run, Charge::Actual(usd("0.4")));
    db.store.settle_run(end).await?;
    let budget = budget(&db, &acme).await?;
    assert_eq!((budget.spent, budget.settled_runs), (usd("0.4"), 1));
    assert_eq!(budget.period.start, time("2027-03-01T00:00:00Z"));
    assert_eq!(
        entries_of(&db, &acme, AuditEvent::BudgetRolledOver).await?,
        1
    );
    db.ensure_whole().await
}

async fn an_extension_after_the_boundary_sees_the_new_periods_money(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    spend(&db, &acme, usd("0.5")).await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    db.make.clock.set(time("2026-12-01T00:00:00Z"));
    let held = db
        .store
        .extend_hold(db.make.extension(&run, usd("0.5")))
        .await?;
    assert_eq!(held, Extension::Held(usd("0.5")));
    db.ensure_whole().await
}

async fn a_run_told_to_wait_at_the_boundary_writes_nothing(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    db.admit(&acme, usd("0.9")).await?;
    db.make.clock.set(time("2026-12-01T00:00:00Z"));
    let before = (db.row_counts().await?, db.account(&acme).await?);
    let answer = db
        .store
        .open_run(db.make.opening(&acme, usd("0.5")))
        .await?;
    assert!(matches!(answer, Opening::Wait), "{answer:?}");
    assert_eq!((db.row_counts().await?, db.account(&acme).await?), before);
    db.ensure_whole().await
}

async fn a_period_moved_there_and_back_adds_up(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("10")).await?;
    let elsewhere = fixed("10", "2026-11-10T00:00:00Z", "2026-12-10T00:00:00Z");
    let back = fixed("10", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let mut spent = 0;
    for settings in [&elsewhere, &back, &elsewhere, &back, &back] {
        spend(&db, &acme, usd("1")).await?;
        spent += 1;
        db.set_budget(&acme, settings).await?;
        assert_eq!(budget(&db, &acme).await?.spent, usd(&spent.to_string()));
        db.ensure_whole().await?;
    }
    spend(&db, &acme, usd("1")).await?;
    db.ensure_whole().await
}

async fn a_roll_over_into_a_period_that_was_used_before_starts_at_nothing(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("10")).await?;
    spend(&db, &acme, usd("1")).await?;
    // Thirty days that have ended: the next thirty begin where the month did.
    let ended = fixed("10", "2026-10-02T00:00:00Z", "2026-11-01T00:00:00Z");
    db.set_budget(&acme, &ended).await?;
    db.ensure_whole().await?;
    let (run, _) = db.admit(&acme, usd("2")).await?;
    assert_eq!(budget(&db, &acme).await?.spent, Usd::ZERO);
    db.ensure_whole().await?;
    db.set_budget(&acme, &ended).await?;
    let end = db.make.settlement(&run, Charge::Actual(usd("2")));
    db.store.settle_run(end).await?;
    assert_eq!(budget(&db, &acme).await?.spent, usd("2"));
    db.ensure_whole().await
}

async fn periods_moved_within_one_group_add_up(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("10")).await?;
    spend(&db, &acme, usd("1")).await?;
    let elsewhere = fixed("10", "2026-11-10T00:00:00Z", "2026-12-10T00:00:00Z");
    let back = fixed("10", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let mut runs = Vec::new();
    for _ in 0..4 {
        runs.push(db.admit(&acme, usd("1")).await?.0);
    }
    let mut writes = Vec::new();
    for (run, settings) in runs.iter().zip([&elsewhere, &back].into_iter().cycle()) {
        let end = db.make.settlement(run, Charge::Actual(usd("1")));
        let settle = async { Ok(db.store.settle_run(end).await.map(drop)?) };
        writes.push(settle.boxed_local());
        writes.push(db.set_budget(&acme, settings).boxed_local());
    }
    try_join_all(writes).await?;
    assert_eq!(budget(&db, &acme).await?.spent, usd("5"));
    db.ensure_whole().await
}

async fn an_alert_comes_again_in_the_next_period(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    for month in 1..=2 {
        spend(&db, &acme, usd("0.8")).await?;
        spend(&db, &acme, usd("0.1")).await?;
        assert_eq!(
            entries_of(&db, &acme, AuditEvent::BudgetWarning).await?,
            month
        );
        db.make.clock.advance(TimeDelta::days(31));
    }
    db.ensure_whole().await
}
