//! The only place of this package that reads environment variables.

use std::{env, ffi::OsString, path::PathBuf};

/// The value of a variable, if it is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "a developer's tool is configured by its environment, and reads it only here"
)]
pub fn read(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Every file called `name` in the folders of `PATH`, in their order.
pub fn in_path(name: &str) -> Vec<PathBuf> {
    let path = read("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .filter(|file| file.is_file())
        .collect()
}

/// Variables that the cargo which started us set for us alone. A cargo that we start must not see them: build scripts
/// watch some of them and would be run again on every change between `cargo xtask` and plain `cargo`.
pub fn of_outer_cargo() -> Vec<OsString> {
    env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_str().is_some_and(is_of_outer_cargo))
        .collect()
}

fn is_of_outer_cargo(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || matches!(
            name,
            "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR"
        )
}

#[cfg(test)]
mod tests {
    use crate::environment::is_of_outer_cargo;

    #[test]
    fn only_what_cargo_set_for_this_package_is_hidden() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_BIN_NAME"] {
            assert!(is_of_outer_cargo(name), "{name}");
        }
        for name in [
            "CARGO",
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_TERM_COLOR",
            "CARGO_NET_OFFLINE",
        ] {
            assert!(!is_of_outer_cargo(name), "{name}");
        }
    }
}
