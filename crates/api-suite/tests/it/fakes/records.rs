//! The stores of traces and the audit log.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, ChainHead, Clock, Cursor, IdSource, LoggedEntry, Page, StoreError, TenantScope,
    TraceId, WorkspaceId,
};
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_otlp::{Assembly, Recording, SpanIntake, SpanStore, SpansRecorded};
use clasper_privacy::Redactions;
use clasper_tracing::{
    Annotation, AnnotationWrite, LabelChanges, LabelWrite, NoteStore, StatsRange, Trace,
    TraceFilter, TraceStats, TraceStore, merge_labels,
};

use crate::fakes::Memory;

/// `items` from the position on, with a cursor where there are more.
fn page<T>(
    items: impl Iterator<Item = T>,
    limit: u32,
    offset: u64,
    position: impl Fn(&T) -> Cursor,
) -> Page<T> {
    let limit = usize::try_from(limit).expect("a small limit");
    let offset = usize::try_from(offset).expect("a small offset");
    let mut items: Vec<T> = items.skip(offset).take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(position);
    Page { items, next }
}

#[async_trait]
impl TraceStore for Memory {
    async fn find_trace(
        &self,
        scope: &TenantScope,
        id: TraceId,
    ) -> Result<Option<Trace>, StoreError> {
        let state = self.state();
        let mut own = state.traces.iter().filter(|t| t.tenant == *scope.tenant());
        Ok(own.find(|trace| trace.id == id).cloned())
    }

    async fn list_traces(
        &self,
        scope: &TenantScope,
        filter: &TraceFilter,
    ) -> Result<Page<Trace>, StoreError> {
        let state = self.state();
        let wanted = |trace: &&Trace| {
            is_wanted(scope, filter, trace)
                && filter
                    .cursor
                    .as_ref()
                    .is_none_or(|c| trace.id.to_string() < c.id)
        };
        let traces = state.traces.iter().rev().filter(wanted).cloned();
        Ok(page(traces, filter.limit, filter.offset, |trace| Cursor {
            key: trace.started_at.timestamp_micros(),
            id: trace.id.to_string(),
        }))
    }

    async fn count_traces(
        &self,
        scope: &TenantScope,
        filter: &TraceFilter,
    ) -> Result<u64, StoreError> {
        let state = self.state();
        let traces = state.traces.iter();
        Ok(traces.filter(|t| is_wanted(scope, filter, t)).count() as u64)
    }

    async fn was_dropped(&self, _: &TenantScope, id: TraceId) -> Result<bool, StoreError> {
        Ok(self.state().dropped.contains(&id))
    }

    async fn trace_stats(
        &self,
        scope: &TenantScope,
        range: StatsRange,
    ) -> Result<TraceStats, StoreError> {
        let state = self.state();
        let wanted = |trace: &&Trace| {
            trace.tenant == *scope.tenant()
                && range.from.is_none_or(|from| from <= trace.started_at)
                && range.to.is_none_or(|to| trace.started_at <= to)
        };
        let traces = state.traces.iter().filter(wanted).map(TraceStats::of);
        Ok(traces.fold(TraceStats::default(), |sum, one| TraceStats {
            traces: sum.traces + one.traces,
            failed: sum.failed + one.failed,
            input_tokens: sum.input_tokens + one.input_tokens,
            output_tokens: sum.output_tokens + one.output_tokens,
            cost: sum.cost.checked_add(one.cost).expect("a small sum"),
            duration_ms: sum.duration_ms + one.duration_ms,
        }))
    }
}

/// Whether the filter asks for the trace, on whichever page.
fn is_wanted(scope: &TenantScope, filter: &TraceFilter, trace: &Trace) -> bool {
    trace.tenant == *scope.tenant()
        && filter
            .agent_role
            .as_ref()
            .is_none_or(|role| *role == trace.agent_role)
        && filter.status.is_none_or(|status| status == trace.status)
        && filter.source.is_none_or(|source| source == trace.source)
        && filter.label.as_ref().is_none_or(|(key, value)| {
            let found = trace.labels.get(key);
            found.is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
        })
        && filter.entity.as_ref().is_none_or(|(kind, id)| {
            trace
                .entities()
                .any(|linked| linked == (*kind, id.as_str()))
        })
        && filter
            .started_from
            .is_none_or(|from| from <= trace.started_at)
        && filter.started_to.is_none_or(|to| trace.started_at <= to)
}

#[async_trait]
impl NoteStore for Memory {
    async fn change_labels(
        &self,
        scope: &TenantScope,
        id: TraceId,
        changes: LabelChanges,
        entry: AuditEntry,
    ) -> Result<LabelWrite, StoreError> {
        let mut state = self.state();
        let mut own = state
            .traces
            .iter_mut()
            .filter(|t| t.tenant == *scope.tenant());
        let Some(trace) = own.find(|trace| trace.id == id) else {
            return Ok(LabelWrite::NoSuchTrace);
        };
        match merge_labels(trace.labels.clone(), &changes) {
            Ok(labels) => trace.labels = labels,
            Err(error) => return Ok(LabelWrite::Refused(error)),
        }
        let labels = trace.labels.clone();
        state.record(entry);
        Ok(LabelWrite::Written(labels))
    }

    async fn annotate(
        &self,
        scope: &TenantScope,
        annotation: Annotation,
        entry: AuditEntry,
    ) -> Result<AnnotationWrite, StoreError> {
        let mut state = self.state();
        let mut own = state.traces.iter().filter(|t| t.tenant == *scope.tenant());
        if !own.any(|trace| trace.id == annotation.trace) {
            return Ok(AnnotationWrite::NoSuchTrace);
        }
        state.annotations.push(annotation);
        state.record(entry);
        Ok(AnnotationWrite::Written)
    }

    async fn list_annotations(
        &self,
        _: &TenantScope,
        trace: TraceId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Annotation>, StoreError> {
        let state = self.state();
        let wanted = |said: &&Annotation| {
            said.trace == trace && after.is_none_or(|after| said.id.to_string() > after.id)
        };
        let said = state.annotations.iter().filter(wanted).cloned();
        Ok(page(said, limit, 0, |said| Cursor {
            key: 0,
            id: said.id.to_string(),
        }))
    }
}

/// Takes spans into `memory`.
pub fn spans(
    memory: &Arc<Memory>,
    redactions: Redactions,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> SpanIntake {
    let workspace = WorkspaceId::new("default").expect("a name");
    SpanIntake::new(
        memory.clone(),
        redactions,
        workspace,
        clock.clone(),
        ids.clone(),
    )
}

#[async_trait]
impl SpanStore for Memory {
    async fn record_spans(&self, recording: Recording) -> Result<SpansRecorded, StoreError> {
        let mut state = self.state();
        let mut begun = 0;
        for span in recording.spans.iter() {
            let tenant = recording.scope.tenant().clone();
            let place = state.traces.iter().position(|trace| trace.id == span.trace);
            let mut assembly = if let Some(place) = place {
                Assembly::resume(state.traces.remove(place))
            } else {
                begun += 1;
                Assembly::begin(tenant, recording.workspace.clone(), span)
            };
            assembly.add(span);
            state.traces.push(assembly.into_trace());
        }
        state.record(recording.entry.clone());
        Ok(SpansRecorded {
            added: recording.spans.len() as u64,
            known: 0,
            begun,
        })
    }
}

#[async_trait]
impl AuditStore for Memory {
    async fn list_audit(
        &self,
        scope: &TenantScope,
        filter: &AuditFilter,
    ) -> Result<Page<LoggedEntry>, StoreError> {
        let state = self.state();
        let wanted = |logged: &&LoggedEntry| {
            logged.entry.tenant == *scope.tenant()
                && filter.event.is_none_or(|event| event == logged.entry.event)
                && filter
                    .actor
                    .as_ref()
                    .is_none_or(|actor| *actor == logged.entry.actor)
                && filter
                    .target
                    .as_ref()
                    .is_none_or(|target| Some(target) == logged.entry.target.as_ref())
                && filter
                    .trace
                    .is_none_or(|trace| Some(trace) == logged.entry.trace)
                && filter.cursor.as_ref().is_none_or(|c| logged.seq < c.key)
        };
        let entries = state.log.iter().rev().filter(wanted).cloned();
        Ok(page(entries, filter.limit, filter.offset, |logged| {
            Cursor {
                key: logged.seq,
                id: String::new(),
            }
        }))
    }

    async fn read_log(
        &self,
        _: &TenantScope,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LoggedEntry>, StoreError> {
        let state = self.state();
        let after = state.log.iter().filter(|logged| logged.seq > after);
        let limit = usize::try_from(limit).expect("a small limit");
        Ok(after.take(limit).cloned().collect())
    }

    async fn head(&self, _: &TenantScope) -> Result<ChainHead, StoreError> {
        Ok(self
            .state()
            .log
            .last()
            .map_or(ChainHead::EMPTY, LoggedEntry::head))
    }
}
