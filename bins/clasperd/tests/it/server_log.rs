//! What happens to the server itself is in the log: in few entries, whatever strangers do.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::harness::{ModelServer, Server, Setup, Store, send_body, start_backend};

/// The entries of the server's own tenant, the newest first.
async fn log(server: &Server, event: &str) -> Result<Vec<Value>> {
    let (status, answer) = server
        .get(&format!(
            "/audit?tenant_id=clasper.server&event_type={event}"
        ))
        .await?;
    ensure!(status == 200, "{status} {answer}");
    Ok(answer["entries"].as_array().context("entries")?.clone())
}

async fn knock(server: &Server, key: &str) -> Result<u16> {
    let url = format!("{}/usage", server.base);
    let request = server.http.get(url).header("X-Agent-Daemon-Key", key);
    Ok(request.send().await?.status().as_u16())
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_stops_changes_refusals_and_limits_are_told_in_few_entries() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, task) = start_backend(None).await?;
    let mut setup = Setup {
        store: Store::Sqlite(folder.path().join("clasper.db")),
        model,
        backend,
        extra: Vec::new(),
    };
    let server = Server::start(&setup).await?;
    for n in 0..40 {
        let status = knock(&server, &format!("guess-{n}-of-more-than-thirty-two-bytes")).await?;
        ensure!(status == 401, "{status}");
    }
    server.stop()?;
    setup.extra = vec![
        ("CLASPER_MAX_STEPS", "7".to_owned()),
        ("CLASPER_RATE_LIMIT_PER_SECOND", "1".to_owned()),
        ("CLASPER_RATE_LIMIT_BURST", "5".to_owned()),
    ];
    let server = Server::start(&setup).await?;
    let mut turned_away = 0;
    for _ in 0..20 {
        let (status, _) = server
            .post("/api/agents/send", &send_body("acme", "hello"))
            .await?;
        turned_away += u64::from(status == 429);
    }
    ensure!(turned_away > 5, "{turned_away}");
    server.stop()?;
    setup.extra.clear();
    let server = Server::start(&setup).await?;
    let starts = log(&server, "system_startup").await?;
    ensure!(starts.len() == 3, "{starts:?}");
    ensure!(
        !format!("{starts:?}").contains("secret-of-more"),
        "a secret"
    );
    assert_eq!(log(&server, "system_shutdown").await?.len(), 2);
    let failures = log(&server, "auth_failure").await?;
    ensure!(failures.len() == 1, "{failures:?}");
    let refused = &failures[0]["event_data"]["refused"];
    ensure!(refused["invalid_token"] == 40, "{failures:?}");
    let limits = log(&server, "rate_limit_exceeded").await?;
    ensure!(limits.len() == 1, "{limits:?}");
    ensure!(
        limits[0]["event_data"]["requests"] == turned_away,
        "{limits:?}"
    );
    let changes = log(&server, "config_change").await?;
    ensure!(changes.len() == 2, "{changes:?}");
    let sections = changes[1]["event_data"]["sections"].to_string();
    ensure!(
        sections.contains("agent") && sections.contains("server"),
        "{sections}"
    );
    ensure!(!sections.contains("credentials"), "{sections}");
    server.verify()?;
    task.abort();
    Ok(())
}
