#![doc = include_str!("../README.md")]

mod read;
mod write;

use async_trait::async_trait;
use clasper_core::{Page, StoreError, TenantScope, TraceId};
use clasper_db::store_error;
use clasper_otlp::{Recording, SpanStore, SpansRecorded};
use clasper_store::Store;
use clasper_tracing::{StatsRange, Trace, TraceFilter, TraceSource, TraceStats, TraceStore};

use crate::write::RecordSpans;

/// Keeps spans, and reads traces whose steps they are. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SpanTables {
    store: Store,
}

impl SpanTables {
    /// The tables over the store whose writer they share.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl SpanStore for SpanTables {
    async fn record_spans(&self, recording: Recording) -> Result<SpansRecorded, StoreError> {
        self.store.write(RecordSpans(recording)).await
    }
}

#[async_trait]
impl TraceStore for SpanTables {
    async fn find_trace(
        &self,
        scope: &TenantScope,
        id: TraceId,
    ) -> Result<Option<Trace>, StoreError> {
        let Some(mut trace) = self.store.find_trace(scope, id).await? else {
            return Ok(None);
        };
        if trace.source == TraceSource::Otlp {
            trace.steps = read::steps(self.store.reader(), scope, id.as_uuid())
                .await
                .map_err(store_error)?;
        }
        Ok(Some(trace))
    }

    async fn list_traces(
        &self,
        scope: &TenantScope,
        filter: &TraceFilter,
    ) -> Result<Page<Trace>, StoreError> {
        self.store.list_traces(scope, filter).await
    }

    async fn count_traces(
        &self,
        scope: &TenantScope,
        filter: &TraceFilter,
    ) -> Result<u64, StoreError> {
        self.store.count_traces(scope, filter).await
    }

    async fn was_dropped(&self, scope: &TenantScope, id: TraceId) -> Result<bool, StoreError> {
        self.store.was_dropped(scope, id).await
    }

    async fn trace_stats(
        &self,
        scope: &TenantScope,
        range: StatsRange,
    ) -> Result<TraceStats, StoreError> {
        self.store.trace_stats(scope, range).await
    }
}
