//! Compares labels and annotations of traces with what the log says of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use clasper_core::{AuditEvent, LoggedEntry, Sha256Digest};
use clasper_entity::{audit_entry, trace_annotation, trace_label};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::detail::Detail;
use crate::trace::dropped;
use clasper_store::rows::labels_hash;

/// Annotations looked at together.
const PAGE: u64 = 1000;
/// Annotations too many that are named.
const MOST_NAMED: usize = 10;

/// What a stretch of the log says of labels and annotations.
#[derive(Default)]
pub(crate) struct NoteCheck {
    /// The last hash of each trace's labels, and the entry that says it.
    labels: HashMap<Uuid, (i64, String)>,
    /// The trace of each annotation, the entry that says it, and the hash of its text.
    annotations: HashMap<Uuid, (Uuid, i64, String)>,
    /// Annotations that were not found so far, their trace and their entry: an entry further on may say why.
    missing: HashMap<Uuid, (Uuid, i64)>,
    /// Traces whose labels were not found so far, and the entry that gave them some.
    unlabelled: HashMap<Uuid, i64>,
    /// Annotations found at the places of their entries, in the whole log.
    found: u64,
}

impl NoteCheck {
    /// Notes what `entry` says.
    pub(crate) fn take(&mut self, entry: &LoggedEntry, detail: &Detail) {
        match (entry.entry.event, entry.entry.trace) {
            (AuditEvent::TraceLabelled, Some(trace)) => {
                let hash = detail.text("labels_hash").unwrap_or_default();
                let said = (entry.seq, hash.to_owned());
                self.labels.insert(trace.as_uuid(), said);
            }
            (AuditEvent::TraceAnnotated, trace) => {
                let id = detail.text("annotation_id").and_then(|id| id.parse().ok());
                let hash = detail.text("value_hash").unwrap_or_default();
                let trace = trace.map(|trace| trace.as_uuid()).unwrap_or_default();
                let said = (trace, entry.seq, hash.to_owned());
                self.annotations.insert(id.unwrap_or_default(), said);
            }
            // They go with their trace.
            (AuditEvent::TracesDropped, _) => {
                let dropped: HashSet<Uuid> = dropped(detail).collect();
                self.labels.retain(|trace, _| !dropped.contains(trace));
                self.unlabelled.retain(|trace, _| !dropped.contains(trace));
                self.annotations
                    .retain(|_, (trace, ..)| !dropped.contains(trace));
                self.missing
                    .retain(|_, (trace, _)| !dropped.contains(trace));
            }
            _ => {}
        }
    }

    /// Compares what was noted since the last time; the newest of those entries is `end`.
    pub(crate) async fn compare(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        end: i64,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        self.compare_labels(snapshot, tenant, end, faults).await?;
        self.compare_annotations(snapshot, tenant, faults).await
    }

    async fn compare_labels(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        end: i64,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        use audit_entry::Column as A;
        use trace_label::Column as L;
        let mut said = std::mem::take(&mut self.labels);
        if said.is_empty() {
            return Ok(());
        }
        // Labels are as the last entry says: those that a later one speaks of are looked at there.
        let later: Vec<Option<Uuid>> = audit_entry::Entity::find()
            .select_only()
            .column(A::TraceId)
            .distinct()
            .filter(A::TenantId.eq(tenant))
            .filter(A::EventType.eq(AuditEvent::TraceLabelled.name()))
            .filter(A::TraceId.is_in(said.keys().copied()))
            .filter(A::Seq.gt(end))
            .into_tuple()
            .all(snapshot)
            .await?;
        for trace in later.into_iter().flatten() {
            said.remove(&trace);
        }
        let mut labels: HashMap<Uuid, BTreeMap<String, String>> = HashMap::new();
        let rows = trace_label::Entity::find()
            .filter(L::TenantId.eq(tenant))
            .filter(L::TraceId.is_in(said.keys().copied()));
        for row in rows.all(snapshot).await? {
            let of_trace = labels.entry(row.trace_id).or_default();
            of_trace.insert(row.label_key, row.label_value);
        }
        for (trace, (seq, said)) in said {
            let found = labels.get(&trace);
            let now = labels_hash(found.unwrap_or(&BTreeMap::new()))?;
            if now.to_string() != said && found.is_none() {
                self.unlabelled.insert(trace, seq);
            } else if now.to_string() != said {
                faults.push(format!(
                    "the labels of trace {trace} were changed after audit entry {seq}"
                ));
            }
        }
        Ok(())
    }

    async fn compare_annotations(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        use trace_annotation::{Column, Entity};
        let mut said = std::mem::take(&mut self.annotations);
        if said.is_empty() {
            return Ok(());
        }
        let rows = Entity::find()
            .filter(Column::TenantId.eq(tenant))
            .filter(Column::AnnotationId.is_in(said.keys().copied()));
        for row in rows.all(snapshot).await? {
            let id = row.annotation_id;
            let Some((_, seq, hash)) = said.remove(&id) else {
                continue;
            };
            self.found += u64::from(row.audit_seq == seq);
            let now = Sha256Digest::of(row.annotation_value.as_bytes());
            if now.to_string() != hash {
                faults.push(format!(
                    "annotation {id} was changed after audit entry {seq}"
                ));
            }
        }
        let lost = said.into_iter();
        self.missing
            .extend(lost.map(|(id, (trace, seq, _))| (id, (trace, seq))));
        Ok(())
    }

    /// Looks for annotations that no entry justifies, when there are more than entries.
    pub(crate) async fn finish(
        self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        use trace_annotation::{Column, Entity};
        faults.extend(
            self.missing
                .into_iter()
                .map(|(id, (_, seq))| format!("audit entry {seq} has lost annotation {id}")),
        );
        faults.extend(self.unlabelled.into_iter().map(|(trace, seq)| {
            format!("the labels of trace {trace} were changed after audit entry {seq}")
        }));
        let all = Entity::find().filter(Column::TenantId.eq(tenant));
        if all.clone().count(snapshot).await? == self.found {
            return Ok(());
        }
        let (mut after, mut named) = (Uuid::nil(), 0);
        loop {
            let page = all.clone().filter(Column::AnnotationId.gt(after));
            let page: Vec<(Uuid, i64)> = page
                .select_only()
                .columns([Column::AnnotationId, Column::AuditSeq])
                .order_by_asc(Column::AnnotationId)
                .limit(PAGE)
                .into_tuple()
                .all(snapshot)
                .await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = *last;
            let places = page.iter().map(|(_, seq)| *seq);
            let justified = justified(snapshot, tenant, places).await?;
            for (id, _) in page.iter().filter(|(id, _)| !justified.contains(id)) {
                faults.push(format!("no audit entry justifies annotation {id}"));
                named += 1;
                if named == MOST_NAMED {
                    return Ok(());
                }
            }
        }
    }
}

/// The annotations that the entries at these places speak of.
async fn justified(
    snapshot: &DatabaseTransaction,
    tenant: &str,
    places: impl Iterator<Item = i64>,
) -> Result<HashSet<Uuid>, DbErr> {
    use audit_entry::Column as A;
    let details: Vec<String> = audit_entry::Entity::find()
        .select_only()
        .column(A::Detail)
        .filter(A::TenantId.eq(tenant))
        .filter(A::EventType.eq(AuditEvent::TraceAnnotated.name()))
        .filter(A::Seq.is_in(places))
        .into_tuple()
        .all(snapshot)
        .await?;
    let id = |text: &String| Detail::read(text).text("annotation_id")?.parse().ok();
    Ok(details.iter().filter_map(id).collect())
}
