//! Whatever runs do in whatever order, log, ledger and accounts agree.

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{TenantScope, Usd};
use clasper_governance::Effect;
use clasper_runtime::run::{Charge, Opening, RunOpening, RunStore};
use clasper_testkit::{TestDatabase, usd};
use proptest::prelude::*;
use proptest::test_runner::Config;

/// One step of somebody's run.
#[derive(Debug, Clone, Copy)]
enum Step {
    Open(i64),
    Extend(i64),
    Effect(bool),
    Settle(i64),
    Estimate,
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = 1..400_000_000i64;
    prop_oneof![
        3 => amount.clone().prop_map(Step::Open),
        1 => amount.clone().prop_map(Step::Extend),
        1 => any::<bool>().prop_map(Step::Effect),
        2 => (0..400_000_000i64).prop_map(Step::Settle),
        1 => Just(Step::Estimate),
        1 => (1..10i64).prop_map(Step::Pass),
    ]
}

fn amount(nanos: i64) -> Result<Usd> {
    Ok(Usd::from_nanos(nanos)?)
}

async fn take(
    db: &TestDatabase,
    scope: &TenantScope,
    open: &mut Vec<RunOpening>,
    step: Step,
) -> Result<()> {
    match step {
        Step::Open(ask) => {
            let opening = db.make.opening(scope, amount(ask)?);
            if let Opening::Admitted { .. } = db.store.open_run(opening.clone()).await? {
                open.push(opening);
            }
        }
        Step::Extend(ask) => {
            if let Some(run) = open.last() {
                let extension = db.make.extension(run, amount(ask)?);
                db.store.extend_hold(extension).await?;
            }
        }
        Step::Effect(allowed) => {
            if let Some(run) = open.first() {
                let effect = if allowed { Effect::Allow } else { Effect::Deny };
                let decided = db.make.effect(run, effect);
                db.store.decide_effect(decided.clone()).await?;
                if allowed {
                    db.store
                        .record_effect(db.make.effect_outcome(&decided))
                        .await?;
                }
            }
        }
        Step::Settle(cost) => {
            if let Some(run) = open.pop() {
                let end = db.make.settlement(&run, Charge::Actual(amount(cost)?));
                db.store.settle_run(end).await?;
            }
        }
        Step::Estimate => {
            if let Some(run) = open.pop() {
                db.store
                    .settle_run(db.make.settlement(&run, Charge::Estimated))
                    .await?;
            }
        }
        Step::Pass(days) => db.make.clock.advance(TimeDelta::days(days)),
    }
    Ok(())
}

async fn play(steps: &[(usize, Step)]) -> Result<()> {
    let db = TestDatabase::sqlite().await?;
    let mut tenants = Vec::new();
    for (name, limit) in [
        ("acme", Some("1")),
        ("globex", Some("0.3")),
        ("initech", None),
    ] {
        let scope = db.tenant(name).await?;
        if let Some(limit) = limit {
            let settings = clasper_governance::BudgetSettings::limited_to(usd(limit));
            db.set_budget(&scope, &settings).await?;
        }
        tenants.push((scope, Vec::new()));
    }
    for (tenant, step) in steps {
        let (scope, open) = &mut tenants[*tenant];
        take(&db, scope, open, *step).await?;
    }
    db.ensure_whole().await
}

proptest! {
    #![proptest_config(Config { cases: 20, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_interleaving_of_runs_leaves_everything_in_agreement(
        steps in prop::collection::vec((0..3usize, step()), 1..50)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let played = runtime.block_on(play(&steps));
        prop_assert!(played.is_ok(), "{:?}", played);
    }
}
