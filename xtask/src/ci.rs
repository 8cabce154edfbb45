//! `cargo xtask ci`: everything CI runs, in order, until the first failure.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    openapi,
    process::{self, Code, cargo},
    report::{self, Style},
    test, tidy,
    tools::{DENY, NEXTEST},
};

/// How a step ended.
enum Ended {
    With(Code),
    Skipped(&'static str),
}

struct Context<'run> {
    root: &'run Path,
    style: Style,
}

struct Step {
    name: &'static str,
    run: fn(&Context<'_>) -> anyhow::Result<Ended>,
}

const STEPS: &[Step] = &[
    Step {
        name: "tools",
        run: |context| Ok(tools(context)),
    },
    Step {
        name: "fmt",
        run: |context| run_cargo(context, &["fmt", "--all", "--", "--check"]),
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step {
        name: "tidy",
        run: |context| tidy::run(context.root, context.style).map(Ended::With),
    },
    Step {
        name: "deny",
        run: |context| {
            run_cargo(
                context,
                &["deny", "--locked", "check", "bans", "licenses", "sources"],
            )
        },
    },
    Step {
        name: "advisories",
        run: advisories,
    },
    Step {
        name: "openapi",
        run: |context| openapi::check(context.root).map(Ended::With),
    },
    Step {
        name: "test",
        run: |context| test::run(context.root, &[]).map(Ended::With),
    },
    Step {
        name: "doc tests",
        run: |context| run_cargo(context, &["test", "--doc", "--workspace", "--locked"]),
    },
    Step {
        name: "docs",
        run: docs,
    },
];

/// Runs the steps and prints how long each took.
pub fn run(root: &Path, style: Style) -> Code {
    let context = Context { root, style };
    let mut rows = Vec::new();
    let mut failure = 0;
    for step in STEPS {
        if failure != 0 {
            rows.push(row(step.name, &style.caution("not run"), None));
            continue;
        }
        println!("{}", style.strong(&format!("== {}", step.name)));
        let started = Instant::now();
        let ended = (step.run)(&context).unwrap_or_else(|error| {
            eprintln!("{} {error:#}", style.bad("error:"));
            Ended::With(process::code_of(&error))
        });
        let took = Some(started.elapsed());
        rows.push(match ended {
            Ended::With(0) => row(step.name, &style.good("ok"), took),
            Ended::With(_) => row(step.name, &style.bad("FAILED"), took),
            Ended::Skipped(reason) => row(
                step.name,
                &style.caution(&format!("skipped: {reason}")),
                took,
            ),
        });
        if let Ended::With(code) = ended {
            failure = code;
        }
    }
    println!("\n{}", rows.join("\n"));
    failure
}

fn row(name: &str, ended: &str, took: Option<Duration>) -> String {
    let took = took.map(report::duration).unwrap_or_default();
    format!("{name:<12}{took:>14}  {ended}")
}

/// Installs what the later steps use, so that their durations are their own.
fn tools(context: &Context<'_>) -> Ended {
    // The test step can do without its runner; nothing replaces the judge of dependencies.
    NEXTEST.ensure(context.root);
    let there = DENY.ensure(context.root);
    if !there {
        println!("{} is missing and could not be installed", DENY.package());
    }
    Ended::With(Code::from(!there))
}

fn clippy(context: &Context<'_>) -> anyhow::Result<Ended> {
    run_cargo(
        context,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    )
}

/// Known vulnerabilities, if the database of them can be reached from here.
fn advisories(context: &Context<'_>) -> anyhow::Result<Ended> {
    let mut fetch = cargo(context.root);
    // Git gives up on a network that answers nothing, and never asks for a password.
    fetch
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
        .env("GIT_HTTP_LOW_SPEED_TIME", "20");
    if !process::succeeds(fetch.args(["deny", "fetch", "db"])) {
        println!(
            "the advisory database cannot be reached: known vulnerabilities were not looked for"
        );
        return Ok(Ended::Skipped("the advisory database cannot be reached"));
    }
    run_cargo(
        context,
        &["deny", "--locked", "check", "--disable-fetch", "advisories"],
    )
}

fn docs(context: &Context<'_>) -> anyhow::Result<Ended> {
    let mut command = cargo(context.root);
    command
        .args(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "-Dwarnings");
    process::run(&mut command).map(Ended::With)
}

fn run_cargo(context: &Context<'_>, arguments: &[&str]) -> anyhow::Result<Ended> {
    process::run(cargo(context.root).args(arguments)).map(Ended::With)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::ci::{STEPS, row};

    #[test]
    fn the_steps_run_from_the_cheapest_to_the_dearest() {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(
            names,
            [
                "tools",
                "fmt",
                "clippy",
                "tidy",
                "deny",
                "advisories",
                "openapi",
                "test",
                "doc tests",
                "docs"
            ]
        );
    }

    #[test]
    fn a_row_of_the_summary_lines_up_with_or_without_a_duration() {
        let ran = row("test", "ok", Some(Duration::from_secs(75)));
        let not_run = row("docs", "not run", None);
        assert_eq!(ran.find("ok"), not_run.find("not run"));
    }
}
