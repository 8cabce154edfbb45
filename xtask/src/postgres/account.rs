//! The account the server runs under: Postgres refuses root.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt as _},
    path::Path,
    process::Command,
};

use crate::process::{self, Missing};

/// The account to run Postgres's programs under.
pub struct Account {
    /// User and group to change to; none if we are not root and stay who we are.
    change_to: Option<(u32, u32)>,
}

impl Account {
    /// Ours, unless we are root: then the account Postgres's package made, or the one that owns nothing.
    pub fn for_server() -> anyhow::Result<Self> {
        if !is_root() {
            return Ok(Self { change_to: None });
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"]
            .iter()
            .find_map(|name| ids(&accounts, name));
        let missing = "Postgres refuses to run as root, and there is no account `postgres` or `nobody`: add one";
        Ok(Self {
            change_to: Some(found.ok_or_else(|| Missing(missing.to_owned()))?),
        })
    }

    /// Makes a command run under this account.
    pub fn apply(&self, command: &mut Command) {
        if let Some((user, group)) = self.change_to {
            command.uid(user).gid(group);
        }
    }

    /// Gives a folder to this account.
    pub fn own(&self, folder: &Path) -> std::io::Result<()> {
        match self.change_to {
            Some((user, group)) => chown(folder, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    /// Whether the account is another than ours.
    pub fn is_other(&self) -> bool {
        self.change_to.is_some()
    }
}

/// Whether we are root.
pub fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim_ascii() == b"0")
}

/// User and group of an account in the format of `/etc/passwd`.
fn ids(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use crate::postgres::account::ids;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        assert_eq!(ids(accounts, "postgres"), Some((101, 104)));
        assert_eq!(ids(accounts, "nobody"), None);
    }
}
