//! A stock reader of transparency logs, in Go and out of the Go project's packages, follows the log and verifies its proofs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::harness::{DAEMON_KEY, ModelServer, Server, Setup, Store, start_backend};

/// Where Debian puts the sources of `golang-golang-x-mod-dev`.
const PACKAGES: &str = "/usr/share/gocode";

/// The reader, built; `None`, after saying so, where there is no Go or not its packages.
fn reader(folder: &Path) -> Result<Option<PathBuf>> {
    let source = std::path::absolute("../../examples/follow-log/follow.go")?;
    let there = Path::new(PACKAGES).join("src/golang.org/x/mod/sumdb/tlog");
    let go = Command::new("go").arg("version").output();
    if !there.is_dir() || !go.is_ok_and(|go| go.status.success()) {
        println!("skipped: needs golang-go and golang-golang-x-mod-dev");
        return Ok(None);
    }
    let program = folder.join("follow");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(source)
        .env("GO111MODULE", "off")
        .env("GOPATH", PACKAGES)
        .env("GOCACHE", folder.join("cache"))
        .env("GOFLAGS", "")
        .output()?;
    let told = String::from_utf8_lossy(&built.stderr);
    ensure!(built.status.success(), "{told}");
    Ok(Some(program))
}

fn told(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

struct Follower {
    program: PathBuf,
    base: String,
    key: String,
    state: PathBuf,
}

impl Follower {
    fn follow(&self) -> Result<Output> {
        let header = format!("X-Agent-Daemon-Key: {DAEMON_KEY}");
        let mut follow = Command::new(&self.program);
        follow.args(["-url", &self.base, "-tenant", "acme", "-key", &self.key]);
        follow.args(["-header", &header, "-state"]).arg(&self.state);
        Ok(follow.output()?)
    }
}

/// Raises the budget `count` times and waits until the log is signed to its end.
async fn grow(server: &Server, count: u64) -> Result<()> {
    for n in 0..count {
        let body = json!({"tenant_id": "acme", "budget_usd": 10 + n, "hard_limit": true});
        let (status, answer) = server.post("/budget", &body).await?;
        ensure!(status == 200, "{status} {answer}");
    }
    for _ in 0..500 {
        let (_, found) = server.get("/audit/completeness?tenant_id=acme").await?;
        if found["checkpoint_size"] == found["entries"] && found["checkpoint_matches"] == true {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("the log was not signed to its end")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_reader_follows_the_log_and_notices_a_fork() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let Some(program) = reader(folder.path())? else {
        return Ok(());
    };
    let (_, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, task) = start_backend(None).await?;
    let setup = |name: &str| Setup {
        store: Store::Sqlite(folder.path().join(name)),
        model,
        backend,
        extra: vec![("CLASPER_AUDIT_SIGNING_KEY", "07".repeat(32))],
    };
    let server = Server::start(&setup("clasper.db")).await?;
    grow(&server, 300).await?;
    let (_, keys) = server.get("/audit/keys?tenant_id=acme").await?;
    let key = keys["keys"][0]["key"].as_str().context("a key")?.to_owned();
    let follower = Follower {
        program: program.clone(),
        base: server.base.clone(),
        key: key.clone(),
        state: folder.path().join("checkpoint"),
    };
    let first = follower.follow()?;
    ensure!(first.status.success(), "{}", told(&first));
    ensure!(
        told(&first).contains("entries make the signed tree"),
        "{}",
        told(&first)
    );
    grow(&server, 250).await?;
    let second = follower.follow()?;
    ensure!(second.status.success(), "{}", told(&second));
    ensure!(
        told(&second).contains("continue the 30"),
        "{}",
        told(&second)
    );

    let (_, entries) = server
        .get("/audit?tenant_id=acme&limit=1&offset=280")
        .await?;
    let id = entries["entries"][0]["id"].as_str().context("an entry")?;
    let request = server
        .http
        .get(format!("{}/audit/{id}/proof?tenant_id=acme", server.base))
        .header("X-Agent-Daemon-Key", DAEMON_KEY);
    let proof = request.send().await?.error_for_status()?.text().await?;
    let file = folder.path().join("entry.tlog-proof");
    let check = |proof: &str| -> Result<Output> {
        std::fs::write(&file, proof)?;
        let mut check = Command::new(&program);
        check.args(["-key", &key, "-proof"]).arg(&file);
        Ok(check.output()?)
    };
    let good = check(&proof)?;
    ensure!(
        good.status.success() && told(&good).contains("budget_changed"),
        "{}",
        told(&good)
    );
    let moved = proof.replacen("index 2", "index 1", 1);
    ensure!(
        moved != proof && !check(&moved)?.status.success(),
        "a moved proof holds"
    );
    server.stop()?;

    // Another log under the same name and key, longer than the one that was kept.
    let forked = Server::start(&setup("fork.db")).await?;
    grow(&forked, 600).await?;
    let follower = Follower {
        base: forked.base.clone(),
        ..follower
    };
    let third = follower.follow()?;
    ensure!(!third.status.success(), "a fork is followed");
    ensure!(
        told(&third).contains("does not continue"),
        "{}",
        told(&third)
    );
    task.abort();
    Ok(())
}
