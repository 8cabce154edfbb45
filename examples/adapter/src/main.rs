//! A shell executor that asks Clasper before it runs anything.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use clasper_adapter::{
    Adapter, Ask, Canary, Event, Governed, Grant, Metrics, Registration, Reports, Settings,
};
use secrecy::ExposeSecret;
use serde_json::json;

/// The status of shells for a command that was found and not run.
const NOT_RUN: u8 = 126;

/// Runs commands that Clasper permits.
#[derive(Parser)]
struct Arguments {
    /// The server.
    #[arg(long, env = "CLASPER_URL", default_value = "http://127.0.0.1:8081")]
    server: String,
    /// The tenant.
    #[arg(long, env = "CLASPER_TENANT")]
    tenant: String,
    /// The workspace.
    #[arg(long, env = "CLASPER_WORKSPACE_ID", default_value = "main")]
    workspace: String,
    /// This adapter's id.
    #[arg(long, env = "CLASPER_ADAPTER_ID", default_value = "asking-shell")]
    adapter: String,
    /// Its token or key.
    #[arg(long, env = "CLASPER_ADAPTER_TOKEN", hide_env_values = true)]
    token: String,
    /// The longest wait for people, in seconds.
    #[arg(long, default_value_t = 300)]
    wait_secs: u64,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Makes this adapter known.
    Register,
    /// Asks for what must be denied, and says how this adapter is governed.
    Probe,
    /// Asks, runs, reports.
    Run {
        /// The command and its arguments.
        #[arg(required = true, last = true)]
        command: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut settings = Settings::new(
        &arguments.server,
        &arguments.tenant,
        &arguments.workspace,
        &arguments.adapter,
    );
    settings.approval_wait = Duration::from_secs(arguments.wait_secs);
    let adapter = Adapter::new(settings, &arguments.token.into())?;
    match arguments.task {
        Task::Register => register(&adapter).await,
        Task::Probe => probe(&adapter).await,
        Task::Run { command } => run(&adapter, &command).await,
    }
}

async fn register(adapter: &Adapter) -> Result<ExitCode> {
    let version = env!("CARGO_PKG_VERSION");
    let mut registration = Registration::new("Asking shell", version, ["exec"]);
    registration.tool_capabilities = vec!["exec".to_owned()];
    let known = adapter.register(&registration).await?;
    println!(
        "known as {} risk, {}",
        known.risk_class, known.certification_tier
    );
    if let Some(key) = known.adapter_token {
        println!("CLASPER_ADAPTER_TOKEN={}", key.expose_secret());
    }
    Ok(ExitCode::SUCCESS)
}

async fn probe(adapter: &Adapter) -> Result<ExitCode> {
    match adapter.probe().await {
        Canary::Denied { .. } => println!("what must be denied was denied"),
        Canary::Passed => {
            println!("what must be denied was allowed: nothing here is governed");
            return Ok(ExitCode::FAILURE);
        }
        Canary::Unknown(why) => println!("nothing was proven: {why}"),
    }
    let posture = adapter.posture().await?;
    println!(
        "{} ({}) {}",
        posture.status,
        posture.mode,
        posture.reasons.join(", ")
    );
    let is_enforced = posture.status == "ENFORCED";
    Ok(if is_enforced {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn run(adapter: &Adapter, command: &[String]) -> Result<ExitCode> {
    let directory = std::env::current_dir().context("the working directory is gone")?;
    let ask = Ask::new("exec")
        .program(command)
        .directory(&directory.to_string_lossy())
        .intent("shell_command");
    let done = adapter
        .governed(ask, |grant| execute(adapter.clone(), grant, command))
        .await;
    match done {
        Ok(status) => Ok(ExitCode::from(status)),
        Err(Governed::Blocked(why)) => {
            eprintln!("asking-shell: not run: {why}");
            Ok(ExitCode::from(NOT_RUN))
        }
        Err(Governed::Effect(error)) => Err(error),
    }
}

async fn execute(adapter: Adapter, grant: Grant, command: &[String]) -> Result<u8> {
    let (program, arguments) = command.split_first().context("a command")?;
    let mut child = Command::new(program);
    child.args(arguments);
    let reports = adapter.reports(&grant);
    let begun = Instant::now();
    let status = tokio::task::spawn_blocking(move || child.status()).await?;
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let code = status
        .as_ref()
        .ok()
        .and_then(std::process::ExitStatus::code);
    tell(&reports, code, duration_ms).await;
    let status = status.with_context(|| format!("{program} cannot be run"))?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1))
}

/// Reports come after the fact: one that is not taken is said so, and changes nothing.
async fn tell(reports: &Reports, code: Option<i32>, duration_ms: u64) {
    let event = Event {
        event_type: "tool_execution_completed".to_owned(),
        message: None,
        event_data: Some(json!({"tool": "exec", "status": code, "duration_ms": duration_ms})),
    };
    let metrics = Metrics {
        step_count: 1,
        duration_ms,
    };
    let told = [reports.event(&event).await, reports.metrics(&metrics).await];
    for fault in told.into_iter().filter_map(Result::err) {
        eprintln!("asking-shell: not reported: {fault}");
    }
}
