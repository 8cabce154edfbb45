//! `example-backend`: serves the sample backend on a loopback address until it is told to stop.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use clap::Parser;
use example_backend::{Backend, BackendConfig, Database, MIN_SECRET_BYTES};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;

/// A small product backend that Clasper can work for.
#[derive(Parser)]
#[command(name = "example-backend", version, long_about = ABOUT, after_help = EXAMPLES)]
struct Args {
    /// Address to listen on; keep it on loopback unless a TLS proxy stands in front.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9001")]
    listen: SocketAddr,

    /// Directory of the database; made when missing.
    #[arg(long, value_name = "DIR", default_value = "example-backend-data")]
    data_dir: PathBuf,
}

const ABOUT: &str = "\
A small product backend that Clasper can work for.

It implements the Control Plane Contract (openapi/control-plane.json): tasks, messages, documents and a few tools, kept per user in
a SQLite file. Point Clasper at it with BACKEND_URL, and give both the same AGENT_JWT_SECRET.";

const EXAMPLES: &str = "\
Environment:
  AGENT_JWT_SECRET  The key that Clasper signs agent tokens with, at least 32 bytes. Required.

Example:
  export AGENT_JWT_SECRET=$(openssl rand -hex 32)
  example-backend --data-dir /tmp/backend &
  BACKEND_URL=http://127.0.0.1:9001 clasperd serve";

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("example-backend: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<()> {
    let path = args.data_dir.join("backend.db");
    let backend = Backend::open(config(Database::File(path.clone()))?)
        .await
        .with_context(|| format!("cannot open {}", path.display()))?;
    let listener = TcpListener::bind(args.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; choose another address with --listen",
            args.listen
        )
    })?;
    println!(
        "example-backend listening on http://{}, data in {}",
        listener.local_addr()?,
        path.display()
    );
    axum::serve(listener, backend.router())
        .with_graceful_shutdown(told_to_stop())
        .await?;
    backend.close().await.context("cannot close the database")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the binary is where the environment, the clock and the ids come from"
)]
fn config(database: Database) -> Result<BackendConfig> {
    let secret = std::env::var("AGENT_JWT_SECRET").map(SecretString::from).context(
        "AGENT_JWT_SECRET is not set; give this backend and Clasper the same secret, for example one made by: openssl rand -hex 32",
    )?;
    anyhow::ensure!(
        secret.expose_secret().len() >= MIN_SECRET_BYTES,
        "AGENT_JWT_SECRET is shorter than {MIN_SECRET_BYTES} bytes and could be guessed; make one with: openssl rand -hex 32"
    );
    Ok(BackendConfig {
        database,
        agent_jwt_secret: secret,
        clock: Arc::new(chrono::Utc::now),
        ids: Arc::new(uuid::Uuid::now_v7),
    })
}

/// Resolves on ctrl-c or SIGTERM; where a signal cannot be listened for, the other still stops the server.
async fn told_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! { () = interrupt => {}, () = terminated() => {} }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
