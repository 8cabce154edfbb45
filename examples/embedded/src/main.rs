//! `example-embedded`: serves the refund desk until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use clasper_core::{SystemClock, SystemIds, TenantId, Usd};
use example_embedded::{DeskOptions, RefundDesk, Shop, router};
use tokio::net::TcpListener;

/// A refund desk whose payments are governed by the Clasper crates.
#[derive(Parser)]
#[command(name = "example-embedded", version)]
struct Args {
    /// Address to listen on; the desk has no authentication of its own, so keep it on loopback.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9002")]
    listen: SocketAddr,

    /// The database file; made when missing.
    #[arg(long, value_name = "FILE", default_value = "refunds.db")]
    db: PathBuf,

    /// What may be paid back in a month, in US dollars.
    #[arg(long, value_name = "USD", default_value = "100")]
    limit: Usd,
}

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
            eprintln!("example-embedded: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<()> {
    let desk = RefundDesk::open(DeskOptions {
        file: args.db.clone(),
        tenant: TenantId::new("shop")?,
        monthly_limit: args.limit,
        cashier: Arc::new(sample_shop()?),
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
    })
    .await
    .with_context(|| format!("cannot open {}", args.db.display()))?;
    let listener = TcpListener::bind(args.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; choose another address with --listen",
            args.listen
        )
    })?;
    println!(
        "refund desk on http://{}, orders 1001 (30 USD), 1002 (80 USD), 1003 (45.50 USD)",
        listener.local_addr()?
    );
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, router(desk.clone()))
        .with_graceful_shutdown(interrupted)
        .await?;
    desk.close().await;
    Ok(())
}

fn sample_shop() -> Result<Shop> {
    let order = |id: &str, paid: &str| anyhow::Ok((id.to_owned(), paid.parse::<Usd>()?));
    Ok(Shop::new([
        order("1001", "30")?,
        order("1002", "80")?,
        order("1003", "45.50")?,
    ]))
}
