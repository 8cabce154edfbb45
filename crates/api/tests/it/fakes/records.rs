//! The stores of traces and the audit log.

use async_trait::async_trait;
use clasper_core::{ChainHead, Cursor, LoggedEntry, Page, StoreError, TenantScope, TraceId};
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_tracing::{Trace, TraceFilter, TraceStore};

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
            trace.tenant == *scope.tenant()
                && filter
                    .agent_role
                    .as_ref()
                    .is_none_or(|role| *role == trace.agent_role)
                && filter
                    .started_from
                    .is_none_or(|from| from <= trace.started_at)
                && filter.started_to.is_none_or(|to| trace.started_at <= to)
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
