//! Clients' idempotency keys.

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::TenantScope;
use clasper_runtime::run::{Charge, Opening, RunEnd, RunOpening, RunStore};
use clasper_testkit::{TestDatabase, both, usd};

both!(
    a_repetition_finds_the_run_in_flight_then_its_answer,
    a_key_that_comes_with_another_request_is_refused,
    two_at_once_with_one_key_are_one_run,
    a_key_is_free_again_after_a_failure,
    a_refused_run_does_not_claim_its_key,
    answers_are_forgotten_but_not_runs_in_flight,
    the_same_key_of_another_tenant_is_another_key,
);

const ANSWER: [u8; 5] = [0, 255, 10, 13, 39];

async fn keyed(db: &TestDatabase, scope: &TenantScope) -> Result<(RunOpening, Opening)> {
    let opening = db
        .make
        .opening_with_key(scope, usd("0.1"), "key", "request");
    let answer = db.store.open_run(opening.clone()).await?;
    Ok((opening, answer))
}

async fn answer(db: &TestDatabase, run: &RunOpening) -> Result<()> {
    let mut end = db.make.settlement(run, Charge::Actual(usd("0.1")));
    end.answer = Some(ANSWER.to_vec());
    db.store.settle_run(end).await?;
    Ok(())
}

async fn a_repetition_finds_the_run_in_flight_then_its_answer(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, first) = keyed(&db, &acme).await?;
    assert!(matches!(first, Opening::Admitted { .. }), "{first:?}");
    let before = db.row_counts().await?;
    let (_, again) = keyed(&db, &acme).await?;
    assert!(matches!(again, Opening::InFlight), "{again:?}");
    assert_eq!(db.row_counts().await?, before);
    answer(&db, &run).await?;
    let (_, late) = keyed(&db, &acme).await?;
    let Opening::Answered(bytes) = late else {
        anyhow::bail!("not answered: {late:?}");
    };
    assert_eq!(bytes, ANSWER);
    db.ensure_whole().await
}

async fn a_key_that_comes_with_another_request_is_refused(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = keyed(&db, &acme).await?;
    let other = || {
        db.make
            .opening_with_key(&acme, usd("0.1"), "key", "another request")
    };
    let reused = db.store.open_run(other()).await?;
    assert!(matches!(reused, Opening::KeyReused), "{reused:?}");
    answer(&db, &run).await?;
    let reused = db.store.open_run(other()).await?;
    assert!(matches!(reused, Opening::KeyReused), "{reused:?}");
    Ok(())
}

async fn two_at_once_with_one_key_are_one_run(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let replica = db.second_store().await?;
    let opening = || {
        db.make
            .opening_with_key(&acme, usd("0.1"), "key", "request")
    };
    let (a, b, c) = futures::future::try_join3(
        db.store.open_run(opening()),
        db.store.open_run(opening()),
        replica.open_run(opening()),
    )
    .await?;
    let answers = [a, b, c];
    let admitted = answers
        .iter()
        .filter(|a| matches!(a, Opening::Admitted { .. }));
    assert_eq!(admitted.count(), 1, "{answers:?}");
    let in_flight = answers.iter().filter(|a| matches!(a, Opening::InFlight));
    assert_eq!(in_flight.count(), 2, "{answers:?}");
    db.ensure_whole().await
}

async fn a_key_is_free_again_after_a_failure(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = keyed(&db, &acme).await?;
    let mut end = db.make.settlement(&run, Charge::Actual(usd("0.05")));
    end.end = RunEnd::Failed;
    db.store.settle_run(end).await?;
    let (_, again) = keyed(&db, &acme).await?;
    assert!(matches!(again, Opening::Admitted { .. }), "{again:?}");
    db.ensure_whole().await
}

async fn a_refused_run_does_not_claim_its_key(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("0.000000001")).await?;
    for _ in 0..2 {
        let (_, answer) = keyed(&db, &acme).await?;
        assert!(matches!(answer, Opening::Denied(_)), "{answer:?}");
    }
    assert_eq!(db.row_counts().await?["idempotency_key"], 0);
    db.ensure_whole().await
}

async fn answers_are_forgotten_but_not_runs_in_flight(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    let (run, _) = keyed(&db, &acme).await?;
    answer(&db, &run).await?;
    keyed(&db, &globex).await?;
    assert_eq!(
        db.store.forget_answers(db.make.now()).await?,
        0,
        "it is not older"
    );
    let later = db.make.now() + TimeDelta::microseconds(1);
    assert_eq!(db.store.forget_answers(later).await?, 1);
    let (_, fresh) = keyed(&db, &acme).await?;
    assert!(matches!(fresh, Opening::Admitted { .. }), "{fresh:?}");
    let (_, busy) = keyed(&db, &globex).await?;
    assert!(matches!(busy, Opening::InFlight), "{busy:?}");
    Ok(())
}

async fn the_same_key_of_another_tenant_is_another_key(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    let (run, _) = keyed(&db, &acme).await?;
    answer(&db, &run).await?;
    let (_, other) = keyed(&db, &globex).await?;
    assert!(matches!(other, Opening::Admitted { .. }), "{other:?}");
    Ok(())
}
