//! `cargo xtask test`: every test but the doc tests, with a private Postgres.

use std::{ffi::OsString, path::Path, process::Command};

use crate::{
    environment,
    postgres::{self, Cluster},
    process::{self, Code, cargo},
    tools::NEXTEST,
};

/// The variable by which tests find a Postgres server whose user may create databases.
const URL: &str = "CLASPER_TEST_POSTGRES_URL";

/// Runs the tests and answers the runner's exit status.
pub fn run(root: &Path, arguments: &[String]) -> anyhow::Result<Code> {
    let server = Server::get()?;
    process::run(runner(root, arguments).env(URL, server.url()))
}

/// A server that somebody runs for us, or our own.
enum Server {
    Given(OsString),
    Private(Cluster),
}

impl Server {
    fn get() -> anyhow::Result<Self> {
        if let Some(url) = environment::read(URL) {
            println!("testing with the server named by {URL}");
            return Ok(Self::Given(url));
        }
        Ok(Self::Private(postgres::start()?))
    }

    fn url(&self) -> OsString {
        match self {
            Self::Given(url) => url.clone(),
            Self::Private(cluster) => cluster.url().into(),
        }
    }
}

fn runner(root: &Path, arguments: &[String]) -> Command {
    let mut command = cargo(root);
    if NEXTEST.ensure(root) {
        command.args(["nextest", "run"]);
    } else {
        println!(
            "{} is not to be had: falling back to `cargo test`, without its time limits",
            NEXTEST.package()
        );
        command.args(["test", "--no-fail-fast"]);
    }
    if !names_packages(arguments) {
        command.arg("--workspace");
    }
    // A snapshot that differs is a failure, not a new file in the tree.
    command
        .arg("--locked")
        .args(arguments)
        .env("INSTA_UPDATE", "no");
    command
}

/// Whether the arguments choose packages: `--workspace` beside them would choose all.
fn names_packages(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| {
        let long = argument
            .split('=')
            .next()
            .is_some_and(|name| matches!(name, "--package" | "--workspace" | "--manifest-path"));
        long || (argument.starts_with("-p") && !argument.starts_with("--"))
    })
}

#[cfg(test)]
mod tests {
    use crate::test::names_packages;

    #[test]
    fn arguments_that_choose_packages_replace_the_whole_workspace() {
        for (arguments, expected) in [
            (vec!["-p", "clasper-core"], true),
            (vec!["-pclasper-core"], true),
            (vec!["--package=clasper-core"], true),
            (vec!["a_name_of_a_test"], false),
            (vec!["--profile", "ci"], false),
            (vec![], false),
        ] {
            let arguments: Vec<String> = arguments.into_iter().map(String::from).collect();
            assert_eq!(names_packages(&arguments), expected, "{arguments:?}");
        }
    }
}
