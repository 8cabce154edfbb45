//! `clasperd migrate`: brings the tables to this version.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::app;
use crate::command::ConfigFile;
use crate::config::{Config, ProcessEnvironment};

/// Runs the missing migrations.
pub async fn run(file: &ConfigFile, environment: &ProcessEnvironment) -> Result<ExitCode> {
    let config = Config::load(file.config.as_deref(), environment)?;
    let database = app::open_database(&config).await?;
    let ran = clasper_migrations::migrate(database.writer())
        .await
        .context("the migrations failed")?;
    println!("{ran} migration(s) run; the database is current");
    database.close().await;
    Ok(ExitCode::SUCCESS)
}
