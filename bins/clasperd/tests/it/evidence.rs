//! The signed log of the real binary, checked by strangers: the verifier in Python's standard library reads what it serves.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clasper_core::{TenantId, TenantScope};
use clasper_evidence::{AuditStore as _, LogStore as _};
use clasper_testkit::{TestDatabase, both};

use crate::harness::{DAEMON_KEY, ModelServer, Server, Setup, Store, command, start_backend};

both!(a_stranger_verifies_what_the_server_serves_and_notices_what_was_changed);

async fn text(server: &Server, path: &str) -> Result<Option<String>> {
    let request = server.http.get(format!("{}{path}", server.base));
    let answer = request
        .header("X-Agent-Daemon-Key", DAEMON_KEY)
        .send()
        .await?;
    Ok(match answer.status().as_u16() {
        200 => Some(answer.text().await?),
        404 | 409 => None,
        other => anyhow::bail!("{path}: {other} {}", answer.text().await?),
    })
}

/// What `path` answers as soon as it is signed.
async fn signed(server: &Server, path: &str) -> Result<String> {
    for _ in 0..1000 {
        if let Some(text) = text(server, path).await? {
            return Ok(text);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anyhow::bail!("{path} was not signed")
}

fn python(file: &Path, key: &str) -> Result<Output> {
    let script = std::path::absolute("../../examples/verify.py")?;
    let mut python = Command::new("python3");
    let output = python.arg(script).arg(file).args(["--key", key]).output();
    output.context("python3 is installed")
}

fn ensure_holds(output: &Output) -> Result<()> {
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

async fn a_stranger_verifies_what_the_server_serves_and_notices_what_was_changed(
    db: TestDatabase,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = match db.file() {
        Some(file) => Store::Sqlite(file),
        None => Store::Postgres(db.url()),
    };
    let stopped = db.stop().await;
    let (_, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, task) = start_backend(None).await?;
    let setup = Setup {
        store,
        model,
        backend,
        extra: vec![("CLASPER_AUDIT_LOG_NAME", "log.example".to_owned())],
    };
    let server = Server::start(&setup).await?;
    for n in 0..3 {
        let (status, answer) = server.send("acme", &format!("message {n}")).await?;
        ensure!(status == 200, "{status} {answer}");
    }
    let (_, keys) = server.get("/audit/keys?tenant_id=acme").await?;
    let key = keys["keys"][0]["key"].as_str().context("a key")?.to_owned();
    ensure!(key.starts_with("log.example/audit/log/acme+"), "{key}");

    let (_, entries) = server.get("/audit?tenant_id=acme").await?;
    for entry in entries["entries"].as_array().context("entries")? {
        let id = entry["id"].as_str().context("an id")?;
        let proof = signed(&server, &format!("/audit/{id}/proof?tenant_id=acme")).await?;
        let file = folder.path().join(format!("{id}.tlog-proof"));
        std::fs::write(&file, proof)?;
        ensure_holds(&python(&file, &key)?)?;
    }
    let (_, found) = server.get("/audit/completeness?tenant_id=acme").await?;
    ensure!(found["complete"] == true && found["paired"] == 3, "{found}");

    let bundle = folder.path().join("acme.tar.gz");
    let export = |out: &Path| {
        let mut export = command(&setup);
        export
            .args(["audit", "export", "--tenant", "acme", "--out"])
            .arg(out)
            .output()
    };
    ensure_holds(&export(&bundle)?)?;
    let output = python(&bundle, &key)?;
    ensure_holds(&output)?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(told.contains("traces: 3"), "{told}");
    server.verify()?;
    ensure!(
        !export(&bundle)?.status.success(),
        "a bundle was overwritten"
    );

    // A byte of the archive, and a row of the database.
    let mut bytes = std::fs::read(&bundle)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&bundle, bytes)?;
    ensure!(
        python(&bundle, &key)?.status.code() == Some(1),
        "a changed byte went unnoticed"
    );
    let (status, answer) = server.send("acme", "the last message").await?;
    ensure!(status == 200, "{status} {answer}");
    server.stop()?;
    let db = stopped.start().await?;
    let acme = TenantScope::system(TenantId::new("acme")?);
    let last = db
        .store
        .find_checkpoint(&acme)
        .await?
        .context("a checkpoint")?;
    let head = db.store.head(&acme).await?;
    ensure!(
        i64::try_from(last.size)? == head.seq,
        "the last entries are not signed"
    );
    let sql = "UPDATE audit_entries SET actor = 'nobody' WHERE tenant_id = 'acme' AND seq = 2";
    sea_orm::ConnectionTrait::execute_unprepared(db.database().writer(), sql).await?;
    let verify = command(&setup).args(["audit", "verify"]).output()?;
    let told = String::from_utf8_lossy(&verify.stdout);
    ensure!(
        !verify.status.success() && told.contains("entry 2 was changed"),
        "{told}"
    );
    let refused = export(&folder.path().join("again.tar.gz"))?;
    ensure!(
        refused.status.success(),
        "a bundle of what is stored is made, and does not hold"
    );
    let told = python(&folder.path().join("again.tar.gz"), &key)?;
    let told = String::from_utf8_lossy(&told.stdout);
    ensure!(told.contains("first bad entry: 2"), "{told}");
    task.abort();
    Ok(())
}
