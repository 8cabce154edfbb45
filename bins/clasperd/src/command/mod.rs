//! The command line: what can be said, and one file for each thing that is done.

pub mod audit;
pub mod config;
pub mod key;
pub mod migrate;
pub mod openapi;
pub mod quickstart;
pub mod serve;
pub mod tenant;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The Clasper server: runs agents under governance and can prove what happened.
#[derive(Debug, Parser)]
#[command(
    name = "clasperd",
    version,
    after_help = "Start here:\n  clasperd quickstart        see one governed message, offline, in a minute\n  clasperd config schema     everything that can be configured\n  clasperd serve             production; says what is missing"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run one governed message offline, show its trace, cost and verified audit, then serve.
    Quickstart(quickstart::QuickstartArguments),
    /// Serve. Refuses to start while a secret is missing or weak.
    Serve(ConfigFile),
    /// Bring the database's tables to this version.
    Migrate(ConfigFile),
    /// Print the OpenAPI document.
    Openapi {
        /// Only what adapters need, as a contract of its own.
        #[arg(long)]
        adapter: bool,
    },
    /// Check, describe or show the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Verify the audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Tenants.
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// API keys.
    #[command(subcommand)]
    Key(key::KeyCommand),
}

/// Where the configuration is.
#[derive(Debug, Clone, Args)]
pub struct ConfigFile {
    /// The configuration file [default: clasper.toml, when there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
