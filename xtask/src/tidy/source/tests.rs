//! The file rules on small made-up files.

use crate::tidy::{
    source::{check, check_example},
    table::Layer,
};

/// What `tidy` says about a file with a proper first line and this line after it.
fn said(line: &str, layer: Layer) -> Vec<String> {
    let problems = check("a.rs", &format!("//! A file.\n{line}\n"), Some(layer));
    problems
        .into_iter()
        .map(|problem| format!("{} {}", problem.place, problem.what))
        .collect()
}

#[test]
fn a_file_opens_with_a_sentence_about_itself() {
    for text in [
        "//! A file.\nfn f() {}\n",
        "#![doc = include_str!(\"../README.md\")]\n",
    ] {
        assert!(check("a.rs", text, None).is_empty(), "{text:?}");
    }
    for text in ["", "fn f() {}\n", "// A file.\n", "/// A file.\n"] {
        let problems = check("a.rs", text, None);
        assert_eq!(problems.len(), 1, "{text:?}");
        assert_eq!(problems[0].what, "does not say what it is");
    }
}

#[test]
fn a_file_has_at_most_four_hundred_lines() {
    let file = |lines: usize| format!("//! A file.\n{}", "\n".repeat(lines - 1));
    assert!(check("a.rs", &file(400), None).is_empty());
    assert_eq!(
        check("a.rs", &file(401), None)[0].what,
        "401 lines, of at most 400"
    );
}

#[test]
fn tests_neither_panic_on_purpose_nor_sleep_through() {
    for line in [
        "#[ignore]",
        "    #[ignore = \"slow\"]",
        "#[should_panic]",
        "#[should_panic(expected = \"x\")]",
    ] {
        assert_eq!(said(line, Layer::Domain).len(), 1, "{line}");
    }
    for line in ["let text = \"#[ignore]\";", "#[test]"] {
        assert!(said(line, Layer::Domain).is_empty(), "{line}");
    }
}

#[test]
fn work_put_off_names_its_issue() {
    let put_off = ["TO", "DO"].concat();
    for rest in ["", ": later", " (soon)", "(# 12)"] {
        assert_eq!(
            said(&format!("let x = 1; // {put_off}{rest}"), Layer::Domain).len(),
            1,
            "{rest}"
        );
    }
    for rest in ["(#12): later", " #12", "S are listed", "_LIST"] {
        assert!(
            said(&format!("// {put_off}{rest}"), Layer::Domain).is_empty(),
            "{rest}"
        );
    }
    assert!(said(&format!("let text = \"{put_off}\";"), Layer::Domain).is_empty());
}

#[test]
fn a_use_case_only_waits_with_tokio() {
    for line in [
        "use tokio::net::TcpStream;",
        "    let file = tokio::fs::read(path).await?;",
    ] {
        assert_eq!(said(line, Layer::UseCase).len(), 1, "{line}");
        assert!(said(line, Layer::Adapter).is_empty(), "{line}");
    }
    for line in [
        "use tokio::sync::mpsc;",
        "tokio::select! {",
        "// Never tokio::fs here.",
    ] {
        assert!(said(line, Layer::UseCase).is_empty(), "{line}");
    }
}

#[test]
fn a_library_shows_an_example_that_compiles() {
    let include = "//! A crate.\n#![doc = include_str!(\"../README.md\")]\n";
    for (library, readme, shown) in [
        ("//! A crate.\n//! ```\n//! let x = 1;\n//! ```\n", "", true),
        ("//! ```rust,no_run\n//! let x = 1;\n//! ```\n", "", true),
        ("//! ```ignore\n//! let x = 1;\n//! ```\n", "", false),
        ("//! ```text\n//! picture\n//! ```\n//! words\n", "", false),
        (
            "//! ```toml\n//! a = 1\n//! ```\n//! ```\n//! let x = 1;\n//! ```\n",
            "",
            true,
        ),
        (
            "//! A crate.\n/// ```\n/// f();\n/// ```\nfn f() {}\n",
            "",
            false,
        ),
        (include, "# A crate\n```rust\nlet x = 1;\n```\n", true),
        (include, "# A crate\n```sh\nls\n```\n", false),
        ("//! A crate.\n", "```rust\nlet x = 1;\n```\n", false),
    ] {
        assert_eq!(
            check_example("lib.rs", library, readme).is_none(),
            shown,
            "{library:?} {readme:?}"
        );
    }
}
