//! Money: never more is spent than the budget has, whatever happens at once.

use anyhow::Result;
use clasper_core::{AuditEvent, Usd};
use clasper_governance::BudgetSettings;
use clasper_runtime::run::{Charge, Extension, RunStore, Settled};
use clasper_store::Store;
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::try_join_all;

use crate::support::{entries_of, run_to_its_end, spend};

both!(
    of_200_concurrent_runs_a_budget_for_50_admits_50,
    two_replicas_together_admit_50_of_200,
    a_settled_run_is_charged_once,
    a_run_is_not_settled_by_another_tenant,
    a_run_that_cost_nothing_frees_its_hold,
    unknown_usage_is_charged_as_the_mean_run_but_at_most_the_hold,
    a_hold_is_extended_within_the_budget_only,
    a_closed_or_foreign_run_gets_no_extension,
    a_soft_limit_warns_and_refuses_nothing,
);

/// An odd amount, so that a rounding anywhere shows.
const COST: &str = "0.020000003";
const FIFTY: &str = "1.00000015";

async fn fifty_of_two_hundred(db: &TestDatabase, stores: &[&Store]) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd(FIFTY)).await?;
    let cost = usd(COST);
    let stores = stores.iter().copied().cycle().take(200);
    let runs = stores.map(|store| run_to_its_end(store, &db.make, &acme, cost));
    let admitted = try_join_all(runs).await?;
    assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 50);
    let account = db.account(&acme).await?;
    let budget = account.budget.expect("it was set");
    assert_eq!((budget.spent, budget.held), (usd(FIFTY), Usd::ZERO));
    assert_eq!(account.usage.cost, usd(FIFTY));
    assert_eq!((account.usage.runs, account.usage.held), (50, Usd::ZERO));
    assert_eq!(
        entries_of(db, &acme, AuditEvent::AgentExecutionStarted).await?,
        50
    );
    assert_eq!(
        entries_of(db, &acme, AuditEvent::AgentExecutionDenied).await?,
        150
    );
    db.ensure_whole().await
}

async fn of_200_concurrent_runs_a_budget_for_50_admits_50(db: TestDatabase) -> Result<()> {
    fifty_of_two_hundred(&db, &[&db.store]).await
}

async fn two_replicas_together_admit_50_of_200(db: TestDatabase) -> Result<()> {
    let second = db.second_store().await?;
    fifty_of_two_hundred(&db, &[&db.store, &second]).await
}

async fn a_settled_run_is_charged_once(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    let end = db.make.settlement(&run, Charge::Actual(usd("0.2")));
    let (first, second) = futures::future::try_join(
        db.store.settle_run(end.clone()),
        db.store.settle_run(end.clone()),
    )
    .await?;
    assert_eq!(first, Settled::Charged(usd("0.2")));
    assert_eq!(second, Settled::AlreadyClosed);
    assert_eq!(db.store.settle_run(end).await?, Settled::AlreadyClosed);
    assert_eq!(db.account(&acme).await?.usage.cost, usd("0.2"));
    db.ensure_whole().await
}

async fn a_run_is_not_settled_by_another_tenant(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let globex = db.tenant_with_budget("globex", usd("1")).await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    let before = db.row_counts().await?;
    let mut end = db.make.settlement(&run, Charge::Actual(usd("0.2")));
    end.scope = globex;
    assert_eq!(db.store.settle_run(end).await?, Settled::AlreadyClosed);
    assert_eq!(db.row_counts().await?, before);
    assert_eq!(db.account(&acme).await?.usage.held, usd("0.5"));
    db.ensure_whole().await
}

async fn a_run_that_cost_nothing_frees_its_hold(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let (run, hold) = db.admit(&acme, usd("0.5")).await?;
    assert_eq!(db.account(&acme).await?.usage.held, hold);
    let end = db.make.settlement(&run, Charge::Actual(Usd::ZERO));
    assert_eq!(db.store.settle_run(end).await?, Settled::Charged(Usd::ZERO));
    let account = db.account(&acme).await?;
    assert_eq!(
        (account.usage.held, account.usage.cost),
        (Usd::ZERO, Usd::ZERO)
    );
    assert_eq!(account.usage.runs, 0);
    db.ensure_whole().await
}

async fn unknown_usage_is_charged_as_the_mean_run_but_at_most_the_hold(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let estimate = async |hold: &str| -> Result<Settled> {
        let (run, _) = db.admit(&acme, usd(hold)).await?;
        let end = db.make.settlement(&run, Charge::Estimated);
        Ok(db.store.settle_run(end).await?)
    };
    assert_eq!(
        estimate("0.03").await?,
        Settled::Charged(usd("0.03")),
        "no run to go by"
    );
    spend(&db, &acme, usd("0.01")).await?;
    assert_eq!(estimate("0.05").await?, Settled::Charged(usd("0.02")));
    assert_eq!(estimate("0.015").await?, Settled::Charged(usd("0.015")));
    db.ensure_whole().await
}

async fn a_hold_is_extended_within_the_budget_only(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    let held = db
        .store
        .extend_hold(db.make.extension(&run, usd("0.3")))
        .await?;
    assert_eq!(held, Extension::Held(usd("0.3")));
    assert_eq!(db.account(&acme).await?.usage.held, usd("0.8"));
    db.ensure_whole().await?;
    let before = db.row_counts().await?;
    let refused = db
        .store
        .extend_hold(db.make.extension(&run, usd("0.3")))
        .await?;
    assert!(matches!(refused, Extension::Refused(_)), "{refused:?}");
    assert_eq!(db.row_counts().await?, before);
    let end = db.make.settlement(&run, Charge::Actual(usd("0.7")));
    assert_eq!(
        db.store.settle_run(end).await?,
        Settled::Charged(usd("0.7"))
    );
    assert_eq!(db.account(&acme).await?.usage.held, Usd::ZERO);
    db.ensure_whole().await
}

async fn a_closed_or_foreign_run_gets_no_extension(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let globex = db.tenant_with_budget("globex", usd("1")).await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    let mut foreign = db.make.extension(&run, usd("0.1"));
    foreign.entry.tenant = globex.tenant().clone();
    foreign.scope = globex;
    assert_eq!(db.store.extend_hold(foreign).await?, Extension::Closed);
    let end = db.make.settlement(&run, Charge::Actual(usd("0.1")));
    db.store.settle_run(end).await?;
    let late = db.make.extension(&run, usd("0.1"));
    assert_eq!(db.store.extend_hold(late).await?, Extension::Closed);
    db.ensure_whole().await
}

async fn a_soft_limit_warns_and_refuses_nothing(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let settings = BudgetSettings {
        hard_limit: false,
        ..BudgetSettings::limited_to(usd("1"))
    };
    db.set_budget(&acme, &settings).await?;
    let alerts = async || -> Result<(usize, usize)> {
        Ok((
            entries_of(&db, &acme, AuditEvent::BudgetWarning).await?,
            entries_of(&db, &acme, AuditEvent::BudgetExceeded).await?,
        ))
    };
    for (cost, expected) in [
        ("0.79", (0, 0)),
        ("0.01", (1, 0)),
        ("0.1", (1, 0)),
        ("0.2", (1, 1)),
        ("5", (1, 1)),
    ] {
        spend(&db, &acme, usd(cost)).await?;
        assert_eq!(alerts().await?, expected, "after {cost} more");
    }
    db.ensure_whole().await
}
