//! `cargo xtask bench`: start-up, idle memory and the server under load, with the machine's load beside them.
//!
//! The numbers are printed with the targets and never fail: on a machine that does other work too, only the CPU time per
//! request compares from run to run.

mod http;
mod latency;
mod load;
mod machine;
mod redaction;
mod server;
mod startup;
mod token;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use cargo_metadata::Metadata;
use clap::{Args, ValueEnum};

use crate::{
    bench::server::Programs,
    process::{self, Code, cargo},
};

/// What to measure and how.
#[derive(Args)]
pub struct Options {
    /// Only this measurement; all of them if left out.
    #[arg(value_enum)]
    name: Option<Name>,
    /// Build without link-time optimisation (the profile bench-fast): quicker to build, slower to run.
    #[arg(long)]
    fast: bool,
    /// How long to send.
    #[arg(long, value_name = "SECONDS", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The seed of the texts that redaction is measured on.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How many texts redaction is measured on.
    #[arg(long, value_name = "NUMBER", default_value_t = 6_000)]
    texts: usize,
    /// How many faults of each kind redaction shows.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    faults: usize,
    /// Only this scenario of the load; may be repeated.
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// Send so many requests a second instead of as many as are answered; latencies compare between runs then.
    #[arg(long, value_name = "REQUESTS", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Write the figures of the load to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print ratios to the figures of another run, written by `--json`.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// How many connections send at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// From the start of the process to the first 200 of /readyz.
    Startup,
    /// Resident memory after two idle seconds.
    Memory,
    /// The server under load, one scenario after another, on SQLite with the offline model; and the floor beside it.
    Load,
    /// Precision, recall and F of redaction for each kind, on texts that are made from a seed.
    Redaction,
}

/// Builds the programs, measures, prints.
pub fn run(root: &Path, options: &Options) -> anyhow::Result<Code> {
    let profile = if options.fast {
        "bench-fast"
    } else {
        "release"
    };
    let target = target_folder(root)?;
    println!("building clasperd, clasper and example-backend ({profile})");
    let mut build = cargo(root);
    build.args([
        "build",
        "--locked",
        "-p",
        "clasperd",
        "-p",
        "example-backend",
        "-p",
        "clasper",
        "--profile",
        profile,
    ]);
    ensure!(process::run(&mut build)? == 0, "the build failed");

    let programs = Programs::new(target.join(profile), root);
    // In the target folder rather than in /tmp, which is memory on many machines: commits must reach a disk.
    let scratch = target.join("bench");
    fs::create_dir_all(&scratch)?;
    let folder = tempfile::Builder::new()
        .prefix("run-")
        .tempdir_in(&scratch)?;
    println!("\nmachine     {}", machine::description());
    if wanted(options, Name::Startup) || wanted(options, Name::Memory) {
        startup::measure(
            &programs,
            &folder.path().join("startup"),
            wanted(options, Name::Memory),
        )?;
    }
    if wanted(options, Name::Load) {
        let load = load::Options {
            only: &options.scenario,
            connections: options.connections,
            seconds: options.seconds,
            rate: options.rate,
            json: options.json.as_deref(),
            compare: options.compare.as_deref(),
        };
        load::measure(&programs, &folder.path().join("load"), &load)?;
    }
    if wanted(options, Name::Redaction) {
        let texts = redaction::Options {
            seed: options.seed,
            texts: options.texts,
            show: options.faults,
        };
        let program = target.join(profile).join("clasper");
        redaction::measure(&program, &folder.path().join("redaction"), texts)?;
    }
    Ok(0)
}

fn wanted(options: &Options, name: Name) -> bool {
    options.name.is_none_or(|chosen| chosen == name)
}

fn target_folder(root: &Path) -> anyhow::Result<PathBuf> {
    let answer =
        process::output(cargo(root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Metadata =
        serde_json::from_slice(&answer).context("cannot read the answer of `cargo metadata`")?;
    Ok(metadata.target_directory.into_std_path_buf())
}
