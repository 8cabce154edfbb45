//! `clasperd serve`: production.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::command::ConfigFile;
use crate::config::{Config, ProcessEnvironment};
use crate::serve;

/// Starts the server and stays until it is told to stop.
pub async fn run(file: &ConfigFile, environment: &ProcessEnvironment) -> Result<ExitCode> {
    let config = Config::load(file.config.as_deref(), environment)?;
    let problems = config.problems();
    if !problems.is_empty() {
        bail!("the server does not start:\n- {}", problems.join("\n- "));
    }
    serve::run(config, environment).await?;
    Ok(ExitCode::SUCCESS)
}
