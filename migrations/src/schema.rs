//! Migrations: whether the schema is current, and making it so.

use sea_orm::{DatabaseConnection, DbErr};

use crate::{Migrator, MigratorTrait};

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

/// Whether the database has the tables that this version needs.
///
/// # Errors
/// [`SchemaError`].
pub async fn schema_state(database: &DatabaseConnection) -> Result<SchemaState, SchemaError> {
    let pending = Migrator::get_pending_migrations(database)
        .await?
        .len();
    Ok(if pending == 0 {
        SchemaState::Current
    } else {
        SchemaState::Behind { pending }
    })
}

/// Runs the migrations that are missing; returns how many.
///
/// # Errors
/// [`SchemaError`].
pub async fn migrate(database: &DatabaseConnection) -> Result<usize, SchemaError> {
    let pending = Migrator::get_pending_migrations(database)
        .await?
        .len();
    if pending > 0 {
        Migrator::up(database, None).await?;
    }
    Ok(pending)
}
