//! The store as the ports of reports.

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, StoreError, TenantScope};
use clasper_db::store_error;
use clasper_reports::{Recorded, ReportBatch, ReportStore, TelemetryKey, TelemetryKeyStore};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl ReportStore for Store {
    async fn record(&self, batch: ReportBatch) -> Result<Vec<Recorded>, StoreError> {
        self.write(write::RecordReports(batch)).await
    }
}

#[async_trait]
impl TelemetryKeyStore for Store {
    async fn telemetry_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<Vec<TelemetryKey>, StoreError> {
        read::report::telemetry_keys(&self.reader, scope, adapter)
            .await
            .map_err(store_error)
    }

    async fn set_telemetry_key(
        &self,
        scope: &TenantScope,
        key: TelemetryKey,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        let scope = scope.clone();
        self.write(write::SetTelemetryKey { scope, key, entry })
            .await
    }

    async fn revoke_telemetry_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        version: Option<&str>,
        entry: AuditEntry,
    ) -> Result<u64, StoreError> {
        self.write(write::RevokeTelemetryKeys {
            scope: scope.clone(),
            adapter: adapter.clone(),
            version: version.map(str::to_owned),
            entry,
        })
        .await
    }
}
