//! Someone with access to the machine and the database, acting without a server.

use std::sync::Arc;

use anyhow::Result;
use clasper_core::{
    Caller, Credential, PermissionSet, Principal, SystemClock, SystemIds, TenantId, TraceId,
};
use clasper_db::Database;
use clasper_identity::Identity;
use clasper_store::Store;
use tokio_util::task::TaskTracker;

use crate::app::{ensure_schema, open_database};
use crate::config::Config;

/// Someone with access to the machine and the database, acting without a server.
pub struct LocalOperator {
    /// Tenants and keys.
    pub identity: Identity,
    tracker: TaskTracker,
    database: Database,
}

impl LocalOperator {
    /// Opens the database beside a server that may be running.
    pub async fn open(config: &Config) -> Result<Self> {
        let database = open_database(config).await?;
        ensure_schema(&database, config.database.migrate).await?;
        let tracker = TaskTracker::new();
        let store = Arc::new(Store::start(database.clone(), &tracker));
        let identity = Identity::new(store, Arc::new(SystemClock), Arc::new(SystemIds));
        Ok(Self {
            identity,
            tracker,
            database,
        })
    }

    /// Waits for the writer and closes the database.
    pub async fn close(self) {
        drop(self.identity);
        self.tracker.close();
        self.tracker.wait().await;
        self.database.close().await;
    }
}

/// The caller of commands on the machine itself.
pub fn local_caller(tenant: TenantId) -> Caller {
    Caller {
        principal: Principal {
            tenant,
            user: None,
            permissions: PermissionSet::all(),
            credential: Credential::LocalOperator,
            allowed_tools: None,
        },
        trace: TraceId::generate(&SystemIds),
    }
}
