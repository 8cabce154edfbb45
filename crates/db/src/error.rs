//! Errors of the database, and what they mean to a port.

use clasper_core::StoreError;
use sea_orm::{DbErr, RuntimeErr};

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is neither `sqlite://…` nor `postgres://…`.
    #[error("the database address must start with sqlite:// or postgres://")]
    Address,
    /// The SQLite file cannot be made or read.
    #[error("the database file {path} cannot be opened")]
    File {
        /// Its path.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another server process has the SQLite file.
    #[error(
        "another clasperd is using {path}: one server at a time may use a SQLite file (use Postgres for several)"
    )]
    Locked {
        /// The file.
        path: String,
    },
    /// The database refused.
    #[error("the database cannot be reached or refused the connection")]
    Connect(#[from] DbErr),
}

/// What a database error means to a port.
#[must_use]
pub fn store_error(error: DbErr) -> StoreError {
    if is_connection_trouble(&error) {
        StoreError::Unavailable(Box::new(error))
    } else {
        StoreError::Refused(Box::new(error))
    }
}

fn is_connection_trouble(error: &DbErr) -> bool {
    let runtime = match error {
        DbErr::ConnectionAcquire(_) => return true,
        DbErr::Conn(runtime) | DbErr::Exec(runtime) | DbErr::Query(runtime) => runtime,
        _ => return false,
    };
    let RuntimeErr::SqlxError(error) = runtime else {
        return false;
    };
    matches!(
        **error,
        sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_)
    )
}

/// Whether the same transaction may succeed when it is run again: someone else was first (unique key, serialization
/// failure, deadlock), or the database was busy.
#[must_use]
pub fn is_retryable(error: &DbErr) -> bool {
    if error.sql_err().is_some() {
        return true;
    }
    let (DbErr::Exec(runtime) | DbErr::Query(runtime) | DbErr::Conn(runtime)) = error else {
        return false;
    };
    let RuntimeErr::SqlxError(error) = runtime else {
        return false;
    };
    let Some(database) = error.as_database_error() else {
        return false;
    };
    // 40001 serialization failure, 40P01 deadlock (PostgreSQL, appendix A); 5 and 6 busy and locked (SQLite result codes).
    matches!(
        database.code().as_deref(),
        Some("40001" | "40P01" | "5" | "6" | "517")
    )
}
