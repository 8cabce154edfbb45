//! The port to the audit log.

use async_trait::async_trait;
use clasper_core::{
    AuditEvent, ChainHead, Cursor, LoggedEntry, Page, StoreError, TenantScope, Timestamp, TraceId,
    WorkspaceId,
};

/// Which entries to list; newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Of this trace.
    pub trace: Option<TraceId>,
    /// Of this type.
    pub event: Option<AuditEvent>,
    /// By this actor.
    pub actor: Option<String>,
    /// To this target; a kind with its colon (`budget:`) stands for all of the kind.
    pub target: Option<String>,
    /// With this risk level in the particulars.
    pub risk_level: Option<String>,
    /// With this text in actor, target or particulars, whatever the case of its letters.
    pub text: Option<String>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// At or before.
    pub to: Option<Timestamp>,
    /// Most items, 1 to 1000.
    pub limit: u32,
    /// After this position.
    pub cursor: Option<Cursor>,
    /// Skip so many first; for clients of the reference. Prefer `cursor`.
    pub offset: u64,
}

/// Reads the audit log. Entries are written by the writes they justify, nowhere else.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// A page of entries, newest first.
    async fn list_audit(
        &self,
        scope: &TenantScope,
        filter: &AuditFilter,
    ) -> Result<Page<LoggedEntry>, StoreError>;

    /// Up to `limit` entries after place `after`, oldest first, for verification.
    async fn read_log(
        &self,
        scope: &TenantScope,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LoggedEntry>, StoreError>;

    /// The head that the tenant's account claims.
    async fn head(&self, scope: &TenantScope) -> Result<ChainHead, StoreError>;
}
