//! `clasperd tenant`: creates tenants from the machine itself.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use clasper_core::TenantId;
use clasper_identity::{NewTenant, TenantCreation};

use crate::command::ConfigFile;
use crate::config::{Config, ProcessEnvironment};
use crate::operator::{LocalOperator, local_caller};

/// What to do with tenants.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant.
    Create(CreateArguments),
}

/// The tenant to create.
#[derive(Debug, Args)]
pub struct CreateArguments {
    /// Its id, as tokens and requests name it
    #[arg(value_name = "TENANT")]
    id: TenantId,
    /// Its name for people [default: the id]
    #[arg(long)]
    name: Option<String>,
    /// IANA time zone in which its months begin
    #[arg(long, default_value = "UTC")]
    time_zone: chrono_tz::Tz,
    #[command(flatten)]
    file: ConfigFile,
}

/// Does it.
pub async fn run(command: TenantCommand, environment: &ProcessEnvironment) -> Result<ExitCode> {
    let TenantCommand::Create(arguments) = command;
    let config = Config::load(arguments.file.config.as_deref(), environment)?;
    let operator = LocalOperator::open(&config).await?;
    let name = arguments.name.unwrap_or_else(|| arguments.id.to_string());
    let caller = local_caller(arguments.id.clone());
    let tenant = NewTenant {
        id: arguments.id,
        name,
        time_zone: arguments.time_zone,
    };
    let creation = operator.identity.create_tenant(&caller, tenant).await;
    operator.close().await;
    match creation.context("the tenant was not created")? {
        TenantCreation::Created(tenant) => println!("tenant {} created", tenant.id),
        TenantCreation::AlreadyExists(tenant) => {
            println!("tenant {} exists already; nothing was changed", tenant.id);
        }
    }
    Ok(ExitCode::SUCCESS)
}
