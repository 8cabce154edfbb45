//! `kill -9` in the middle of work.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::harness::{CALL_NANOS, ModelServer, Server, Setup, Store, nanos, start_backend};

/// Clients that send at once.
const SENDERS: u64 = 40;

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
    let sends: Vec<_> = (0..SENDERS)
        .map(|n| {
            let server = server.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for m in 0..100 {
                    match server.send("acme", &format!("message {n}-{m}")).await {
                        Ok((200, answer)) => {
                            acknowledged.push(answer["trace_id"].as_str().unwrap_or("").to_owned());
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
    // A run that was open when the process died is charged what runs cost. Every call in the provider's log is paid
    // for; a run that died before its call was made is the only kind that may be paid for without one.
    let paid = nanos(&budget["budget"]["spentUsd"]) / CALL_NANOS;
    assert_eq!(nanos(&budget["budget"]["spentUsd"]) % CALL_NANOS, 0);
    assert!(
        paid >= model.calls(),
        "{} calls, {paid} paid",
        model.calls()
    );
    assert!(
        paid <= model.calls() + SENDERS,
        "{} calls, {paid} paid",
        model.calls()
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
    // An answer is acknowledged after the first attempt to deliver it, and the backend was there all the time.
    let delivered = backend.messages_of("u1").await?.len();
    assert!(
        delivered >= acknowledged.len(),
        "{delivered} of {}",
        acknowledged.len()
    );
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
