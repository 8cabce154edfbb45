//! `kill -9` in the middle of work.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::harness::{CALL_NANOS, ModelServer, Server, Setup, Store, nanos, start_backend};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_no_hold_stays() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (model, model_address) = ModelServer::start(Duration::from_millis(20)).await?;
    let (backend, backend_address, _task) = start_backend(None).await?;
    let store = Store::Sqlite(directory.path().join("clasper.db"));
    let setup = Setup {
        store,
        model: model_address,
        backend: backend_address,
        extra: Vec::new(),
    };
    let server = Arc::new(Server::start(&setup).await?);
    server.set_budget("acme", "10").await?;
    // One settled run first, so that the mean cost of a run is known.
    assert_eq!(server.send("acme", "first").await?.0, 200);
    let sends: Vec<_> = (0..40)
        .map(|n| {
            let server = server.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for m in 0..100 {
                    match server.send("acme", &format!("message {n}-{m}")).await {
                        Ok((200, answer)) => {
                            acknowledged.push(answer["trace_id"].as_str().unwrap_or("").to_owned())
                        }
                        _ => break,
                    }
                }
                acknowledged
            })
        })
        .collect();
    while model.calls() < 150 {
        tokio::task::yield_now().await;
    }
    kill(&server)?;
    let mut acknowledged = Vec::new();
    for send in sends {
        acknowledged.extend(send.await?);
    }
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());

    let server = Server::start(&setup).await?;
    let (_, budget) = server.get("/budget?tenant_id=acme").await?;
    assert_eq!(nanos(&budget["budget"]["heldUsd"]), 0, "a hold was leaked");
    assert_eq!(
        nanos(&budget["budget"]["spentUsd"]),
        model.calls() * CALL_NANOS,
        "ledger and provider disagree"
    );
    for trace in &acknowledged {
        let (status, answer) = server
            .get(&format!("/traces/{trace}?tenant_id=acme"))
            .await?;
        assert_eq!(
            (status, &answer["trace"]["status"]),
            (200, &"completed".into())
        );
    }
    // What was acknowledged reaches the backend, once each, whatever was under way when the process died.
    for _ in 0..600 {
        if backend.messages_of("u1").await?.len() > acknowledged.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.verify()?;
    Ok(())
}

fn kill(server: &Arc<Server>) -> Result<()> {
    let id = server.id();
    let status = std::process::Command::new("kill")
        .args(["-9", &id.to_string()])
        .status()?;
    anyhow::ensure!(status.success(), "kill -9 {id}");
    Ok(())
}
