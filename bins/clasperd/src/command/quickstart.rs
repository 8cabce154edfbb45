//! `clasperd quickstart`: the main job, offline, on real parts; then a server to play with.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use clasper_core::{Clock, IdSource, SystemClock, SystemIds};
use clasper_store_verify::verify_all;
use example_backend::{Backend, BackendConfig};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::config::{Config, ProcessEnvironment, Secret};
use crate::quickstart::{Demo, files};
use crate::serve;

/// The tenant of the demo.
const TENANT: &str = "demo";
/// The message of the demo.
const MESSAGE: &str =
    "A customer asks where order 1042 is. Her address is anna@example.com. What do we answer?";

/// How to run the demo.
#[derive(Debug, Args)]
pub struct QuickstartArguments {
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: String,
    /// Where to keep the demo's database, workspace and secrets
    #[arg(long, value_name = "DIR", default_value = "clasper-data")]
    data_dir: PathBuf,
    /// Exit after the first message; 0 only if all of it held
    #[arg(long)]
    once: bool,
}

/// Runs the demo.
pub async fn run(
    arguments: QuickstartArguments,
    environment: &ProcessEnvironment,
) -> Result<ExitCode> {
    let (secrets, tasks) = (files::prepare(&arguments.data_dir)?, TaskTracker::new());
    let backend_address = start_backend(&arguments.data_dir, &secrets, &tasks).await?;
    let config = configure(&arguments, &secrets, backend_address);
    let telemetry = serve::start_telemetry(&config, environment)?;
    let metrics = clasper_telemetry::install_metrics().context("metrics")?;
    let listen = if arguments.once {
        "127.0.0.1:0"
    } else {
        arguments.listen.as_str()
    };
    let listener = serve::bind(listen).await?;
    let address = listener.local_addr()?;
    let app = App::build(&config, environment, Some(metrics)).await?;
    app.start(&config).await?;

    let stop = CancellationToken::new();
    let database = app.database.clone();
    let signal = stop.clone();
    let server = tasks.spawn(serve::serve(
        app,
        listener,
        std::time::Duration::from_secs(10),
        async move {
            tokio::select! {
                () = signal.cancelled() => {}
                () = serve::stop_signal() => {}
            }
        },
    ));
    let demo = Demo::new(address, secrets.daemon_key.expose_secret())?;
    let outcome = show(&demo, &database).await;
    let held = match &outcome {
        Ok(held) => *held,
        Err(error) => {
            eprintln!("the demo failed: {error:#}");
            false
        }
    };
    if arguments.once || !held {
        stop.cancel();
    } else {
        farewell(&demo, &arguments.data_dir);
    }
    server.await.context("the server's task ended badly")??;
    telemetry
        .shutdown()
        .await
        .context("the last spans were not exported")?;
    Ok(if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn start_backend(
    data_dir: &Path,
    secrets: &files::Secrets,
    tasks: &TaskTracker,
) -> Result<SocketAddr> {
    let backend = Backend::open(BackendConfig {
        database: example_backend::Database::File(data_dir.join("backend.db")),
        agent_jwt_secret: secrets.agent_jwt_secret.clone(),
        clock: Arc::new(|| SystemClock.now()),
        ids: Arc::new(|| SystemIds.next_uuid()),
    })
    .await
    .context("the sample backend cannot be opened")?;
    let listener = serve::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // It has no state of its own to save, so it may end with the process.
    tasks.spawn(axum::serve(listener, backend.router()).into_future());
    Ok(address)
}

fn configure(
    arguments: &QuickstartArguments,
    secrets: &files::Secrets,
    backend: SocketAddr,
) -> Config {
    let mut config = Config::default();
    config.server.listen.clone_from(&arguments.listen);
    let database = arguments.data_dir.join("clasper.db");
    config.database.url = Secret(format!("sqlite://{}?mode=rwc", database.display()).into());
    config.credentials.agent_jwt_secret = Some(Secret(secrets.agent_jwt_secret.clone()));
    config.credentials.daemon_key = Some(Secret(secrets.daemon_key.clone()));
    config.credentials.local_tenant = TENANT.into();
    config.backend.url = format!("http://{backend}");
    config.agent.workspace = arguments.data_dir.join("workspace");
    config.agent.default_task = Some("Support desk".into());
    config.llm.provider = "scripted".into();
    config.llm.model = "scripted/support".into();
    config.telemetry.log = "warn".into();
    config
}

/// Runs one governed message and shows what there is to see. Returns whether all of it held.
async fn show(demo: &Demo, database: &clasper_db::Database) -> Result<bool> {
    demo.post(
        "/budget",
        &json!({"tenant_id": TENANT, "budget_usd": "1.00", "hard_limit": true}),
    )
    .await?;
    println!(
        "Sending one message to the agent (offline, scripted model) under a budget of 1 USD …\n"
    );
    let body = json!({
        "tenant_id": TENANT,
        "user_id": "user-1",
        "session_key": "user:user-1:lead",
        "message": MESSAGE,
    });
    let reply = demo.post("/api/agents/send", &body).await?;
    let text = |value: &Value, pointer: &str| -> Result<String> {
        let found = value
            .pointer(pointer)
            .with_context(|| format!("the answer lacks {pointer}"))?;
        Ok(found
            .as_str()
            .map_or_else(|| found.to_string(), str::to_owned))
    };
    let trace_id = text(&reply, "/trace_id")?;
    println!("reply         {}", text(&reply, "/response")?);
    println!(
        "delivered     {} (task {})",
        text(&reply, "/delivery")?,
        text(&reply, "/task_id")?
    );
    println!("trace         {trace_id}");
    println!("cost          {} USD", text(&reply, "/cost/totalCost")?);

    let trace = demo
        .get(&format!("/traces/{trace_id}?tenant_id={TENANT}"))
        .await?;
    let stored = text(&trace, "/trace/input/message")?;
    let masked = !stored.contains("anna@example.com");
    println!("stored input  {stored}");
    let budget = demo.get(&format!("/budget?tenant_id={TENANT}")).await?;
    println!(
        "budget left   {} of {} USD ({} held)",
        text(&budget, "/budget/availableUsd")?,
        text(&budget, "/budget/budgetUsd")?,
        text(&budget, "/budget/heldUsd")?
    );
    let report = verify_all(database, None)
        .await
        .context("the audit log cannot be read")?;
    let entries: i64 = report.tenants.iter().map(|t| t.entries).sum();
    let verdict = if report.is_whole() {
        "verified"
    } else {
        "BROKEN"
    };
    println!("audit         {verdict}: {entries} entries, log, ledger and accounts agree");
    for fault in report.tenants.iter().flat_map(|t| &t.faults) {
        println!("              - {fault}");
    }
    if !masked {
        bail!("the customer's address was stored in clear");
    }
    Ok(report.is_whole())
}

fn farewell(demo: &Demo, data_dir: &Path) {
    let Demo { base, key, .. } = demo;
    println!(
        "\nServing on {base} (data in {}). The same by curl:\n",
        data_dir.display()
    );
    println!(
        "  curl -s {base}/api/agents/send -H 'X-Agent-Daemon-Key: {key}' -H 'Content-Type: application/json' \\\n    -d '{{\"tenant_id\":\"{TENANT}\",\"user_id\":\"user-1\",\"session_key\":\"user:user-1:lead\",\"message\":\"Hello\"}}'"
    );
    println!("  curl -s '{base}/audit?tenant_id={TENANT}' -H 'X-Agent-Daemon-Key: {key}'");
    println!("\nAPI documentation: {base}/docs    Stop with Ctrl-C.");
}
