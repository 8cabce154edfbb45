//! Errors of the inline writer, in the shape that sqlx's have, so that callers tell them apart in one way.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::{DatabaseError, ErrorKind};

/// What SQLite refused, with its extended result code.
#[derive(Debug)]
pub(crate) struct SqliteRefusal {
    code: i32,
    message: String,
}

impl fmt::Display for SqliteRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "(code: {}) {}", self.code, self.message)
    }
}

impl StdError for SqliteRefusal {}

impl DatabaseError for SqliteRefusal {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        use rusqlite::ffi;
        match self.code {
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID => ErrorKind::UniqueViolation,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
            ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}

/// The error of something that was to change rows.
pub(crate) fn exec_error(error: rusqlite::Error) -> DbErr {
    DbErr::Exec(runtime(error))
}

/// The error of something that was to read rows.
pub(crate) fn query_error(error: rusqlite::Error) -> DbErr {
    DbErr::Query(runtime(error))
}

fn runtime(error: rusqlite::Error) -> RuntimeErr {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            let message = message.unwrap_or_else(|| failure.to_string());
            refusal(failure.extended_code, message)
        }
        other => RuntimeErr::Internal(other.to_string()),
    }
}

fn refusal(code: i32, message: String) -> RuntimeErr {
    let refusal = SqliteRefusal { code, message };
    RuntimeErr::SqlxError(Arc::new(sqlx::Error::Database(Box::new(refusal))))
}
