//! Spans of foreign instrumentation, and the traces that they make.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use clasper_core::{AuditEntry, canonical_json};
use clasper_db::WriteTransaction;
use clasper_entity::{otel_source, otel_span, trace};
use clasper_otlp::{Assembly, Recording, Span, SpansRecorded};
use clasper_store::rows::{corrupt, trace_row, unspeakable};
use clasper_store::{Batch, Needs, WriteOp};
use clasper_tracing::{Trace, TraceSource};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;

/// Rows in one statement: Postgres takes 65,535 values at a time.
const CHUNK: usize = 1_000;

pub(crate) struct RecordSpans(pub(crate) Recording);

#[async_trait]
impl WriteOp for RecordSpans {
    type Answer = SpansRecorded;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.0.scope.tenant());
    }

    // Thousands of rows of one request: they are written at once, so that the next request of the group sees them.
    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<SpansRecorded, DbErr> {
        let recording = &self.0;
        let rows = self.traces(transaction).await?;
        let known = self.known(transaction, &rows).await?;
        let new = || {
            let spans = recording.spans.iter();
            spans.filter(|span| !known.contains(&(span.trace.as_uuid(), span.id)))
        };
        let added = new().count();
        let mut done = SpansRecorded {
            added: added as u64,
            known: (recording.spans.len() - added) as u64,
            begun: 0,
        };
        if added == 0 {
            return Ok(done);
        }
        done.begun = self.change_traces(batch, transaction, rows, new()).await?;
        let spans: Vec<_> = new().map(|span| self.row(span)).collect();
        for chunk in spans.chunks(CHUNK) {
            transaction.insert(chunk.to_vec()).await?;
        }
        self.keep_sources(transaction).await?;
        batch.append(self.entry(done)?)?;
        Ok(done)
    }
}

impl RecordSpans {
    fn tenant(&self) -> &str {
        self.0.scope.tenant().as_str()
    }

    /// The traces of the spans that are there.
    async fn traces(
        &self,
        transaction: &WriteTransaction,
    ) -> Result<HashMap<Uuid, trace::Model>, DbErr> {
        use trace::Column as T;
        let ids: HashSet<Uuid> = self.0.spans.iter().map(|s| s.trace.as_uuid()).collect();
        let mut found = HashMap::new();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        for chunk in ids.chunks(CHUNK) {
            let select = trace::Entity::find()
                .filter(T::TenantId.eq(self.tenant()))
                .filter(T::TraceId.is_in(chunk.iter().copied()));
            let rows = transaction.all(select).await?;
            found.extend(rows.into_iter().map(|row| (row.trace_id, row)));
        }
        Ok(found)
    }

    /// The spans that are there. Only traces that are there can have any.
    async fn known(
        &self,
        transaction: &WriteTransaction,
        traces: &HashMap<Uuid, trace::Model>,
    ) -> Result<HashSet<(Uuid, [u8; 8])>, DbErr> {
        use otel_span::Column as S;
        let spans = self.0.spans.iter();
        let maybe: Vec<_> = spans
            .filter(|span| traces.contains_key(&span.trace.as_uuid()))
            .collect();
        let mut known = HashSet::new();
        for chunk in maybe.chunks(CHUNK) {
            let traces: HashSet<Uuid> = chunk.iter().map(|s| s.trace.as_uuid()).collect();
            let select = otel_span::Entity::find()
                .filter(S::TenantId.eq(self.tenant()))
                .filter(S::TraceId.is_in(traces))
                .filter(S::SpanId.is_in(chunk.iter().map(|span| span.id.to_vec())));
            for row in transaction.all(select).await? {
                if let Ok(id) = row.span_id.try_into() {
                    known.insert((row.trace_id, id));
                }
            }
        }
        Ok(known)
    }

    /// Brings the traces up to date; answers how many began. A governed run of ours keeps its trace as it is: its spans lie
    /// beside it.
    async fn change_traces(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
        rows: HashMap<Uuid, trace::Model>,
        spans: impl Iterator<Item = &Span> + Send,
    ) -> Result<u64, DbErr> {
        let mut before: HashMap<Uuid, Trace> = HashMap::new();
        for (id, row) in rows {
            let document = serde_json::from_str(&row.document);
            before.insert(id, document.map_err(|_| corrupt("traces", "document"))?);
        }
        let mut after: HashMap<Uuid, Assembly> = HashMap::new();
        for span in spans {
            let id = span.trace.as_uuid();
            let known = before.get(&id);
            if known.is_some_and(|trace| trace.source != TraceSource::Otlp) {
                continue;
            }
            let assembly = after.entry(id).or_insert_with(|| {
                known.map_or_else(
                    || {
                        let tenant = self.0.scope.tenant().clone();
                        Assembly::begin(tenant, self.0.workspace.clone(), span)
                    },
                    |trace| Assembly::resume(trace.clone()),
                )
            });
            assembly.add(span);
        }
        let mut begun = 0;
        let mut changed = Vec::with_capacity(after.len());
        for (id, assembly) in after {
            let trace = assembly.into_trace();
            begun += u64::from(!before.contains_key(&id));
            batch.count_trace(before.get(&id), &trace)?;
            changed.push(trace_row(&trace).map_err(unspeakable)?);
        }
        for chunk in changed.chunks(CHUNK) {
            transaction.upsert(chunk.to_vec()).await?;
        }
        Ok(begun)
    }

    fn row(&self, span: &Span) -> otel_span::Model {
        otel_span::Model {
            tenant_id: self.tenant().to_owned(),
            trace_id: span.trace.as_uuid(),
            span_id: span.id.to_vec(),
            started_nanos: span.started_nanos,
            ended_nanos: span.ended_nanos,
            source_hash: span.source.as_bytes().to_vec(),
            document: span.document.clone(),
        }
    }

    /// Keeps resources and scopes that are new.
    async fn keep_sources(&self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let row = |(hash, document): (&clasper_core::Sha256Digest, &String)| otel_source::Model {
            tenant_id: self.tenant().to_owned(),
            source_hash: hash.as_bytes().to_vec(),
            document: document.clone(),
        };
        let rows: Vec<_> = self.0.sources.iter().map(row).collect();
        for chunk in rows.chunks(CHUNK) {
            transaction.upsert(chunk.to_vec()).await?;
        }
        Ok(())
    }

    fn entry(&self, done: SpansRecorded) -> Result<AuditEntry, DbErr> {
        let entry = self.0.entry.clone();
        let rejected: serde_json::Value =
            serde_json::from_str(entry.detail.as_str()).unwrap_or_default();
        let detail = json!({
            "spans": done.added,
            "known": done.known,
            "traces_begun": done.begun,
            "rejected": rejected["rejected"],
        });
        Ok(AuditEntry {
            detail: canonical_json(&detail).map_err(unspeakable)?,
            ..entry
        })
    }
}
