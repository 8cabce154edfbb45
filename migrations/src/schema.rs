//! Migrations: whether the schema is current, and making it so.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, TransactionTrait};

use crate::{Migrator, MigratorTrait};

/// The advisory lock of Postgres that one migrating process holds: "clasper" in ASCII.
const MIGRATION_LOCK: i64 = 0x0063_6c61_7370_6572;

/// Whether the database has the tables that this version needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// It has.
    Current,
    /// So many migrations are missing.
    Behind {
        /// How many.
        pending: usize,
    },
}

/// The schema cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[error("the database schema cannot be read or changed")]
pub struct SchemaError(#[from] DbErr);

/// Whether the database has the tables that this version needs. Asking changes nothing, so a reader may.
///
/// # Errors
/// [`SchemaError`].
pub async fn schema_state(database: &DatabaseConnection) -> Result<SchemaState, SchemaError> {
    let pending = Migrator::get_pending_migrations_read_only(database)
        .await?
        .len();
    Ok(if pending == 0 {
        SchemaState::Current
    } else {
        SchemaState::Behind { pending }
    })
}

/// Runs the migrations that are missing; returns how many. Replicas that start together do it one after the other.
///
/// # Errors
/// [`SchemaError`].
pub async fn migrate(database: &DatabaseConnection) -> Result<usize, SchemaError> {
    if database.get_database_backend() != DbBackend::Postgres {
        // A SQLite file has one server, and its migrations are small enough not to meet another's.
        let pending = Migrator::get_pending_migrations(database).await?.len();
        if pending > 0 {
            Migrator::up(database, None).await?;
        }
        return Ok(pending);
    }
    let transaction = database.begin().await?;
    let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
    transaction.execute_unprepared(&lock).await?;
    let pending = Migrator::get_pending_migrations(&transaction).await?.len();
    if pending > 0 {
        Migrator::up(&transaction, None).await?;
    }
    transaction.commit().await?;
    Ok(pending)
}
