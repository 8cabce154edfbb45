//! The cargo extensions the tasks use, installed when they are missing.

use std::path::Path;

use crate::process::{self, cargo};

/// A cargo extension: the version to install where there is none. Any version already there is taken.
pub struct Tool {
    subcommand: &'static str,
    package: &'static str,
    version: &'static str,
}

/// The test runner.
pub const NEXTEST: Tool = Tool {
    subcommand: "nextest",
    package: "cargo-nextest",
    version: "0.9.143",
};

/// The judge of licences, bans and advisories.
pub const DENY: Tool = Tool {
    subcommand: "deny",
    package: "cargo-deny",
    version: "0.20.2",
};

impl Tool {
    /// The package that carries it.
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// Makes the tool available; answers whether it is.
    pub fn ensure(&self, root: &Path) -> bool {
        self.is_there(root) || self.install(root)
    }

    fn is_there(&self, root: &Path) -> bool {
        process::succeeds(cargo(root).args([self.subcommand, "--version"]))
    }

    fn install(&self, root: &Path) -> bool {
        println!(
            "{} is missing: installing {} (a few minutes, once)",
            self.package, self.version
        );
        let mut command = cargo(root);
        command.args([
            "install",
            self.package,
            "--version",
            self.version,
            "--locked",
        ]);
        // Built beside nothing of ours: another profile and other features would only fill our target folder.
        command.env_remove("CARGO_TARGET_DIR");
        process::run(&mut command).is_ok_and(|code| code == 0) && self.is_there(root)
    }
}
