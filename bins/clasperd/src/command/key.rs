//! `clasperd key`: issues API keys from the machine itself.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use clasper_core::{Role, TenantId};
use clasper_identity::NewKey;
use secrecy::ExposeSecret;

use crate::command::ConfigFile;
use crate::config::{Config, ProcessEnvironment};
use crate::operator::{LocalOperator, local_caller};

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Issue a key. Its secret is printed once and never again.
    Create(CreateArguments),
}

/// The key to issue.
#[derive(Debug, Args)]
pub struct CreateArguments {
    /// The tenant it is for
    #[arg(long)]
    tenant: TenantId,
    /// What it may do: agent, viewer, operator, `release_manager` or admin
    #[arg(long)]
    role: Role,
    /// Its name for people
    #[arg(long, default_value = "command line")]
    name: String,
    #[command(flatten)]
    file: ConfigFile,
}

/// Does it.
pub async fn run(command: KeyCommand, environment: &ProcessEnvironment) -> Result<ExitCode> {
    let KeyCommand::Create(arguments) = command;
    let config = Config::load(arguments.file.config.as_deref(), environment)?;
    let operator = LocalOperator::open(&config).await?;
    let caller = local_caller(arguments.tenant);
    let key = NewKey {
        name: arguments.name,
        role: arguments.role,
    };
    let issued = operator
        .identity
        .create_key(&caller, &caller.scope(), key)
        .await;
    operator.close().await;
    let (key, secret) = issued.context("the key was not issued")?;
    println!("{}", secret.expose_secret());
    eprintln!(
        "key {} ({}…) issued for tenant {} as {}; keep the secret above: it is not stored and not shown again",
        key.id, key.prefix, key.tenant, key.role
    );
    Ok(ExitCode::SUCCESS)
}
