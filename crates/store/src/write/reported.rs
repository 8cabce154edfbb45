//! The part of a batch that reports share: marks of events, costs so far, traces that are there.

use std::collections::{BTreeSet, HashMap, HashSet};

use clasper_core::ExecutionKey;
use clasper_db::WriteTransaction;
use clasper_entity::{reported_cost, reported_event, reported_violation, trace};
use clasper_reports::{Body, Report, ReportBatch};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::read;

/// Rows loaded, changed and added by a group.
#[derive(Debug, Default)]
pub(crate) struct ReportedRows {
    /// Content hashes by mark.
    marks: HashMap<String, Vec<u8>>,
    events: Vec<reported_event::Model>,
    /// Costs by tenant, adapter and execution.
    costs: HashMap<String, reported_cost::Model>,
    changed_costs: HashSet<String>,
    traces: HashSet<(String, Uuid)>,
    pub(super) violations: Vec<reported_violation::Model>,
}

/// A key within the maps. Names hold no line breaks, and the last part may hold anything.
fn mark(batch: &ReportBatch, key: &str) -> String {
    format!("{}\n{}\n{key}", batch.scope.tenant(), batch.adapter)
}

impl ReportedRows {
    /// Loads what the reports of `batch` have to be compared with: one statement per table. With `forgets`, traces that were
    /// there and are kept no more count, too.
    pub(super) async fn load(
        &mut self,
        transaction: &WriteTransaction,
        batch: &ReportBatch,
        forgets: bool,
    ) -> Result<(), DbErr> {
        if batch.reports.is_empty() {
            return Ok(());
        }
        let (tenant, adapter) = (batch.scope.tenant().as_str(), batch.adapter.as_str());
        let keys: BTreeSet<&str> = batch.reports.iter().map(|r| r.key.as_str()).collect();
        let known = reported_event::Entity::find()
            .filter(reported_event::Column::TenantId.eq(tenant))
            .filter(reported_event::Column::AdapterId.eq(adapter))
            .filter(reported_event::Column::EventKey.is_in(keys));
        for row in transaction.all(known).await? {
            let id = mark(batch, &row.event_key);
            self.marks.insert(id, row.content_hash);
        }
        let of = |wanted: fn(&Body) -> bool| {
            let reports = batch.reports.iter();
            reports.filter(move |report| wanted(&report.body))
        };
        let traces: BTreeSet<Uuid> = of(|body| matches!(body, Body::Trace(_)))
            .map(|report| report.trace.as_uuid())
            .collect();
        if !traces.is_empty() {
            if forgets {
                let logged = read::trace::logged(tenant, traces.iter().copied());
                let rows = transaction.all(logged).await?.into_iter();
                let known = rows.filter_map(|row| Some((row.tenant_id, row.trace_id?)));
                self.traces.extend(known);
            }
            let known = trace::Entity::find()
                .filter(trace::Column::TenantId.eq(tenant))
                .filter(trace::Column::TraceId.is_in(traces));
            for row in transaction.all(known).await? {
                self.traces.insert((row.tenant_id, row.trace_id));
            }
        }
        let mut costs: BTreeSet<&str> = of(|body| matches!(body, Body::Cost(_)))
            .map(|report| report.execution.as_str())
            .collect();
        costs.retain(|key| !self.costs.contains_key(&mark(batch, key)));
        if !costs.is_empty() {
            let known = reported_cost::Entity::find()
                .filter(reported_cost::Column::TenantId.eq(tenant))
                .filter(reported_cost::Column::AdapterId.eq(adapter))
                .filter(reported_cost::Column::ExecutionKey.is_in(costs));
            for row in transaction.all(known).await? {
                let id = mark(batch, &row.execution_key);
                self.costs.insert(id, row);
            }
        }
        Ok(())
    }

    /// The content of the event that came under this report's key before.
    pub(super) fn known(&self, batch: &ReportBatch, report: &Report) -> Option<&[u8]> {
        let content = self.marks.get(&mark(batch, &report.key))?;
        Some(content)
    }

    /// Marks the event as stored.
    pub(super) fn remember(&mut self, batch: &ReportBatch, report: &Report, seq: i64) {
        let content = report.content.as_bytes().to_vec();
        self.marks.insert(mark(batch, &report.key), content.clone());
        self.events.push(reported_event::Model {
            tenant_id: batch.scope.tenant().as_str().to_owned(),
            adapter_id: batch.adapter.as_str().to_owned(),
            event_key: report.key.clone(),
            content_hash: content,
            audit_seq: seq,
        });
    }

    /// Takes the id of a trace; false when there is one with it.
    pub(super) fn take_trace(&mut self, batch: &ReportBatch, report: &Report) -> bool {
        let tenant = batch.scope.tenant().as_str().to_owned();
        self.traces.insert((tenant, report.trace.as_uuid()))
    }

    /// What an execution was reported to have cost, in nano-dollars.
    pub(super) fn cost(&self, batch: &ReportBatch, execution: &ExecutionKey) -> i64 {
        let known = self.costs.get(&mark(batch, execution.as_str()));
        known.map_or(0, |row| row.cost_nanos)
    }

    /// Adds to that.
    pub(super) fn add_cost(&mut self, batch: &ReportBatch, execution: &ExecutionKey, more: i64) {
        let id = mark(batch, execution.as_str());
        let now = batch.now.timestamp_micros();
        let row = self
            .costs
            .entry(id.clone())
            .or_insert_with(|| reported_cost::Model {
                tenant_id: batch.scope.tenant().as_str().to_owned(),
                adapter_id: batch.adapter.as_str().to_owned(),
                execution_key: execution.as_str().to_owned(),
                cost_nanos: 0,
                updated_at: now,
            });
        row.cost_nanos = row.cost_nanos.saturating_add(more);
        row.updated_at = now;
        self.changed_costs.insert(id);
    }

    pub(super) async fn flush(&mut self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let mut taken = std::mem::take(self);
        taken.costs.retain(|id, _| taken.changed_costs.contains(id));
        transaction.insert(taken.events).await?;
        transaction.insert(taken.violations).await?;
        transaction.upsert(taken.costs.into_values()).await
    }
}
