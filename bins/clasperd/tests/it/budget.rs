//! Two hundred messages at once on a budget for fifty.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use clasper_testkit::TestDatabase;

use crate::harness::{CALL_NANOS, ModelServer, Server, Setup, Store, nanos, start_backend};

async fn two_hundred_on_fifty(setup: &Setup, model: &ModelServer, servers: usize) -> Result<()> {
    let mut all = Vec::new();
    for _ in 0..servers {
        all.push(Arc::new(Server::start(setup).await?));
    }
    all[0].set_budget("acme", "0.0225").await?;
    let sends = (0..200).map(|n| {
        let server = all[n % servers].clone();
        tokio::spawn(async move { server.send("acme", "hello").await })
    });
    let (mut answered, mut refused) = (0, 0);
    for send in sends.collect::<Vec<_>>() {
        match send.await?? {
            (200, _) => answered += 1,
            (402, problem) => {
                assert_eq!(problem["code"], "budget_exceeded", "{problem}");
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((answered, refused), (50, 150));
    assert_eq!(
        model.calls(),
        50,
        "the model was asked as often as was paid for"
    );
    let (_, budget) = all[0].get("/budget?tenant_id=acme").await?;
    assert_eq!(nanos(&budget["budget"]["spentUsd"]), 50 * CALL_NANOS);
    assert_eq!(nanos(&budget["budget"]["heldUsd"]), 0);
    let report = all[0].verify()?;
    ensure!(report.contains("acme: whole"), "{report}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_for_fifty_answers_exactly_fifty_on_sqlite() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (model, model_address) = ModelServer::start(Duration::from_millis(2)).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let store = Store::Sqlite(directory.path().join("clasper.db"));
    let setup = Setup {
        store,
        model: model_address,
        backend,
        extra: Vec::new(),
    };
    two_hundred_on_fifty(&setup, &model, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_for_fifty_answers_exactly_fifty_on_two_servers_sharing_postgres() -> Result<()> {
    let Some(database) = TestDatabase::postgres().await? else {
        return Ok(());
    };
    let (model, model_address) = ModelServer::start(Duration::from_millis(2)).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let store = Store::Postgres(database.url());
    let setup = Setup {
        store,
        model: model_address,
        backend,
        extra: Vec::new(),
    };
    two_hundred_on_fifty(&setup, &model, 2).await
}
