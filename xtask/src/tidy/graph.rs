//! The crates of the workspace and what each names in its manifest, from `cargo metadata`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, TargetKind};

use crate::process;

/// One crate of the workspace.
#[derive(Debug)]
pub struct Package {
    /// Its name in the manifest.
    pub name: String,
    /// Its `Cargo.toml`.
    pub manifest: PathBuf,
    /// The folder of its manifest.
    pub folder: PathBuf,
    /// The root file of its library, if it has one.
    pub library: Option<PathBuf>,
    /// What its manifest names, ours and others'.
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package it names.
    pub name: String,
    /// Whether only tests and examples see it.
    pub dev: bool,
}

/// Reads the members of the workspace. Needs neither a lock file nor the network.
pub fn read(root: &Path) -> anyhow::Result<Vec<Package>> {
    let mut command = MetadataCommand::new().no_deps().cargo_command();
    // The same cargo and environment as every other command of ours.
    let output = process::output(process::cargo(root).args(command_arguments(&mut command)))?;
    let metadata: Metadata = serde_json::from_slice(&output).context("cannot read the answer of `cargo metadata`")?;
    Ok(metadata.packages.into_iter().map(package).collect())
}
