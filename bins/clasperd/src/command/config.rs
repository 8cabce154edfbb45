//! `clasperd config`: check, schema, show.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::command::ConfigFile;
use crate::config::{Config, ProcessEnvironment, schema};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether `serve` would start with it.
    Check(ConfigFile),
    /// Print the JSON Schema of `clasper.toml`.
    Schema,
    /// Print the configuration as it is after all layers; secrets are masked.
    Show(ConfigFile),
}

/// Does it.
pub fn run(command: &ConfigCommand, environment: &ProcessEnvironment) -> Result<ExitCode> {
    match command {
        ConfigCommand::Schema => println!("{}", schema()?),
        ConfigCommand::Show(file) => {
            let config = Config::load(file.config.as_deref(), environment)?;
            println!(
                "{}",
                serde_json::to_string_pretty(&config)
                    .context("the configuration has no JSON form")?
            );
        }
        ConfigCommand::Check(file) => {
            let config = Config::load(file.config.as_deref(), environment)?;
            let problems = config.problems();
            for problem in &problems {
                println!("- {problem}");
            }
            if !problems.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
            println!(
                "the configuration is complete; clasperd serve would listen on {}",
                config.server.listen
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
