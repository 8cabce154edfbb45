//! The top level of the repository: exactly what the architecture names.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::tidy::Problem;

/// What must be there.
const REQUIRED: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "bins",
    "clippy.toml",
    "crates",
    "deny.toml",
    "examples",
    "migrations",
    "openapi",
    "rust-toolchain.toml",
    "xtask",
];

/// What may be there beside it, and any name that starts with a dot.
const OPTIONAL: &[&str] = &["docs"];

/// The names at the top level, without what git ignores. A copy without a repository is taken as it lies.
pub fn entries(root: &Path) -> anyhow::Result<BTreeSet<String>> {
    if let Some(listed) = listed_by_git(root) {
        return Ok(listed);
    }
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(root)? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    names.remove("target");
    Ok(names)
}

fn listed_by_git(root: &Path) -> Option<BTreeSet<String>> {
    let mut command = Command::new("git");
    command.current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let paths = String::from_utf8_lossy(&output.stdout);
    let tops = paths
        .split('\0')
        .filter_map(|path| path.split('/').next())
        .filter(|top| !top.is_empty());
    // A file that was deleted and not yet committed is still listed.
    Some(
        tops.filter(|top| root.join(top).exists())
            .map(str::to_owned)
            .collect(),
    )
}

/// Checks the names at the top level.
pub fn check(entries: &BTreeSet<String>) -> Vec<Problem> {
    let expected =
        |name: &str| name.starts_with('.') || REQUIRED.contains(&name) || OPTIONAL.contains(&name);
    let strangers = entries.iter().filter(|name| !expected(name)).map(|name| {
        Problem::error(
            name,
            "does not belong at the top level of the repository",
            "move it to where it belongs (a dot file, docs/, a crate), or ignore it in .gitignore",
        )
    });
    let missing = REQUIRED
        .iter()
        .filter(|name| !entries.contains(**name))
        .map(|name| {
            Problem::error(
                *name,
                "is missing at the top level of the repository",
                "restore it",
            )
        });
    strangers.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::tidy::tree::{REQUIRED, check};

    fn said(change: impl FnOnce(&mut BTreeSet<String>)) -> Vec<String> {
        let mut entries: BTreeSet<String> = REQUIRED.iter().map(ToString::to_string).collect();
        change(&mut entries);
        check(&entries)
            .into_iter()
            .map(|problem| format!("{} {}", problem.place, problem.what))
            .collect()
    }

    #[test]
    fn what_is_named_and_dot_files_belong_there() {
        let said =
            said(|entries| entries.extend(["docs", ".ci", ".rustfmt.toml"].map(String::from)));
        assert_eq!(said, Vec::<String>::new());
    }

    #[test]
    fn a_stranger_and_a_gap_are_told() {
        let strange = said(|entries| entries.extend([String::from("rustfmt.toml")]));
        assert_eq!(
            strange,
            ["rustfmt.toml does not belong at the top level of the repository"]
        );
        let gap = said(|entries| entries.retain(|name| name != "LICENSE"));
        assert_eq!(
            gap,
            ["LICENSE is missing at the top level of the repository"]
        );
    }
}
