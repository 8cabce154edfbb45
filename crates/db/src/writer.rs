//! The connection of the group commit, whichever database it is to.

use std::path::Path;

use sea_orm::{DatabaseConnection, DbErr};

use crate::dialect::Dialect;
use crate::inline_sqlite::InlineSqlite;
use crate::transaction::WriteTransaction;

/// The one connection through which groups are written.
#[derive(Debug)]
pub struct GroupWriter(Kind);

#[derive(Debug)]
enum Kind {
    Inline(InlineSqlite),
    Sqlx(DatabaseConnection, Dialect),
}

impl GroupWriter {
    /// Writes to a SQLite file by plain function calls.
    pub(crate) fn inline(path: &Path) -> Self {
        Self(Kind::Inline(InlineSqlite::new(path)))
    }

    /// Writes through sqlx.
    pub(crate) fn sqlx(connection: DatabaseConnection, dialect: Dialect) -> Self {
        Self(Kind::Sqlx(connection, dialect))
    }

    /// Whether its statements block the thread that runs them.
    pub(crate) const fn blocks(&self) -> bool {
        matches!(self.0, Kind::Inline(_))
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&mut self) -> Result<WriteTransaction, DbErr> {
        match &mut self.0 {
            Kind::Inline(sqlite) => sqlite.begin().map(WriteTransaction::from),
            Kind::Sqlx(connection, dialect) => {
                dialect.begin(connection).await.map(WriteTransaction::from)
            }
        }
    }
}
