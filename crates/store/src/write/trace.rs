//! Traces within a group of writes, and what is kept beside them in the same commit: labels, links, totals.

use std::collections::HashMap;

use clasper_core::{AuditEntry, Sha256Digest, canonical_json};
use clasper_db::WriteTransaction;
use clasper_entity::trace_total::{self, Column as T};
use clasper_entity::{trace, trace_entity, trace_label};
use clasper_retention::{Keep, RetentionPolicy, Weight};
use clasper_tracing::{HashStatus, ReducedTo, RunStatus, Trace, TraceSource, TraceStats, total_of};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::{Map, Value};

use crate::row;
use crate::write::trace_count::TraceCounts;

/// What is added to totals, or taken from them.
#[derive(Debug, Clone, Copy)]
enum Counted {
    More(TraceStats),
    Less(TraceStats),
}

/// Rows that a group adds.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    rows: Vec<trace::Model>,
    labels: Vec<trace_label::Model>,
    entities: Vec<trace_entity::Model>,
    totals: HashMap<(String, i64), Vec<Counted>>,
    counts: TraceCounts,
}

/// What became of a trace.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Of its document as it is stored; of the whole when it is not.
    pub(crate) hash: Sha256Digest,
    /// Whether all of it is stored.
    pub(crate) is_whole: bool,
    /// What its entry has to say, when not all of it is stored.
    said: Option<Value>,
}

impl Kept {
    /// The entry of the trace, which says what was left out of it.
    pub(crate) fn explain(&self, entry: AuditEntry) -> Result<AuditEntry, DbErr> {
        let Some(said) = &self.said else {
            return Ok(entry);
        };
        let detail = entry.detail.as_str();
        let mut detail: Map<String, Value> =
            serde_json::from_str(detail).map_err(row::unspeakable)?;
        detail.insert("retention".to_owned(), said.clone());
        Ok(AuditEntry {
            detail: canonical_json(&detail).map_err(row::unspeakable)?,
            ..entry
        })
    }
}

/// Whether a trace is always kept.
fn weight(trace: &Trace) -> Weight {
    let broken = trace.reported.as_ref();
    let broken = broken.is_some_and(|by| by.hashes == HashStatus::Compromised);
    let is_ordinary = trace.status == RunStatus::Completed
        && trace.error.is_none()
        && trace.violations.is_empty()
        && !broken;
    if is_ordinary {
        Weight::Ordinary
    } else {
        Weight::Notable
    }
}

impl Traces {
    /// Adds a trace, or as much of it as the tenant's policy keeps. Every one is counted in the totals.
    pub(super) fn add(
        &mut self,
        trace: &Trace,
        policy: Option<&RetentionPolicy>,
    ) -> Result<Kept, DbErr> {
        let mut row = row::trace_row(trace).map_err(row::unspeakable)?;
        let mut hash = Sha256Digest::of(row.document.as_bytes());
        let hour = (row.tenant_id.clone(), total_of(row.started_at));
        let totals = self.totals.entry(hour).or_default();
        totals.push(Counted::More(TraceStats::of(trace)));
        let keep = policy.map_or(Keep::Whole, |p| p.keep(trace.id, weight(trace)));
        let said = policy.and_then(|policy| keep.said(policy));
        let reduced = match keep {
            Keep::Whole => None,
            Keep::Summary => Some(trace.reduced(ReducedTo::Summary, hash)),
            Keep::Minimal => Some(trace.reduced(ReducedTo::Minimal, hash)),
            Keep::Not(_) => {
                return Ok(Kept {
                    hash,
                    is_whole: false,
                    said,
                });
            }
        };
        if let Some(reduced) = &reduced {
            row.document = serde_json::to_string(reduced).map_err(row::unspeakable)?;
            hash = Sha256Digest::of(row.document.as_bytes());
        }
        self.attach(trace, &row);
        self.counts.count(&row, 1);
        self.rows.push(row);
        Ok(Kept {
            hash,
            is_whole: reduced.is_none(),
            said,
        })
    }

    /// Adds what is found by: labels and links.
    fn attach(&mut self, trace: &Trace, row: &trace::Model) {
        let (tenant_id, trace_id) = (&row.tenant_id, row.trace_id);
        let labels = trace.labels.iter().map(|(key, value)| trace_label::Model {
            tenant_id: tenant_id.clone(),
            trace_id,
            label_key: key.clone(),
            label_value: value.clone(),
        });
        self.labels.extend(labels);
        let linked = trace.entities().map(|(kind, id)| trace_entity::Model {
            tenant_id: tenant_id.clone(),
            kind: kind.name().to_owned(),
            entity_id: id.to_owned(),
            trace_id,
        });
        self.entities.extend(linked);
    }

    /// Counts a trace that grows, and no longer what it was before.
    pub(super) fn count(&mut self, before: Option<&Trace>, after: &Trace) -> Result<(), DbErr> {
        if let Some(before) = before {
            self.count_one(before, -1, Counted::Less)?;
        }
        self.count_one(after, 1, Counted::More)
    }

    fn count_one(
        &mut self,
        trace: &Trace,
        one: i64,
        counted: fn(TraceStats) -> Counted,
    ) -> Result<(), DbErr> {
        let row = row::trace_row(trace).map_err(row::unspeakable)?;
        self.counts.count(&row, one);
        let hour = (row.tenant_id, total_of(row.started_at));
        let totals = self.totals.entry(hour).or_default();
        totals.push(counted(TraceStats::of(trace)));
        Ok(())
    }

    /// Makes room where spans with the id of a run came before the run ended: what was governed here goes first.
    async fn take_over(&mut self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        use trace::Column as C;
        if self.rows.is_empty() {
            return Ok(());
        }
        let select = trace::Entity::find()
            .filter(C::TraceId.is_in(self.rows.iter().map(|row| row.trace_id)))
            .filter(C::TenantId.is_in(self.rows.iter().map(|row| row.tenant_id.as_str())))
            .filter(C::Source.eq(TraceSource::Otlp.name()));
        for grown in transaction.all(select).await? {
            let id = (&grown.tenant_id, grown.trace_id);
            if !self
                .rows
                .iter()
                .any(|row| (&row.tenant_id, row.trace_id) == id)
            {
                continue;
            }
            let delete = trace::Entity::delete_many()
                .filter(C::TenantId.eq(grown.tenant_id.as_str()))
                .filter(C::TraceId.eq(grown.trace_id));
            transaction.execute(&delete).await?;
            let trace: Trace = serde_json::from_str(&grown.document)
                .map_err(|_| row::corrupt("traces", "document"))?;
            self.counts.count(&grown, -1);
            let hour = (grown.tenant_id, total_of(grown.started_at));
            let totals = self.totals.entry(hour).or_default();
            totals.push(Counted::Less(TraceStats::of(&trace)));
        }
        Ok(())
    }

    pub(super) async fn flush(mut self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        if self.totals.is_empty() {
            return Ok(());
        }
        self.take_over(transaction).await?;
        transaction.insert(self.rows).await?;
        self.counts.flush(transaction).await?;
        transaction.insert(self.labels).await?;
        transaction.insert(self.entities).await?;
        add_totals(transaction, self.totals).await
    }
}

/// Adds to the totals. The locks of the tenants' accounts keep others from doing so meanwhile.
async fn add_totals(
    transaction: &WriteTransaction,
    added: HashMap<(String, i64), Vec<Counted>>,
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
        traces.iter().fold(row, counted)
    });
    let rows: Vec<_> = rows.collect();
    transaction.upsert(rows).await
}

fn counted(row: trace_total::Model, counted: &Counted) -> trace_total::Model {
    let (sign, one) = match counted {
        Counted::More(one) => (1, one),
        Counted::Less(one) => (-1, one),
    };
    let sum = |total: i64, n: u64| total.saturating_add(sign * row::count(n));
    trace_total::Model {
        traces: sum(row.traces, one.traces),
        failed: sum(row.failed, one.failed),
        input_tokens: sum(row.input_tokens, one.input_tokens),
        output_tokens: sum(row.output_tokens, one.output_tokens),
        cost_nanos: row.cost_nanos.saturating_add(sign * one.cost.nanos()),
        duration_ms: sum(row.duration_ms, one.duration_ms),
        ..row
    }
}
