//! Whether this process can serve: database writable, migrations current, not stopping.

use std::time::Duration;

use async_trait::async_trait;
use clasper_api_state::{Readiness, ReadinessReport};
use clasper_db::Database;
use clasper_migrations::{SchemaState, schema_state};
use clasper_store::Store;
use tokio_util::sync::CancellationToken;

/// A database that takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks at the database and at our own shutdown.
pub struct ProcessReadiness {
    /// For the schema.
    pub database: Database,
    /// For a write through the writer.
    pub store: Store,
    /// Cancelled when we are stopping.
    pub shutdown: CancellationToken,
}

#[async_trait]
impl Readiness for ProcessReadiness {
    async fn check(&self) -> ReadinessReport {
        let within = |future| tokio::time::timeout(PATIENCE, future);
        let writable = matches!(
            within(Box::pin(self.store.check_writable())).await,
            Ok(Ok(()))
        );
        let schema = tokio::time::timeout(PATIENCE, schema_state(self.database.reader())).await;
        ReadinessReport {
            database_writable: writable,
            migrations_current: matches!(schema, Ok(Ok(SchemaState::Current))),
            stopping: self.shutdown.is_cancelled(),
        }
    }
}
