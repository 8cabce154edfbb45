//! Traces within a group of writes, and what is kept beside them in the same commit: labels, links, totals.

use std::collections::HashMap;

use clasper_core::Sha256Digest;
use clasper_db::WriteTransaction;
use clasper_entity::trace_total::{self, Column as T};
use clasper_entity::{trace, trace_entity, trace_label};
use clasper_tracing::{Trace, TraceStats, total_of};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::row;

/// Rows that a group adds.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    rows: Vec<trace::Model>,
    labels: Vec<trace_label::Model>,
    entities: Vec<trace_entity::Model>,
    totals: HashMap<(String, i64), Vec<TraceStats>>,
}

impl Traces {
    /// Adds a trace and answers the hash of its document.
    pub(super) fn add(&mut self, trace: &Trace) -> Result<Sha256Digest, DbErr> {
        let row = row::trace_row(trace).map_err(row::unspeakable)?;
        let (tenant_id, trace_id) = (&row.tenant_id, row.trace_id);
        self.labels
            .extend(trace.labels.iter().map(|(key, value)| trace_label::Model {
                tenant_id: tenant_id.clone(),
                trace_id,
                label_key: key.clone(),
                label_value: value.clone(),
            }));
        let linked = trace.entities().map(|(kind, id)| trace_entity::Model {
            tenant_id: tenant_id.clone(),
            kind: kind.name().to_owned(),
            entity_id: id.to_owned(),
            trace_id,
        });
        self.entities.extend(linked);
        let hour = (tenant_id.clone(), total_of(row.started_at));
        let totals = self.totals.entry(hour).or_default();
        totals.push(TraceStats::of(trace));
        let hash = Sha256Digest::of(row.document.as_bytes());
        self.rows.push(row);
        Ok(hash)
    }

    pub(super) async fn flush(self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        if self.rows.is_empty() {
            return Ok(());
        }
        transaction.insert(self.rows).await?;
        transaction.insert(self.labels).await?;
        transaction.insert(self.entities).await?;
        add_totals(transaction, self.totals).await
    }
}

/// Adds to the totals. The locks of the tenants' accounts keep others from doing so meanwhile.
async fn add_totals(
    transaction: &WriteTransaction,
    added: HashMap<(String, i64), Vec<TraceStats>>,
) -> Result<(), DbErr> {
    let tenants = added.keys().map(|(tenant, _)| tenant.as_str());
    let hours = added.keys().map(|(_, starts_at)| *starts_at);
    let select = trace_total::Entity::find()
        .filter(T::TenantId.is_in(tenants))
        .filter(T::StartsAt.is_in(hours));
    let mut known: HashMap<(String, i64), trace_total::Model> = transaction
        .all(select)
        .await?
        .into_iter()
        .map(|row| ((row.tenant_id.clone(), row.starts_at), row))
        .collect();
    let rows = added.into_iter().map(|(id, traces)| {
        let row = known.remove(&id).unwrap_or(trace_total::Model {
            tenant_id: id.0,
            starts_at: id.1,
            traces: 0,
            failed: 0,
            input_tokens: 0,
            output_tokens: 0,
            cost_nanos: 0,
            duration_ms: 0,
        });
        traces.iter().fold(row, plus)
    });
    let rows: Vec<_> = rows.collect();
    transaction.upsert(rows).await
}

fn plus(row: trace_total::Model, more: &TraceStats) -> trace_total::Model {
    let sum = |total: i64, more: u64| total.saturating_add(row::count(more));
    trace_total::Model {
        traces: sum(row.traces, more.traces),
        failed: sum(row.failed, more.failed),
        input_tokens: sum(row.input_tokens, more.input_tokens),
        output_tokens: sum(row.output_tokens, more.output_tokens),
        cost_nanos: row.cost_nanos.saturating_add(more.cost.nanos()),
        duration_ms: sum(row.duration_ms, more.duration_ms),
        ..row
    }
}
