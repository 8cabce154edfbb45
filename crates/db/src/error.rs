//! Errors of the database, and what they mean to a port.

use clasper_core::StoreError;
use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use crate::inline_sqlite::SqliteRefusal;

/// Another connection has the lock (SQLite result codes).
const SQLITE_BUSY: i32 = 5;
/// Something within the same process has the lock.
const SQLITE_LOCKED: i32 = 6;

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is neither `sqlite://…` nor `postgres://…`.
    #[error("the database address must start with sqlite:// or postgres://")]
    Address,
    /// The address begins with `sqlite:`, but the rest makes no sense.
    #[error("the database address must look like sqlite://path/to/clasper.db?mode=rwc")]
    SqliteAddress,
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
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return true;
    }
    match sqlx_error(error) {
        Some(sqlx::Error::Database(refusal)) => match sqlite_code(refusal.as_ref()) {
            // The low byte is the primary code. Busy and locked: somebody else writes for very long. The others: no
            // memory, not writable, I/O trouble, disk full, cannot be opened, trouble with locks of the file.
            Some(code) => matches!(
                code & 0xff,
                SQLITE_BUSY | SQLITE_LOCKED | 7 | 8 | 10 | 13 | 14 | 15
            ),
            None => false,
        },
        Some(error) => matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Tls(_)
        ),
        None => false,
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The extended result code, when SQLite refused: through sqlx or through the inline writer.
fn sqlite_code(refusal: &dyn DatabaseError) -> Option<i32> {
    let is_sqlite = refusal.try_downcast_ref::<SqliteError>().is_some()
        || refusal.try_downcast_ref::<SqliteRefusal>().is_some();
    refusal.code().filter(|_| is_sqlite)?.parse().ok()
}

/// Whether the same transaction may succeed when it is run again: someone else was first (unique key, serialization
/// failure, deadlock), or the database was busy.
#[must_use]
pub fn is_retryable(error: &DbErr) -> bool {
    let Some(sqlx::Error::Database(refusal)) = sqlx_error(error) else {
        return false;
    };
    if refusal.is_unique_violation() || refusal.is_foreign_key_violation() {
        return true;
    }
    match sqlite_code(refusal.as_ref()) {
        Some(code) => matches!(code & 0xff, SQLITE_BUSY | SQLITE_LOCKED),
        // 40001 serialization failure, 40P01 deadlock (PostgreSQL, appendix A).
        None => matches!(refusal.code().as_deref(), Some("40001" | "40P01")),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use crate::inline_sqlite::exec_error;

    use super::{StoreError, is_retryable, store_error};

    #[test]
    fn refusals_of_sqlite_are_told_apart_by_their_codes() {
        let check = |code, retryable, unavailable| {
            let failure = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = exec_error(failure);
            assert_eq!(is_retryable(&error), retryable, "{code}");
            let mapped = store_error(error);
            assert_eq!(
                matches!(mapped, StoreError::Unavailable(_)),
                unavailable,
                "{code}"
            );
        };
        check(ffi::SQLITE_CONSTRAINT_UNIQUE, true, false);
        check(ffi::SQLITE_CONSTRAINT_PRIMARYKEY, true, false);
        check(ffi::SQLITE_CONSTRAINT_FOREIGNKEY, true, false);
        check(ffi::SQLITE_CONSTRAINT_NOTNULL, false, false);
        check(ffi::SQLITE_ERROR, false, false);
        check(ffi::SQLITE_BUSY, true, true);
        check(ffi::SQLITE_BUSY_SNAPSHOT, true, true);
        check(ffi::SQLITE_LOCKED, true, true);
        check(ffi::SQLITE_FULL, false, true);
        check(ffi::SQLITE_IOERR, false, true);
        check(ffi::SQLITE_IOERR_FSYNC, false, true);
        check(ffi::SQLITE_CANTOPEN, false, true);
        check(ffi::SQLITE_READONLY, false, true);
    }
}
