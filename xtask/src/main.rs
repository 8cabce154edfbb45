//! The project's own tasks: `cargo xtask tidy`, `test`, `openapi`, `ci`, `bench`.
//!
//! This package depends on none of our crates, so that it builds in seconds and still runs when they do not compile.

mod bench;
mod ci;
mod environment;
mod openapi;
mod postgres;
mod process;
mod report;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{process::Code, report::Style};

/// Tasks of the Clasper workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check the architecture rules: layers, manifests, sizes, files.
    Tidy,
    /// Run all tests, with a private Postgres that is deleted afterwards.
    Test {
        /// Arguments for cargo-nextest, after `--`.
        #[arg(last = true)]
        nextest: Vec<String>,
    },
    /// Write `openapi/clasper.json` from the handlers.
    Openapi {
        /// Change nothing; fail if the checked-in document is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Run everything CI runs, in order, until the first failure.
    Ci,
    /// Measure start-up, idle memory and the main job, with the machine's load beside them.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let style = Style::detect();
    match run(Arguments::parse().task, style) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{} {error:#}", style.bad("error:"));
            ExitCode::from(process::code_of(&error))
        }
    }
}

fn run(task: Task, style: Style) -> anyhow::Result<Code> {
    let root = process::workspace_root()?;
    match task {
        Task::Tidy => tidy::run(&root, style),
        Task::Test { nextest } => test::run(&root, &nextest),
        Task::Openapi { check: true } => openapi::check(&root),
        Task::Openapi { check: false } => openapi::write(&root),
        Task::Ci => Ok(ci::run(&root, style)),
        Task::Bench(options) => bench::run(&root, &options),
    }
}
