//! What settled runs teach about costs.

use anyhow::Result;
use clasper_core::TenantScope;
use clasper_governance::forecast::{
    Basis, CallAsk, CostHistories, CostHistory, HistorySubject, forecast_call,
};
use clasper_governance::{InputTokens, PriceTable};
use clasper_runtime::run::{Charge, RunStore, Settlement};
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{StepData, StepRecorder};
use futures::future::try_join_all;

both!(
    each_model_call_of_a_settled_run_is_learnt_once,
    a_storm_of_runs_forgets_none,
    a_run_of_unknown_usage_teaches_nothing,
);

fn call(provider: &str, output_tokens: u64, finish_reason: &str) -> StepData {
    StepData::LlmCall {
        model: "m".to_owned(),
        provider: provider.to_owned(),
        input_tokens: 100,
        output_tokens,
        cost_usd: "0.01".to_owned(),
        has_tool_calls: false,
        finish_reason: finish_reason.to_owned(),
        attempt: 1,
    }
}

/// The end of a new run that made these calls.
async fn ended(db: &TestDatabase, acme: &TenantScope, calls: Vec<StepData>) -> Result<Settlement> {
    let (run, _) = db.admit(acme, usd("0.1")).await?;
    let mut end = db.make.settlement(&run, Charge::Actual(usd("0.02")));
    let mut steps = StepRecorder::default();
    for call in calls {
        steps.push(db.make.now(), 1, call);
    }
    end.trace.steps = steps.into_steps();
    Ok(end)
}

async fn learnt(
    db: &TestDatabase,
    scope: &TenantScope,
    model: &str,
) -> Result<Option<CostHistory>> {
    let subject = HistorySubject::Model(model.to_owned());
    Ok(db.store.find_history(scope, &subject).await?)
}

async fn each_model_call_of_a_settled_run_is_learnt_once(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let calls = vec![
        call("a", 20, "tool_calls"),
        call("a", 30, "stop"),
        call("b", 40, "length"),
        call("b", 1, "cancelled"),
    ];
    let end = ended(&db, &acme, calls).await?;
    db.store.settle_run(end.clone()).await?;
    db.store.settle_run(end).await?;
    let first = learnt(&db, &acme, "a/m").await?.expect("two calls");
    assert_eq!(first.output_tokens.weight(), 2);
    assert_eq!(first.cost_nanos.weight(), 2);
    let second = learnt(&db, &acme, "b/m").await?.expect("one call");
    assert_eq!(second.output_tokens.weight(), 1);
    assert_eq!(learnt(&db, &globex, "a/m").await?, None);
    db.ensure_whole().await
}

async fn a_storm_of_runs_forgets_none(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let replica = db.second_store().await?;
    let mut ends = Vec::new();
    for n in 0..60 {
        ends.push(ended(&db, &acme, vec![call("a", 100 + n, "stop")]).await?);
    }
    let stores = [&db.store, &replica].into_iter().cycle();
    try_join_all(
        ends.into_iter()
            .zip(stores)
            .map(|(end, store)| store.settle_run(end)),
    )
    .await?;
    let history = learnt(&db, &acme, "a/m").await?.expect("sixty calls");
    assert_eq!(history.output_tokens.weight(), 60);
    let (low, high) = history.output_tokens.interval();
    assert!(low.is_some_and(|low| low <= 103) && high.is_some_and(|high| high >= 156));
    assert_eq!(db.row_counts().await?["cost_history"], 1);
    let table = PriceTable::listed();
    let (model, tariff) = table.prices().resolve(None, "gpt-4o-mini")?;
    let ask = CallAsk {
        model,
        tariff,
        input: InputTokens::counted(1_000),
        max_output_tokens: 4_000,
    };
    let estimate = forecast_call(&ask, Some(&history), &[])?.estimate;
    assert_eq!((estimate.basis, estimate.runs), (Basis::History, 60));
    let declared = forecast_call(&ask, None, &[])?.estimate;
    assert!(estimate.high_usd < declared.high_usd);
    Ok(())
}

async fn a_run_of_unknown_usage_teaches_nothing(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let mut end = ended(&db, &acme, vec![call("a", 20, "stop")]).await?;
    end.charge = Charge::Estimated;
    db.store.settle_run(end).await?;
    assert_eq!(learnt(&db, &acme, "a/m").await?, None);
    Ok(())
}
