//! `cargo xtask openapi`: the checked-in API documents are those the handlers write.

use std::{fs, path::Path};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::process::{self, Code, cargo};

/// Written from the handlers: the file, and what prints it.
const GENERATED: &[(&str, &[&str])] = &[
    ("openapi/clasper.json", &["openapi"]),
    ("openapi/adapter.json", &["openapi", "--adapter"]),
];

/// Written by hand: the contract that others implement.
const CONTRACTS: &[&str] = &["openapi/control-plane.json"];

/// How many differing lines are shown.
const SHOWN: usize = 6;

/// Writes the documents.
pub fn write(root: &Path) -> anyhow::Result<Code> {
    for (name, arguments) in GENERATED {
        let document = generate(root, arguments)?;
        let file = root.join(name);
        if fs::read_to_string(&file).is_ok_and(|present| present == document) {
            println!("{name} is up to date");
        } else {
            fs::write(&file, document).with_context(|| format!("cannot write {name}"))?;
            println!("{name} is written");
        }
    }
    Ok(0)
}

/// Compares the documents with the checked-in ones, and looks at the contract beside them.
pub fn check(root: &Path) -> anyhow::Result<Code> {
    for contract in CONTRACTS {
        let text = fs::read_to_string(root.join(contract))
            .with_context(|| format!("cannot read {contract}"))?;
        ensure_openapi(contract, &text)?;
    }
    let mut code = 0;
    for (name, arguments) in GENERATED {
        let present = fs::read_to_string(root.join(name)).unwrap_or_default();
        let document = generate(root, arguments)?;
        if let Some(difference) = difference(&present, &document) {
            code = 1;
            println!(
                "{name} is not what the handlers say:\n{difference}\nrun `cargo xtask openapi` and commit the file"
            );
        } else {
            println!("{name} is up to date");
        }
    }
    Ok(code)
}

fn generate(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = cargo(root);
    command.args(["run", "--quiet", "-p", "clasperd", "--"]);
    let printed = process::output(command.args(arguments))?;
    let document = String::from_utf8(printed).context("`clasperd openapi` does not print UTF-8")?;
    ensure_openapi("`clasperd openapi`", &document)?;
    ensure!(
        document.ends_with('\n'),
        "`clasperd openapi` does not end its last line"
    );
    Ok(document)
}

fn ensure_openapi(name: &str, text: &str) -> anyhow::Result<()> {
    let document: Value =
        serde_json::from_str(text).with_context(|| format!("{name} is not JSON"))?;
    ensure!(
        document.get("openapi").is_some_and(Value::is_string),
        "{name} has no member `openapi`: it is no OpenAPI document"
    );
    Ok(())
}

/// The first lines that differ, or nothing if none do.
fn difference(present: &str, wanted: &str) -> Option<String> {
    if present == wanted {
        return None;
    }
    let old: Vec<&str> = present.lines().collect();
    let new: Vec<&str> = wanted.lines().collect();
    let first = old
        .iter()
        .zip(&new)
        .take_while(|(one, other)| one == other)
        .count();
    let last = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    // The equal ends of two texts may overlap, as in a list that lost one of two equal entries.
    let last = last.min(old.len().min(new.len()) - first);
    let removed = old[first..old.len() - last]
        .iter()
        .take(SHOWN)
        .map(|line| format!("  - {line}"));
    let added = new[first..new.len() - last]
        .iter()
        .take(SHOWN)
        .map(|line| format!("  + {line}"));
    let head = std::iter::once(format!("  from line {}:", first + 1));
    Some(
        head.chain(removed)
            .chain(added)
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

#[cfg(test)]
mod tests {
    use crate::openapi::{difference, ensure_openapi};

    #[test]
    fn a_document_says_which_openapi_it_is() {
        assert!(ensure_openapi("it", r#"{"openapi": "3.1.0"}"#).is_ok());
        for text in ["", "{", "[]", "{}", r#"{"openapi": 3}"#] {
            assert!(ensure_openapi("it", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_first_differing_lines_are_shown_and_no_others() {
        for (present, wanted, shown) in [
            ("a\nb\nc\n", "a\nx\nc\n", "  from line 2:\n  - b\n  + x"),
            ("a\nc\n", "a\nb\nc\n", "  from line 2:\n  + b"),
            ("a\na\n", "a\n", "  from line 2:\n  - a"),
            ("", "a\n", "  from line 1:\n  + a"),
            ("a", "a\n", "  from line 2:"),
        ] {
            assert_eq!(difference(present, wanted).as_deref(), Some(shown));
        }
        assert_eq!(difference("a\n", "a\n"), None);
    }

    #[test]
    fn a_long_difference_is_cut() {
        let wanted = "line\n".repeat(100);
        assert_eq!(
            difference("", &wanted)
                .expect("they differ")
                .lines()
                .count(),
            7
        );
    }
}
