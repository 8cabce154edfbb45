//! `clasperd`: the Clasper server, and the commands that operate it.

mod app;
mod archives;
mod command;
mod config;
mod decisions;
mod evidence;
mod export;
mod gate;
mod operator;
mod outgoing;
mod quickstart;
mod readiness;
mod reports;
mod serve;
mod subsystem;
mod watch;
mod worker;

use std::process::ExitCode;

use clap::Parser;

use crate::command::{Arguments, Command};
use crate::config::ProcessEnvironment;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = ProcessEnvironment::read();
    // One TLS provider for the whole process; a second installation could only come from ourselves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(arguments.command, &environment)));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("clasperd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, environment: &ProcessEnvironment) -> anyhow::Result<ExitCode> {
    match command {
        Command::Quickstart(arguments) => command::quickstart::run(arguments, environment).await,
        Command::Serve(arguments) => command::serve::run(&arguments, environment).await,
        Command::Migrate(arguments) => command::migrate::run(&arguments, environment).await,
        Command::Openapi { adapter } => command::openapi::run(adapter),
        Command::Config(command) => command::config::run(&command, environment),
        Command::Audit(command) => command::audit::run(&command, environment).await,
        Command::Tenant(command) => command::tenant::run(command, environment).await,
        Command::Key(command) => command::key::run(command, environment).await,
    }
}
