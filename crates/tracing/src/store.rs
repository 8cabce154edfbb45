//! The port to stored traces.

use async_trait::async_trait;
use clasper_core::{Cursor, Page, StoreError, TenantScope, Timestamp, TraceId, WorkspaceId};

use crate::trace::Trace;

/// Which traces to list; newest started first.
#[derive(Debug, Clone, Default)]
pub struct TraceFilter {
    /// Of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Of this agent role.
    pub agent_role: Option<String>,
    /// Started at or after.
    pub started_from: Option<Timestamp>,
    /// Started before or at.
    pub started_to: Option<Timestamp>,
    /// Most items, 1 to 100.
    pub limit: u32,
    /// After this position.
    pub cursor: Option<Cursor>,
    /// Skip so many first; for clients of the reference. Prefer `cursor`.
    pub offset: u64,
}

/// Reads traces. They are written by the settlement of their execution, nowhere else.
#[async_trait]
pub trait TraceStore: Send + Sync {
    /// The trace with this id within the tenant.
    async fn find_trace(
        &self,
        scope: &TenantScope,
        id: TraceId,
    ) -> Result<Option<Trace>, StoreError>;

    /// A page of traces.
    async fn list_traces(
        &self,
        scope: &TenantScope,
        filter: &TraceFilter,
    ) -> Result<Page<Trace>, StoreError>;
}
