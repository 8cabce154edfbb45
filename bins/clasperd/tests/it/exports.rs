//! Exports of the real binary: asked for, fetched, verified by a stranger, resumed after kill -9, removed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clasper_core::Sha256Digest;
use clasper_testkit::{TestDatabase, both};
use serde_json::{Value, json};

use crate::harness::{DAEMON_KEY, ModelServer, Server, Setup, Store, start_backend};

both!(an_export_is_fetched_verified_and_survives_kill_9);

/// The export as soon as it is over or can be fetched.
async fn settled(server: &Server, id: &str) -> Result<Value> {
    for _ in 0..2000 {
        let (status, export) = server
            .get(&format!("/ops/api/exports/{id}?tenant_id=acme"))
            .await?;
        ensure!(status == 200, "{status} {export}");
        if !["queued", "running"].contains(&export["state"].as_str().unwrap_or_default()) {
            return Ok(export);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the export {id} was never made")
}

async fn request(server: &Server, scope: &Value) -> Result<String> {
    let mut body = json!({"tenant_id": "acme"});
    for (name, value) in scope.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let (status, export) = server.post("/ops/api/exports", &body).await?;
    ensure!(status == 202, "{status} {export}");
    Ok(export["export_id"].as_str().context("an id")?.to_owned())
}

/// Fetches the archive to `to` and compares it with what was announced.
async fn fetch(server: &Server, export: &Value, to: &Path) -> Result<()> {
    let path = export["archive"]["download"].as_str().context("ready")?;
    let request = server
        .http
        .get(format!("{}{path}?tenant_id=acme", server.base))
        .header("X-Agent-Daemon-Key", DAEMON_KEY);
    let answer = request.send().await?;
    ensure!(answer.status() == 200, "{}", answer.text().await?);
    let digest = answer.headers().get("repr-digest").cloned();
    let bytes = answer.bytes().await?;
    let hash = Sha256Digest::of(&bytes);
    ensure!(export["archive"]["bytes"] == bytes.len());
    ensure!(export["archive"]["sha256"] == hash.to_string());
    let said = format!("sha-256=:{}:", STANDARD.encode(hash.as_bytes()));
    ensure!(digest.context("a digest")?.to_str()? == said);
    Ok(std::fs::write(to, bytes)?)
}

fn verify(file: &Path, key: &str) -> Result<String> {
    let script = std::path::absolute("../../examples/verify.py")?;
    let mut python = Command::new("python3");
    let output = python.arg(script).arg(file).args(["--key", key]).output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{told}");
    Ok(told)
}

async fn an_export_is_fetched_verified_and_survives_kill_9(db: TestDatabase) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = match db.file() {
        Some(file) => Store::Sqlite(file),
        None => Store::Postgres(db.url()),
    };
    let stopped = db.stop().await;
    let (_, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, task) = start_backend(None).await?;
    let archives = folder.path().join("archives");
    let setup = Setup {
        store,
        model,
        backend,
        extra: vec![("CLASPER_EXPORTS_DIR", archives.display().to_string())],
    };
    let server = Server::start(&setup).await?;
    let mut traces = Vec::new();
    for n in 0..3 {
        let (status, answer) = server.send("acme", &format!("message {n}")).await?;
        ensure!(status == 200, "{status} {answer}");
        traces.push(answer["trace_id"].clone());
    }
    let (_, keys) = server.get("/audit/keys?tenant_id=acme").await?;
    let key = keys["keys"][0]["key"].as_str().context("a key")?.to_owned();

    let id = request(&server, &json!({})).await?;
    let export = settled(&server, &id).await?;
    ensure!(export["state"] == "ready", "{export}");
    let whole = folder.path().join("whole.tar.gz");
    fetch(&server, &export, &whole).await?;
    let told = verify(&whole, &key)?;
    ensure!(
        told.contains("traces: 3") && told.contains("withheld: 0"),
        "{told}"
    );
    let file = archives.join(format!("{id}.tar.gz"));
    let mode = std::fs::metadata(&file)?.permissions().mode();
    ensure!(mode & 0o777 == 0o600, "{mode:o}");
    ensure!(
        !archives.join(format!("{id}.work")).exists(),
        "parts are left"
    );

    let one = request(&server, &json!({"trace_id": traces[1]})).await?;
    let part = settled(&server, &one).await?;
    let partial = folder.path().join("trace.tar.gz");
    fetch(&server, &part, &partial).await?;
    let told = verify(&partial, &key)?;
    ensure!(told.contains("traces: 1"), "{told}");

    // Whoever is killed while an export waits or is made leaves it to the next one.
    let id = request(&server, &json!({})).await?;
    let process = server.id().to_string();
    let killed = Command::new("kill").args(["-9", &process]).status()?;
    ensure!(killed.success(), "kill: {killed}");
    drop(server);
    let server = Server::start(&setup).await?;
    if !db_is_shared(&setup) {
        let export = settled(&server, &id).await?;
        ensure!(export["state"] == "ready", "{export}");
        fetch(&server, &export, &folder.path().join("again.tar.gz")).await?;
        verify(&folder.path().join("again.tar.gz"), &key)?;
    }
    let request = server
        .http
        .delete(format!(
            "{}/ops/api/exports/{one}?tenant_id=acme",
            server.base
        ))
        .header("X-Agent-Daemon-Key", DAEMON_KEY);
    ensure!(request.send().await?.status() == 204, "not removed");
    ensure!(
        !archives.join(format!("{one}.tar.gz")).exists(),
        "the file stays"
    );
    server.verify()?;
    server.stop()?;
    drop(stopped);
    task.abort();
    Ok(())
}

/// Whether others may work on the database, so that a dead maker's job is taken only when its time is over.
fn db_is_shared(setup: &Setup) -> bool {
    matches!(setup.store, Store::Postgres(_))
}
