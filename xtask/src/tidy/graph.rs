//! The crates of the workspace and what each names in its manifest, from `cargo metadata`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, Metadata};

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
#[derive(Debug)]
pub struct Dependency {
    /// The package it names.
    pub name: String,
    /// Whether only tests and examples see it.
    pub dev: bool,
}

/// Reads the members of the workspace. Needs neither a lock file nor the network.
pub fn read(root: &Path) -> anyhow::Result<Vec<Package>> {
    let answer = process::output(process::cargo(root).args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata: Metadata =
        serde_json::from_slice(&answer).context("cannot read the answer of `cargo metadata`")?;
    metadata.packages.into_iter().map(package).collect()
}

fn package(found: cargo_metadata::Package) -> anyhow::Result<Package> {
    let manifest = found.manifest_path.into_std_path_buf();
    let folder = manifest
        .parent()
        .context("a manifest has no folder")?
        .to_owned();
    let library = found
        .targets
        .into_iter()
        .find(|target| target.is_lib() || target.is_proc_macro());
    let dependencies = found.dependencies.into_iter().map(|dependency| Dependency {
        name: dependency.name,
        dev: dependency.kind == DependencyKind::Development,
    });
    Ok(Package {
        name: found.name.to_string(),
        folder,
        manifest,
        library: library.map(|target| target.src_path.into_std_path_buf()),
        dependencies: dependencies.collect(),
    })
}
