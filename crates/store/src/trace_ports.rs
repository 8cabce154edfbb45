//! The store as the ports of traces.

use async_trait::async_trait;
use clasper_core::{AuditEntry, Cursor, Page, StoreError, TenantScope, TraceId};
use clasper_db::store_error;
use clasper_tracing::{
    Annotation, AnnotationWrite, LabelChanges, LabelWrite, NoteStore, StatsRange, Trace,
    TraceFilter, TraceStats, TraceStore,
};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl TraceStore for Store {
    async fn find_trace(
        &self,
        scope: &TenantScope,
        id: TraceId,
    ) -> Result<Option<Trace>, StoreError> {
        read::trace::find(&self.reader, scope, id)
            .await
            .map_err(store_error)
    }

    async fn list_traces(
        &self,
        scope: &TenantScope,
        filter: &TraceFilter,
    ) -> Result<Page<Trace>, StoreError> {
        read::trace::list(&self.reader, scope, filter)
            .await
            .map_err(store_error)
    }

    async fn trace_stats(
        &self,
        scope: &TenantScope,
        range: StatsRange,
    ) -> Result<TraceStats, StoreError> {
        read::trace_stats::stats(&self.reader, scope, range)
            .await
            .map_err(store_error)
    }
}

#[async_trait]
impl NoteStore for Store {
    async fn change_labels(
        &self,
        scope: &TenantScope,
        trace: TraceId,
        changes: LabelChanges,
        entry: AuditEntry,
    ) -> Result<LabelWrite, StoreError> {
        self.write(write::ChangeLabels {
            scope: scope.clone(),
            trace,
            changes,
            entry,
        })
        .await
    }

    async fn annotate(
        &self,
        scope: &TenantScope,
        annotation: Annotation,
        entry: AuditEntry,
    ) -> Result<AnnotationWrite, StoreError> {
        self.write(write::Annotate {
            scope: scope.clone(),
            annotation,
            entry,
        })
        .await
    }

    async fn list_annotations(
        &self,
        scope: &TenantScope,
        trace: TraceId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Annotation>, StoreError> {
        read::trace_note::annotations(&self.reader, scope, trace, after, limit)
            .await
            .map_err(store_error)
    }
}
