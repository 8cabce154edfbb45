//! `kill -9` again and again, under load: nothing acknowledged is lost, the log only grows, every decision is paired or open.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clasper_core::Sha256Digest;
use clasper_evidence::verify_consistency;
use serde_json::{Value, json};

use crate::harness::{DAEMON_KEY, ModelServer, Server, Setup, Store, start_backend};

const TENANTS: [&str; 3] = ["acme", "globex", "initech"];
/// Clients of each tenant that send at once.
const CLIENTS: u64 = 6;

/// What a tenant was told.
#[derive(Default)]
struct Told {
    /// Traces of runs whose answer came.
    traces: Vec<String>,
    /// The highest budget that was acknowledged.
    budget: u64,
    /// The newest checkpoint that was seen: size and root.
    checkpoint: Option<(u64, Sha256Digest)>,
}

/// One client until the server is gone: runs, and changes of the budget that only ever raise it.
async fn client(server: Arc<Server>, tenant: &'static str, n: u64, tries: Arc<AtomicU64>) -> Told {
    let mut told = Told::default();
    for m in 0_u64.. {
        let raised = 1000 + tries.fetch_add(1, Ordering::SeqCst);
        let kept = if n == 0 {
            let budget = json!({"tenant_id": tenant, "budget_usd": raised, "hard_limit": false});
            let set = matches!(server.post("/budget", &budget).await, Ok((200, _)));
            told.budget = if set { raised } else { told.budget };
            set
        } else {
            match server.send(tenant, &format!("message {n}-{m}")).await {
                Ok((200, answer)) => {
                    let trace = answer["trace_id"].as_str().unwrap_or_default();
                    told.traces.push(trace.to_owned());
                    true
                }
                _ => false,
            }
        };
        if !kept {
            break;
        }
    }
    told
}

async fn checkpoint(server: &Server, tenant: &str) -> Option<(u64, Sha256Digest)> {
    let url = format!("{}/audit/checkpoint?tenant_id={tenant}", server.base);
    let request = server
        .http
        .get(url)
        .header("X-Agent-Daemon-Key", DAEMON_KEY);
    let text = request.send().await.ok()?.text().await.ok()?;
    let mut lines = text.lines().skip(1);
    let size = lines.next()?.parse().ok()?;
    let root = STANDARD.decode(lines.next()?).ok()?;
    Some((size, Sha256Digest::from_bytes(root.try_into().ok()?)))
}

/// The newest checkpoints, asked for until the server is gone.
async fn watcher(server: Arc<Server>) -> BTreeMap<&'static str, (u64, Sha256Digest)> {
    let mut seen = BTreeMap::new();
    loop {
        for tenant in TENANTS {
            match checkpoint(&server, tenant).await {
                Some(found) => seen.insert(tenant, found),
                // Not signed yet, or gone: which, the next question tells.
                None if server.get("/livez").await.is_err() => return seen,
                None => None,
            };
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn root(text: &Value) -> Result<Sha256Digest> {
    let bytes = STANDARD.decode(text.as_str().context("a hash")?)?;
    let bytes = <[u8; 32]>::try_from(bytes).ok().context("32 bytes")?;
    Ok(Sha256Digest::from_bytes(bytes))
}

/// Insists that the server still has everything that the tenant was told.
async fn ensure_kept(server: &Server, tenant: &str, told: &Told) -> Result<()> {
    for trace in &told.traces {
        let (status, answer) = server
            .get(&format!("/traces/{trace}?tenant_id={tenant}"))
            .await?;
        ensure!(
            status == 200,
            "{tenant} lost the run {trace}: {status} {answer}"
        );
        ensure!(answer["trace"]["status"] == "completed", "{answer}");
    }
    let (_, budget) = server.get(&format!("/budget?tenant_id={tenant}")).await?;
    let limit = budget["budget"]["budgetUsd"].to_string();
    let limit: f64 = limit
        .trim_matches('"')
        .parse()
        .with_context(|| budget.to_string())?;
    #[expect(clippy::cast_precision_loss, reason = "whole dollars, few of them")]
    let acknowledged = told.budget as f64;
    ensure!(
        limit >= acknowledged,
        "{tenant} lost a budget: {limit} < {acknowledged}"
    );
    if let Some((size, before)) = told.checkpoint {
        let query = format!("/audit/consistency?tenant_id={tenant}&from={size}");
        let (status, proof) = server.get(&query).await?;
        ensure!(
            status == 200,
            "{tenant} cannot continue {size} entries: {status} {proof}"
        );
        let to = proof["to"].as_u64().context("a size")?;
        let hashes = proof["proof"].as_array().context("hashes")?;
        let hashes: Vec<Sha256Digest> = hashes.iter().map(root).collect::<Result<_>>()?;
        let now = root(&proof["to_root"])?;
        let proven = verify_consistency((size, &before), (to, &now), &hashes);
        proven.with_context(|| format!("{tenant}: {to} entries do not continue {size}"))?;
    }
    let (status, found) = server
        .get(&format!("/audit/completeness?tenant_id={tenant}"))
        .await?;
    ensure!(
        status == 200 && found["complete"] == true,
        "{tenant}: {status} {found}"
    );
    ensure!(
        found["open_count"] == 0,
        "{tenant}: recovery left decisions open: {found}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_however_often_the_server_is_killed() -> Result<()> {
    let asked = std::env::var("CLASPER_TEST_KILLS");
    let rounds: u64 = asked.map_or(Ok(3), |text| text.parse())?;
    let directory = tempfile::tempdir()?;
    let (_, model) = ModelServer::start(Duration::from_millis(2)).await?;
    let (_backend, backend, task) = start_backend(None).await?;
    let setup = Setup {
        store: Store::Sqlite(directory.path().join("clasper.db")),
        model,
        backend,
        extra: Vec::new(),
    };
    let tries = Arc::new(AtomicU64::new(0));
    let (mut runs, mut checkpoints) = (0, 0);
    let mut server = Arc::new(Server::start(&setup).await?);
    for round in 0..rounds {
        let clients: Vec<_> = TENANTS
            .into_iter()
            .flat_map(|tenant| (0..CLIENTS).map(move |n| (tenant, n)))
            .map(|(tenant, n)| {
                let client = client(server.clone(), tenant, n, tries.clone());
                (tenant, tokio::spawn(client))
            })
            .collect();
        let watcher = tokio::spawn(watcher(server.clone()));
        // Another moment in each round: by what was done, not by the clock.
        let enough = tries.load(Ordering::SeqCst) + 60 + (round * 37) % 90;
        while tries.load(Ordering::SeqCst) < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let id = server.id().to_string();
        let killed = Command::new("kill").args(["-9", &id]).status()?;
        ensure!(killed.success(), "kill: {killed}");
        let mut told: BTreeMap<&str, Told> = BTreeMap::new();
        for (tenant, client) in clients {
            let one = client.await?;
            let all = told.entry(tenant).or_default();
            all.traces.extend(one.traces);
            all.budget = all.budget.max(one.budget);
        }
        for (tenant, seen) in watcher.await? {
            told.entry(tenant).or_default().checkpoint = Some(seen);
            checkpoints += 1;
        }
        server = Arc::new(Server::start(&setup).await?);
        for (tenant, told) in &told {
            runs += told.traces.len();
            let kept = ensure_kept(&server, tenant, told).await;
            kept.with_context(|| format!("round {round}"))?;
        }
    }
    server.verify()?;
    println!("{rounds} kills: {runs} acknowledged runs and {checkpoints} checkpoints kept");
    ensure!(runs > 0, "nothing was acknowledged");
    task.abort();
    Ok(())
}
