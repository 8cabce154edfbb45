//! Decisions about effects within a run.

use anyhow::Result;
use clasper_governance::Effect;
use clasper_runtime::run::{Charge, Recorded, RunStore};
use clasper_testkit::{TestDatabase, both, usd};

both!(
    an_allowed_effect_is_open_until_its_outcome,
    a_denied_effect_is_closed_at_once,
    nothing_may_be_done_after_the_run_was_closed,
    nothing_may_be_done_in_a_run_of_another_tenant,
);

async fn an_allowed_effect_is_open_until_its_outcome(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = db.admit(&acme, usd("1")).await?;
    let effect = db.make.effect(&run, Effect::Allow);
    assert_eq!(
        db.store.decide_effect(effect.clone()).await?,
        Recorded::Recorded
    );
    assert_eq!(db.verify().await?.tenants[0].open_decisions, 2);
    db.store
        .record_effect(db.make.effect_outcome(&effect))
        .await?;
    assert_eq!(db.verify().await?.tenants[0].open_decisions, 1);
    db.ensure_whole().await
}

async fn a_denied_effect_is_closed_at_once(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = db.admit(&acme, usd("1")).await?;
    let effect = db.make.effect(&run, Effect::Deny);
    assert_eq!(db.store.decide_effect(effect).await?, Recorded::Recorded);
    assert_eq!(db.verify().await?.tenants[0].open_decisions, 1);
    db.ensure_whole().await
}

async fn nothing_may_be_done_after_the_run_was_closed(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = db.admit(&acme, usd("1")).await?;
    let end = db.make.settlement(&run, Charge::Actual(usd("0.1")));
    db.store.settle_run(end).await?;
    let before = db.row_counts().await?;
    let late = db.make.effect(&run, Effect::Allow);
    assert_eq!(db.store.decide_effect(late).await?, Recorded::Closed);
    assert_eq!(db.row_counts().await?, before);
    db.ensure_whole().await
}

async fn nothing_may_be_done_in_a_run_of_another_tenant(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    let (run, _) = db.admit(&acme, usd("1")).await?;
    let mut effect = db.make.effect(&run, Effect::Allow);
    effect.entry.tenant = globex.tenant().clone();
    effect.scope = globex;
    assert_eq!(db.store.decide_effect(effect).await?, Recorded::Closed);
    db.ensure_whole().await
}
