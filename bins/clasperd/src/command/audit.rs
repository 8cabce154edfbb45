//! `clasperd audit`: whether log, ledger and projections agree, and the bundle that shows it to others.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use clasper_auth::AeadSeal;
use clasper_core::{Clock, SystemClock, TenantId};
use clasper_evidence::key_in_use;
use clasper_store::Store;
use clasper_store_verify::{AuditReport, verify_all};
use tokio_util::task::TaskTracker;

use crate::app;
use crate::command::ConfigFile;
use crate::config::{Config, ProcessEnvironment};
use crate::export;
use crate::subsystem;

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk the log of every tenant and compare it with ledger and accounts; exits 0 only if all agree.
    Verify(VerifyArguments),
    /// Write the signed bundle of a tenant's log, up to its newest checkpoint, for `clasper verify`.
    Export(ExportArguments),
}

/// What to export, and where to.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The tenant
    #[arg(long)]
    tenant: TenantId,
    /// The archive to write, such as `acme.tar.gz`; it must not exist yet
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    file: ConfigFile,
}

/// What to verify.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Only this tenant
    #[arg(long)]
    tenant: Option<String>,
    /// Print the report as JSON lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

/// Does it.
pub async fn run(command: &AuditCommand, environment: &ProcessEnvironment) -> Result<ExitCode> {
    match command {
        AuditCommand::Verify(arguments) => verify(arguments, environment).await,
        AuditCommand::Export(arguments) => export(arguments, environment).await,
    }
}

async fn export(arguments: &ExportArguments, environment: &ProcessEnvironment) -> Result<ExitCode> {
    let config = Config::load(arguments.file.config.as_deref(), environment)?;
    let database = app::open_database(&config).await?;
    app::ensure_schema(&database, config.database.migrate).await?;
    let tracker = TaskTracker::new();
    let store = Store::start(database.clone(), &tracker);
    let seal = AeadSeal::from_secret(&subsystem::agent_secret(&config))?;
    // Exporting must not change which key signs.
    let key = key_in_use(&store, config.audit.seed()?.as_ref(), &seal).await?;
    let now = SystemClock.now();
    drop(store);
    tracker.close();
    tracker.wait().await;
    let (tenant, out) = (&arguments.tenant, &arguments.out);
    let exported = export::export(&database, tenant, &config.audit.log_name, &key, now, out).await;
    database.close().await;
    let exported = exported?;
    println!(
        "{}: {} entries of {tenant}, {} bytes",
        out.display(),
        exported.entries,
        exported.bytes
    );
    Ok(ExitCode::SUCCESS)
}

async fn verify(arguments: &VerifyArguments, environment: &ProcessEnvironment) -> Result<ExitCode> {
    let config = Config::load(arguments.file.config.as_deref(), environment)?;
    let database = app::open_database(&config).await?;
    let report = verify_all(&database, arguments.tenant.as_deref())
        .await
        .context("the database cannot be read")?;
    database.close().await;
    if arguments.json {
        print_json(&report);
    } else {
        print(&report);
    }
    if let Some(tenant) = arguments
        .tenant
        .as_deref()
        .filter(|_| report.tenants.is_empty())
    {
        anyhow::bail!("there is no tenant {tenant}");
    }
    Ok(if report.is_whole() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(report: &AuditReport) {
    for tenant in &report.tenants {
        let verdict = if tenant.faults.is_empty() {
            "whole"
        } else {
            "BROKEN"
        };
        println!(
            "{}: {verdict}; {} audit entries, {} ledger rows, {} decisions open",
            tenant.tenant, tenant.entries, tenant.ledger_rows, tenant.open_decisions
        );
        tenant
            .faults
            .iter()
            .for_each(|fault| println!("  - {fault}"));
    }
    if report.tenants.is_empty() {
        println!("the log is empty");
    }
}

fn print_json(report: &AuditReport) {
    for tenant in &report.tenants {
        let line = serde_json::json!({
            "tenant_id": tenant.tenant,
            "whole": tenant.faults.is_empty(),
            "entries": tenant.entries,
            "ledger_rows": tenant.ledger_rows,
            "open_decisions": tenant.open_decisions,
            "faults": tenant.faults,
        });
        println!("{line}");
    }
}
