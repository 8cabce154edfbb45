//! Ports of reports: they are tested with the real store and the real server.

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, Sha256Digest, StoreError, TenantId, TenantScope};
use clasper_identity::{AdapterDirectory, AdapterKey, AdapterStanding};
use clasper_reports::{Recorded, ReportBatch, ReportStore, TelemetryKey, TelemetryKeyStore};

/// Knows no adapter, so that nothing is ever reported.
pub struct NoReports;

#[async_trait]
impl AdapterDirectory for NoReports {
    async fn find_adapter_key(&self, _: Sha256Digest) -> Result<Option<AdapterKey>, StoreError> {
        Ok(None)
    }

    async fn adapter_standing(
        &self,
        _: &TenantId,
        _: &AdapterId,
    ) -> Result<Option<AdapterStanding>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl ReportStore for NoReports {
    async fn record(&self, _: ReportBatch) -> Result<Vec<Recorded>, StoreError> {
        Err(StoreError::Overloaded)
    }
}

#[async_trait]
impl TelemetryKeyStore for NoReports {
    async fn telemetry_keys(
        &self,
        _: &TenantScope,
        _: &AdapterId,
    ) -> Result<Vec<TelemetryKey>, StoreError> {
        Ok(Vec::new())
    }

    async fn set_telemetry_key(
        &self,
        _: &TenantScope,
        _: TelemetryKey,
        _: AuditEntry,
    ) -> Result<(), StoreError> {
        Err(StoreError::Overloaded)
    }

    async fn revoke_telemetry_keys(
        &self,
        _: &TenantScope,
        _: &AdapterId,
        _: Option<&str>,
        _: AuditEntry,
    ) -> Result<u64, StoreError> {
        Ok(0)
    }
}
