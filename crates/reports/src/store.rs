//! The ports that keep reports and the keys by which they are verified.

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, StoreError, TenantScope, Timestamp, WorkspaceId};

use crate::judgement::Found;
use crate::key::TelemetryKey;
use crate::report::Report;

/// Reports of one adapter that came together, to be stored in one commit.
#[derive(Debug, Clone)]
pub struct ReportBatch {
    /// The tenant.
    pub scope: TenantScope,
    /// The adapter.
    pub adapter: AdapterId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its name in audit entries.
    pub actor: String,
    /// The reports, in the order in which they came.
    pub reports: Vec<Report>,
    /// What the log says besides: that reports were not signed, or wrongly.
    pub notes: Vec<AuditEntry>,
    /// Now.
    pub now: Timestamp,
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is stored, with what was found beyond its grant.
    Stored(Vec<Found>),
    /// It was stored before. Nothing was written.
    Duplicate,
    /// The event was stored before with other content. Nothing was written.
    EventReused,
    /// There is another trace with its id. Nothing was written.
    TraceExists,
    /// The execution belongs to another workspace. Nothing was written.
    OtherWorkspace,
    /// The sum of what was spent would be more than can be booked. Nothing was written.
    TooMuch,
}

/// Keeps reports.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Stores what can be stored of `batch`, in one commit: of each report its mark, its effect and its audit entry, or
    /// nothing. The answers are in the order of the reports.
    async fn record(&self, batch: ReportBatch) -> Result<Vec<Recorded>, StoreError>;
}

/// Keeps the keys by which reports are verified. A write commits with its audit entry, or does nothing.
#[async_trait]
pub trait TelemetryKeyStore: Send + Sync {
    /// Every key of the adapter, the newest first, ended ones included.
    async fn telemetry_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<Vec<TelemetryKey>, StoreError>;

    /// Stores `key` in the place of the one in use for its version; in the place of every key, when it is for any version.
    async fn set_telemetry_key(
        &self,
        scope: &TenantScope,
        key: TelemetryKey,
        entry: AuditEntry,
    ) -> Result<(), StoreError>;

    /// Revokes the keys of `version`, or every key, as of the entry's time. Answers how many: nothing is written for none.
    async fn revoke_telemetry_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        version: Option<&str>,
        entry: AuditEntry,
    ) -> Result<u64, StoreError>;
}
