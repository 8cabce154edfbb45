//! `cargo xtask tidy`: the rules of the architecture that a program can check.

mod graph;
mod layer;
mod layers;
mod manifest;
mod size;
mod source;
mod table;
mod tree;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    process::Code,
    report::Style,
    tidy::{graph::Package, table::TABLE},
};

/// A rule that does not hold somewhere, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    fails: bool,
    place: String,
    what: String,
    remedy: String,
}

impl Problem {
    /// A broken rule: `tidy` fails.
    fn error(place: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            fails: true,
            place: place.into(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// A rule about to be broken: `tidy` says so and passes.
    fn warning(
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            fails: false,
            ..Self::error(place, what, remedy)
        }
    }
}

/// Checks every rule and prints what does not hold.
pub fn run(root: &Path, style: Style) -> anyhow::Result<Code> {
    let packages = graph::read(root)?;
    let mut problems = tree::check(&tree::entries(root)?);
    problems.extend(layers::check(TABLE, &packages));
    for package in &packages {
        problems.extend(check_package(root, package)?);
    }
    Ok(print(&problems, packages.len(), style))
}

fn check_package(root: &Path, package: &Package) -> anyhow::Result<Vec<Problem>> {
    let manifest = read(&package.manifest)?;
    let mut problems = manifest::check(&shown(root, &package.manifest), &manifest)?;
    let mut lines = 0;
    for file in source::files(&package.folder)? {
        let text = read(&file)?;
        lines += text.lines().count();
        problems.extend(source::check(
            &shown(root, &file),
            &text,
            table::layer_of(&package.name),
        ));
    }
    problems.extend(size::check(&package.name, lines));
    if let Some(library) = &package.library {
        let readme = fs::read_to_string(package.folder.join("README.md")).unwrap_or_default();
        problems.extend(source::check_example(
            &shown(root, library),
            &read(library)?,
            &readme,
        ));
    }
    Ok(problems)
}

fn print(problems: &[Problem], packages: usize, style: Style) -> Code {
    for problem in problems {
        let label = if problem.fails {
            style.bad("error")
        } else {
            style.caution("warning")
        };
        println!(
            "{label}: {}: {}\n    {}",
            style.strong(&problem.place),
            problem.what,
            problem.remedy
        );
    }
    let errors = problems.iter().filter(|problem| problem.fails).count();
    let warnings = problems.len() - errors;
    let verdict = if errors == 0 {
        style.good("tidy")
    } else {
        style.bad("not tidy")
    };
    println!("{verdict}: {packages} crates, {errors} errors, {warnings} warnings");
    Code::from(errors > 0)
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// A path as people see it: from the root of the workspace.
fn shown(root: &Path, file: &Path) -> String {
    let relative: PathBuf = file.strip_prefix(root).unwrap_or(file).to_owned();
    relative.display().to_string()
}
