//! Where the two databases differ.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite: one writer, no row locks needed.
    Sqlite,
    /// Postgres: many writers, rows are locked.
    Postgres,
}

impl Dialect {
    /// Begins a transaction that writes. On SQLite it takes the write lock at once: one that starts by reading fails as
    /// soon as another has written in between.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin(
        self,
        connection: &DatabaseConnection,
    ) -> Result<DatabaseTransaction, DbErr> {
        let sqlite_transaction_mode = match self {
            Self::Sqlite => Some(SqliteTransactionMode::Immediate),
            Self::Postgres => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode,
            ..TransactionOptions::default()
        };
        connection.begin_with_options(options).await
    }

    /// The dialect of a connection.
    #[must_use]
    pub fn of(connection: &DatabaseConnection) -> Self {
        match connection.get_database_backend() {
            DbBackend::Postgres => Self::Postgres,
            _ => Self::Sqlite,
        }
    }
}

/// Locks the rows that `select` finds until the transaction ends. Nothing to do on SQLite, where the whole database is
/// locked by then.
pub fn lock_rows(select: &mut SelectStatement, dialect: Dialect) {
    if dialect == Dialect::Postgres {
        select.lock_exclusive();
    }
}
