//! Running other programs, and what their ends mean for ours.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};

use crate::environment;

/// The exit status of a task: 0 is success.
pub type Code = u8;

/// Something outside the repository is missing, and the message says what to install. Ends with exit status 2.
#[derive(Debug)]
pub struct Missing(pub String);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

/// The exit status an error ends with.
pub fn code_of(error: &anyhow::Error) -> Code {
    if error.is::<Missing>() { 2 } else { 1 }
}

/// A cargo command in the workspace's root, by the cargo that started us.
pub fn cargo(root: &Path) -> Command {
    let program = environment::read("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(root);
    for name in environment::of_outer_cargo() {
        command.env_remove(name);
    }
    command
}

/// The folder of the workspace's `Cargo.toml`.
pub fn workspace_root() -> anyhow::Result<PathBuf> {
    let arguments = ["locate-project", "--workspace", "--message-format", "plain"];
    let manifest = output(cargo(Path::new(".")).args(arguments))?;
    let manifest = PathBuf::from(String::from_utf8(manifest)?.trim());
    Ok(manifest
        .parent()
        .context("the workspace's manifest has no folder")?
        .to_owned())
}

/// Runs a command on our terminal and answers its exit status.
pub fn run(command: &mut Command) -> anyhow::Result<Code> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", describe(command)))?;
    // A program killed by a signal has no status; to the caller it simply failed.
    Ok(status
        .code()
        .map_or(1, |code| u8::try_from(code).unwrap_or(1)))
}

/// Runs a command quietly and answers whether it succeeded. A program that does not exist did not.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a command and answers what it printed; its errors go to our terminal.
pub fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", describe(command)))?;
    if !output.status.success() {
        bail!("`{}` failed with {}", describe(command), output.status);
    }
    Ok(output.stdout)
}

/// A command as one would type it.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::process::{Missing, code_of, describe, run, succeeds};

    #[test]
    fn the_exit_status_of_a_program_is_ours() {
        assert_eq!(
            run(Command::new("sh").args(["-c", "exit 7"])).expect("sh starts"),
            7
        );
        assert_eq!(
            run(Command::new("sh").args(["-c", "kill -9 $$"])).expect("sh starts"),
            1
        );
    }

    #[test]
    fn a_missing_thing_ends_with_two_and_anything_else_with_one() {
        let missing = anyhow::Error::new(Missing("install it".to_owned()));
        assert_eq!(code_of(&missing.context("while looking")), 2);
        assert_eq!(code_of(&anyhow::anyhow!("broken")), 1);
    }

    #[test]
    fn a_program_that_does_not_exist_does_not_succeed() {
        assert!(!succeeds(&mut Command::new("no-such-program-anywhere")));
    }

    #[test]
    fn a_command_is_described_without_the_folder_of_its_program() {
        assert_eq!(
            describe(Command::new("/usr/bin/cargo").args(["fmt", "--check"])),
            "cargo fmt --check"
        );
    }
}
