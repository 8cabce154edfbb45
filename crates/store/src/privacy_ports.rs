//! The store as the port of tenants' redaction.

use async_trait::async_trait;
use clasper_core::{AuditEntry, StoreError, TenantScope, TraceId};
use clasper_db::store_error;
use clasper_privacy::{ConfigRecord, ConfigWrite, KeptValues, RedactionStore};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl RedactionStore for Store {
    async fn find_redaction(
        &self,
        scope: &TenantScope,
    ) -> Result<Option<ConfigRecord>, StoreError> {
        read::redaction::find(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn put_redaction(
        &self,
        scope: &TenantScope,
        config: ConfigRecord,
        expected: Option<i64>,
        entry: AuditEntry,
    ) -> Result<ConfigWrite, StoreError> {
        self.write(write::PutRedaction {
            scope: scope.clone(),
            config,
            expected,
            entry,
        })
        .await
    }

    async fn find_values(
        &self,
        scope: &TenantScope,
        trace: TraceId,
    ) -> Result<Option<KeptValues>, StoreError> {
        read::redaction::values(&self.reader, scope, trace)
            .await
            .map_err(store_error)
    }

    async fn record_reveal(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.write(write::RecordReveal(entry)).await
    }
}
