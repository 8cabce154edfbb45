//! What rows say, for those who check a database without going through the ports.

use clasper_db::Database;
use sea_orm::{DatabaseTransaction, DbErr, IsolationLevel, TransactionTrait};

pub use crate::read::audit::log_rows;
pub use crate::read::evidence::keys as log_keys;
pub use crate::row::{chain_head, corrupt, count, logged_entry, trace_row, unspeakable};
pub use crate::write::{hold_scopes, labels_hash};

/// A reading transaction that sees one state of the database; on SQLite every transaction does.
///
/// # Errors
/// When the database refuses.
pub async fn begin(database: &Database) -> Result<DatabaseTransaction, DbErr> {
    match database.dialect() {
        clasper_db::Dialect::Postgres => {
            let level = Some(IsolationLevel::RepeatableRead);
            database.reader().begin_with_config(level, None).await
        }
        clasper_db::Dialect::Sqlite => database.reader().begin().await,
    }
}
