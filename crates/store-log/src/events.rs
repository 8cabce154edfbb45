//! Entries that no other write carries: what happened to the server itself.

use async_trait::async_trait;
use clasper_core::{AuditEntry, StoreError};
use clasper_db::WriteTransaction;
use clasper_store::{Batch, Needs, Store, WriteOp};
use sea_orm::DbErr;

/// Takes entries about the server itself.
#[derive(Debug, Clone)]
pub struct ServerEvents(Store);

impl ServerEvents {
    /// Over this store.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self(store)
    }

    /// Appends entries to the logs of their tenants, all in one commit; those of tenants that do not exist are left out. How many were
    /// written.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was written then.
    pub async fn record(&self, entries: Vec<AuditEntry>) -> Result<u64, StoreError> {
        self.0.write(Record(entries)).await
    }
}

struct Record(Vec<AuditEntry>);

#[async_trait]
impl WriteOp for Record {
    type Answer = u64;

    fn needs(&self, needs: &mut Needs) {
        for entry in &self.0 {
            needs.tenant(&entry.tenant);
        }
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<u64, DbErr> {
        let mut written = 0;
        for entry in &self.0 {
            if batch.tenant(&entry.tenant).is_some() {
                batch.append(entry.clone())?;
                written += 1;
            }
        }
        Ok(written)
    }
}
