//! `clasper`: the operator's command line over the HTTP API.

mod archive;
mod command;
mod server;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;

use crate::server::Server;

/// Ask and operate a Clasper server.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct ServerArgs {
    /// Where the server listens.
    #[arg(
        long,
        env = "CLASPER_URL",
        default_value = "http://127.0.0.1:8081",
        global = true
    )]
    url: String,
    /// An API key (`clk_…`) or a token of the tenant. Better in the environment than on the command line, which others see.
    #[arg(long, env = "CLASPER_API_KEY", hide_env_values = true, global = true)]
    api_key: Option<SecretString>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Policies: packs, what is in force, rules of one's own.
    #[command(subcommand)]
    Policy(command::policy::Policy),
    /// What models cost.
    #[command(subcommand)]
    Price(command::price::Price),
    /// Decisions that wait for people.
    #[command(subcommand)]
    Decision(command::decision::Decision),
    /// Redact a text offline, in bounded memory. Exits 0 when it is done, 2 when it could not be.
    Redact(command::redact::Redact),
    /// Ask for a bundle of the audit log with what hangs on it, wait until it is made, and fetch it.
    Export(command::export::Export),
    /// Verify export bundles and proof files offline, against keys of your own. Exits 0 when everything holds, 1 when something does not,
    /// 2 when it could not be tried.
    Verify(command::verify::Verify),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let server = || Server::new(&cli.server.url, cli.server.api_key);
    match cli.command {
        Command::Policy(policy) => command::policy::run(&server()?, policy).await?,
        Command::Price(price) => command::price::run(&server()?, price).await?,
        Command::Decision(decision) => command::decision::run(&server()?, decision).await?,
        Command::Redact(redact) => return Ok(command::redact::run(&redact)),
        Command::Export(export) => command::export::run(&server()?, export).await?,
        Command::Verify(verify) => return Ok(command::verify::run(&verify)),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
