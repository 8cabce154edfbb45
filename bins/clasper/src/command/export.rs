//! `clasper export`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::server::Server;

/// How often a bundle that is being made is asked for.
const LOOK: Duration = Duration::from_millis(500);

/// What to export, and where to.
#[derive(Debug, Args)]
pub struct Export {
    /// The archive to write, such as `acme.tar.gz`; it must not exist yet.
    #[arg(long)]
    out: PathBuf,
    /// Show the entries of this workspace only; others are withheld.
    #[arg(long)]
    workspace_id: Option<String>,
    /// Show the entries of this trace only; others are withheld.
    #[arg(long)]
    trace_id: Option<String>,
    /// From this day (UTC) or moment on.
    #[arg(long)]
    start_date: Option<String>,
    /// Up to this day (UTC) or moment.
    #[arg(long)]
    end_date: Option<String>,
}

/// Asks for a bundle, waits until it is made, and fetches it.
pub async fn run(server: &Server, asked: Export) -> Result<()> {
    let mut body = json!({});
    let members = [
        ("workspace_id", asked.workspace_id),
        ("trace_id", asked.trace_id),
        ("start_date", asked.start_date),
        ("end_date", asked.end_date),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            body[name] = Value::String(value);
        }
    }
    let queued = server.post("/ops/api/exports", &body).await?;
    let id = queued["export_id"].as_str().context("no id came back")?;
    let path = format!("/ops/api/exports/{id}");
    let export = made(server, &path).await?;
    let out = asked.out.display();
    let bytes = server
        .download(&format!("{path}/download"), &asked.out)
        .await
        .with_context(|| format!("{out} cannot be written"))?;
    let archive = &export["archive"];
    let (entries, hash) = (&archive["entries"], archive["sha256"].as_str());
    let hash = hash.unwrap_or_default();
    println!("{out}: {entries} entries, {bytes} bytes, {hash}");
    println!(
        "verify it with: clasper verify {out} --key <the log's key, from GET /audit/keys of an earlier day>"
    );
    Ok(())
}

/// The export as soon as it can be fetched.
async fn made(server: &Server, path: &str) -> Result<Value> {
    let mut told = Value::Null;
    loop {
        let export = server.get(path).await?;
        match export["state"].as_str() {
            Some("ready") => return Ok(export),
            Some("queued" | "running") => {}
            state => {
                let state = state.unwrap_or("of no known state");
                let why = export["error"]["detail"].as_str().unwrap_or_default();
                bail!("the export is {state}: {why}");
            }
        }
        let progress = &export["progress"];
        if !progress.is_null() && *progress != told {
            eprintln!("{} of {} entries", progress["done"], progress["total"]);
            told = progress.clone();
        }
        tokio::time::sleep(LOOK).await;
    }
}
