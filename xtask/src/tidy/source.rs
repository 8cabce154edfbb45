//! Rules for single Rust files, read as text.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::tidy::{Problem, table::Layer};

const LINES: usize = 400;

/// The parts of tokio that reach for the outside world, which is not the business of a use case.
const OUTSIDE_OF_TOKIO: &[&str] = &[
    "tokio::fs",
    "tokio::io",
    "tokio::net",
    "tokio::process",
    "tokio::runtime",
    "tokio::signal",
];

/// How a library takes its README as its documentation, instead of an opening line of its own.
const README_AS_DOCUMENTATION: &str = "#![doc = include_str!(\"../README.md\")]";

/// Every Rust file of a crate, in order.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                found.extend(files(&entry.path())?);
            }
        } else if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "rs")
        {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Checks one file of a crate that stands in this layer.
pub fn check(place: &str, text: &str, layer: Option<Layer>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > LINES {
        problems.push(Problem::error(
            place,
            format!("{lines} lines, of at most {LINES}"),
            "split it by the questions it answers; tests can move to `tests.rs` beside it",
        ));
    }
    if !text.starts_with("//!") && !text.starts_with(README_AS_DOCUMENTATION) {
        problems.push(Problem::error(
            place,
            "does not say what it is",
            "let its first line be `//! …`, one sentence saying what the file is for",
        ));
    }
    for (index, line) in text.lines().enumerate() {
        problems.extend(check_line(&format!("{place}:{}", index + 1), line, layer));
    }
    problems
}

fn check_line(place: &str, line: &str, layer: Option<Layer>) -> Option<Problem> {
    let code = line.trim_start();
    let error = |what: &str, remedy: &str| Some(Problem::error(place, what, remedy));
    if code.starts_with("#[should_panic") {
        return error(
            "a test that should panic passes for any panic",
            "test the value that says so, or `catch_unwind` its message",
        );
    }
    if code.starts_with("#[ignore") {
        return error(
            "an ignored test tells nobody anything",
            "repair it or delete it",
        );
    }
    if let Some(comment) = comment(line)
        && let Some(word) = unkept_promise(comment)
    {
        return error(
            &format!("a `{word}` without an issue"),
            &format!("do it, or write `{word}(#123)` with the issue's number"),
        );
    }
    let reaches_outside =
        layer == Some(Layer::UseCase) && OUTSIDE_OF_TOKIO.iter().any(|path| names(code, path));
    if reaches_outside && comment(line) != Some(code) {
        return error(
            "a use case waits (`tokio::sync`, `tokio::time`) and does nothing else with tokio",
            "put it behind a port and into an adapter",
        );
    }
    None
}

/// The comment a line ends with or is. A `//` in a string counts: the rules read text, and a false alarm is cheap.
fn comment(line: &str) -> Option<&str> {
    line.find("//").map(|start| &line[start..])
}

/// The word for work put off, if no issue's number follows it.
fn unkept_promise(comment: &str) -> Option<&'static str> {
    ["TODO", "FIXME"].into_iter().find(|word| {
        comment.match_indices(word).any(|(start, _)| {
            let rest = &comment[start + word.len()..];
            let whole = !comment[..start].ends_with(is_of_word) && !rest.starts_with(is_of_word);
            let number = rest
                .split('#')
                .nth(1)
                .is_some_and(|number| number.starts_with(|digit: char| digit.is_ascii_digit()));
            whole && !number
        })
    })
}

fn names(code: &str, path: &str) -> bool {
    code.match_indices(path)
        .any(|(start, _)| !code[start + path.len()..].starts_with(is_of_word))
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Checks that a library opens with an example that compiles, in its root file or in the README it includes.
pub fn check_example(place: &str, library: &str, readme: &str) -> Option<Problem> {
    let documentation: Vec<&str> = library
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("//!"))
        .collect();
    let includes_readme = library.contains(README_AS_DOCUMENTATION);
    let found =
        has_example(documentation.into_iter()) || (includes_readme && has_example(readme.lines()));
    (!found).then(|| {
        Problem::error(
            place,
            "the crate shows no example of its use",
            "add a fenced Rust example to the `//!` documentation, or to a README included as documentation",
        )
    })
}

/// Whether a text has a fenced block that rustdoc compiles.
fn has_example<'text>(lines: impl Iterator<Item = &'text str>) -> bool {
    let mut inside = false;
    for line in lines {
        let Some(language) = line.trim().strip_prefix("```") else {
            continue;
        };
        if !inside
            && language
                .split(',')
                .all(|word| matches!(word.trim(), "" | "rust" | "no_run"))
        {
            return true;
        }
        inside = !inside;
    }
    false
}

#[cfg(test)]
mod tests;
