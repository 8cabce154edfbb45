//! The ports to stored traces.

use std::collections::BTreeMap;

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, Cursor, Page, StoreError, TenantScope, Timestamp, TraceId, WorkspaceId,
};

use crate::note::{Annotation, LabelChanges, NoteError};
use crate::stats::{StatsRange, TraceStats};
use crate::trace::{RunStatus, Trace, TraceSource};

/// What a trace may be linked to in the tenant's own product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntityKind {
    /// A task.
    Task,
    /// A document.
    Document,
    /// A message.
    Message,
}

impl EntityKind {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Document => "document",
            Self::Message => "message",
        }
    }
}

/// Which traces to list; newest started first.
#[derive(Debug, Clone, Default)]
pub struct TraceFilter {
    /// Of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Of this agent role.
    pub agent_role: Option<String>,
    /// That ended like this.
    pub status: Option<RunStatus>,
    /// From there.
    pub source: Option<TraceSource>,
    /// With this label, and this value of it if one is given.
    pub label: Option<(String, Option<String>)>,
    /// Linked to this.
    pub entity: Option<(EntityKind, String)>,
    /// Started at or after.
    pub started_from: Option<Timestamp>,
    /// Started before or at.
    pub started_to: Option<Timestamp>,
    /// Most items.
    pub limit: u32,
    /// After this position.
    pub cursor: Option<Cursor>,
    /// Skip so many first; for clients of the reference. Prefer `cursor`.
    pub offset: u64,
}

/// Reads traces. They are written by the settlement of their execution, nowhere else. Their labels are those of now.
#[async_trait]
pub trait TraceStore: Send + Sync {
    /// The trace with this id within the tenant.
    async fn find_trace(
        &self,
        scope: &TenantScope,
        id: TraceId,
    ) -> Result<Option<Trace>, StoreError>;

    /// A page of traces, without their steps.
    async fn list_traces(
        &self,
        scope: &TenantScope,
        filter: &TraceFilter,
    ) -> Result<Page<Trace>, StoreError>;

    /// How many traces a filter finds on all its pages together. Its cursor, limit and offset count for nothing.
    async fn count_traces(
        &self,
        scope: &TenantScope,
        filter: &TraceFilter,
    ) -> Result<u64, StoreError>;

    /// Whether the tenant, which has a retention policy, had a trace with this id, as the log says. Of a trace that is not there:
    /// it was left out or dropped, and `audit verify` says if it was not by retention.
    async fn was_dropped(&self, scope: &TenantScope, id: TraceId) -> Result<bool, StoreError>;

    /// Totals over every trace that was recorded, those that retention has dropped since included.
    async fn trace_stats(
        &self,
        scope: &TenantScope,
        range: StatsRange,
    ) -> Result<TraceStats, StoreError>;
}

/// What became of setting labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelWrite {
    /// These are the trace's labels now.
    Written(BTreeMap<String, String>),
    /// The tenant has no such trace. Nothing was written.
    NoSuchTrace,
    /// They cannot be kept. Nothing was written.
    Refused(NoteError),
}

/// What became of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationWrite {
    /// It is kept.
    Written,
    /// The tenant has no such trace. Nothing was written.
    NoSuchTrace,
}

/// Keeps labels and annotations.
#[async_trait]
pub trait NoteStore: Send + Sync {
    /// Changes labels of a trace. `entry` is completed with what changed.
    async fn change_labels(
        &self,
        scope: &TenantScope,
        trace: TraceId,
        changes: LabelChanges,
        entry: AuditEntry,
    ) -> Result<LabelWrite, StoreError>;

    /// Adds an annotation.
    async fn annotate(
        &self,
        scope: &TenantScope,
        annotation: Annotation,
        entry: AuditEntry,
    ) -> Result<AnnotationWrite, StoreError>;

    /// A page of the annotations of a trace, oldest first.
    async fn list_annotations(
        &self,
        scope: &TenantScope,
        trace: TraceId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Annotation>, StoreError>;
}
