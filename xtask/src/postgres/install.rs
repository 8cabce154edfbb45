//! Installing Postgres from Debian's packages.

use std::process::Command;

use crate::{environment, postgres::account, process};

/// Installs Postgres if this machine has apt-get and we may use it. Answers nothing if that was not possible.
pub fn with_apt() -> Option<()> {
    environment::in_path("apt-get").first()?;
    let prefix: &[&str] = if account::is_root() {
        &[]
    } else if process::succeeds(Command::new("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        return None;
    };
    println!("PostgreSQL is missing: installing it with apt-get (once)");
    apt_get(prefix, &["update", "-qq"])?;
    apt_get(
        prefix,
        &[
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            "postgresql",
        ],
    )
}

fn apt_get(prefix: &[&str], arguments: &[&str]) -> Option<()> {
    // Through `env`, because sudo does not pass variables on.
    let words = [
        prefix,
        &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
        arguments,
    ]
    .concat();
    let (program, arguments) = words.split_first()?;
    process::run(Command::new(program).args(arguments))
        .ok()
        .filter(|code| *code == 0)
        .map(|_| ())
}
