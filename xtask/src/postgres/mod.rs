//! A private Postgres for the tests: found or installed, started on a free port, deleted afterwards.

mod account;
mod cluster;
mod install;
mod programs;

pub use crate::postgres::cluster::Cluster;

use crate::{
    postgres::{account::Account, programs::Programs},
    process::Missing,
};

const HELP: &str = "\
the tests need PostgreSQL's `initdb` and `postgres`, and none were found in PATH or /usr/lib/postgresql/*/bin.
Install the server (Debian, Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`;
macOS: `brew install postgresql` and add its bin folder to PATH), or name a running server whose user may
create databases: CLASPER_TEST_POSTGRES_URL=postgres://user@host:5432/postgres";

/// Starts a private cluster, installing Postgres first if it is missing and we may.
pub fn start() -> anyhow::Result<Cluster> {
    let programs = match Programs::find() {
        Some(programs) => programs,
        None => install::with_apt()
            .and_then(|()| Programs::find())
            .ok_or_else(|| Missing(HELP.to_owned()))?,
    };
    Cluster::start(&programs, &Account::for_server()?)
}
