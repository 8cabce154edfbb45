//! Manifests: versions, features and lints are said once, in the root.

use anyhow::Context as _;
use toml::{Table, Value};

use crate::tidy::Problem;

const DEPENDENCIES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// What every member takes from `[workspace.package]`.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

/// Keys a dependency of a member may have.
const ALLOWED: &[&str] = &["workspace", "optional"];

/// Checks one member's manifest.
pub fn check(place: &str, text: &str) -> anyhow::Result<Vec<Problem>> {
    let manifest: Table = text
        .parse()
        .with_context(|| format!("cannot read {place}"))?;
    let mut problems = Vec::new();
    if !inherits(manifest.get("lints")) {
        problems.push(Problem::error(
            place,
            "the workspace's lints are not in force here",
            "add `[lints]` with `workspace = true`",
        ));
    }
    for key in INHERITED {
        if !inherits(manifest.get("package").and_then(|package| package.get(key))) {
            problems.push(Problem::error(
                place,
                format!("`{key}` is not the workspace's"),
                format!("write `{key}.workspace = true` under `[package]`"),
            ));
        }
    }
    for (name, dependency) in dependencies(&manifest) {
        problems.extend(check_dependency(place, name, dependency));
    }
    Ok(problems)
}

/// Every dependency of a manifest, those of single platforms too.
fn dependencies(manifest: &Table) -> impl Iterator<Item = (&String, &Value)> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let tables = platforms
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    tables
        .chain([manifest])
        .flat_map(|table| {
            DEPENDENCIES
                .iter()
                .filter_map(|section| table.get(*section))
        })
        .filter_map(Value::as_table)
        .flatten()
}

fn check_dependency(place: &str, name: &str, dependency: &Value) -> Option<Problem> {
    let extra: Vec<&str> = match dependency.as_table() {
        Some(table) => table
            .keys()
            .map(String::as_str)
            .filter(|key| !ALLOWED.contains(key))
            .collect(),
        None => vec!["version"],
    };
    if extra.is_empty() && inherits(Some(dependency)) {
        return None;
    }
    let what = if extra.is_empty() {
        format!("`{name}` is not the workspace's")
    } else {
        format!("`{name}` says its own {}", extra.join(", "))
    };
    Some(Problem::error(
        place,
        what,
        format!(
            "declare it once under [workspace.dependencies] in the root Cargo.toml and write `{name} = {{ workspace = true }}` here"
        ),
    ))
}

fn inherits(value: Option<&Value>) -> bool {
    value
        .and_then(|value| value.get("workspace"))
        .and_then(Value::as_bool)
        == Some(true)
}

#[cfg(test)]
mod tests {
    use crate::tidy::manifest::check;

    const GOOD: &str = r#"
        [package]
        name = "clasper-x"
        version.workspace = true
        edition.workspace = true
        rust-version.workspace = true
        license.workspace = true
        publish.workspace = true
        [dependencies]
        serde = { workspace = true }
        extra = { workspace = true, optional = true }
        [lints]
        workspace = true
    "#;

    fn said(text: &str) -> Vec<String> {
        let problems = check("crates/x/Cargo.toml", text).expect("the manifest is TOML");
        problems.into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn a_manifest_that_takes_all_from_the_workspace_is_tidy() {
        assert_eq!(said(GOOD), Vec::<String>::new());
    }

    #[test]
    fn a_dependency_says_nothing_of_its_own() {
        for (dependency, what) in [
            (r#"one = "1""#, "`one` says its own version"),
            (r#"one = { version = "1" }"#, "`one` says its own version"),
            (r#"one = { path = "../one" }"#, "`one` says its own path"),
            (
                r#"one = { git = "https://example.org/one", branch = "main" }"#,
                "`one` says its own branch, git",
            ),
            (
                r#"one = { workspace = true, features = ["two"] }"#,
                "`one` says its own features",
            ),
            (
                "one = { workspace = false }",
                "`one` is not the workspace's",
            ),
        ] {
            for section in [
                "[dev-dependencies]",
                "[build-dependencies]",
                "[target.'cfg(unix)'.dependencies]",
            ] {
                assert_eq!(said(&format!("{GOOD}\n{section}\n{dependency}")), [what]);
            }
        }
    }

    #[test]
    fn lints_and_package_keys_come_from_the_workspace() {
        let own = GOOD
            .replace("edition.workspace = true", r#"edition = "2021""#)
            .replace("[lints]", "[other]");
        assert_eq!(
            said(&own),
            [
                "the workspace's lints are not in force here",
                "`edition` is not the workspace's"
            ]
        );
    }
}
