//! Compares labels and annotations of traces with what the log says of them.

use std::collections::{BTreeMap, HashMap};

use clasper_core::{AuditEvent, LoggedEntry, Sha256Digest};
use clasper_entity::{trace_annotation, trace_label};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

use crate::detail::Detail;
use crate::trace::dropped;
use clasper_store::rows::labels_hash;

/// What the log says of labels and annotations.
#[derive(Default)]
pub(crate) struct NoteCheck {
    /// The last hash of each trace's labels, and the entry that says it.
    labels: HashMap<Uuid, (i64, String)>,
    /// The hash of each annotation's text, and the entry that says it, by trace.
    annotations: HashMap<Uuid, Vec<(Uuid, i64, String)>>,
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
                let said = (id.unwrap_or_default(), entry.seq, hash.to_owned());
                let trace = trace.map(|trace| trace.as_uuid()).unwrap_or_default();
                self.annotations.entry(trace).or_default().push(said);
            }
            // They go with their trace.
            (AuditEvent::TracesDropped, _) => {
                for trace in dropped(detail) {
                    self.labels.remove(&trace);
                    self.annotations.remove(&trace);
                }
            }
            _ => {}
        }
    }

    /// Compares all of it, once the whole log was read.
    pub(crate) async fn compare(
        self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        use trace_label::Column as L;
        let mut labels: HashMap<Uuid, BTreeMap<String, String>> = HashMap::new();
        if !self.labels.is_empty() {
            let select = trace_label::Entity::find().filter(L::TenantId.eq(tenant));
            for row in select.all(snapshot).await? {
                let of_trace = labels.entry(row.trace_id).or_default();
                of_trace.insert(row.label_key, row.label_value);
            }
        }
        for (trace, (seq, said)) in self.labels {
            let now = labels_hash(labels.get(&trace).unwrap_or(&BTreeMap::new()))?;
            if now.to_string() != said {
                faults.push(format!(
                    "the labels of trace {trace} were changed after audit entry {seq}"
                ));
            }
        }
        let said = self.annotations.into_values().flatten();
        let said = said.map(|(id, seq, hash)| (id, (seq, hash))).collect();
        annotations(snapshot, tenant, said, faults).await
    }
}

async fn annotations(
    snapshot: &DatabaseTransaction,
    tenant: &str,
    mut said: HashMap<Uuid, (i64, String)>,
    faults: &mut Vec<String>,
) -> Result<(), DbErr> {
    use trace_annotation::{Column, Entity};
    let rows = Entity::find().filter(Column::TenantId.eq(tenant));
    for row in rows.all(snapshot).await? {
        let id = row.annotation_id;
        match said.remove(&id) {
            None => faults.push(format!("no audit entry justifies annotation {id}")),
            Some((seq, hash)) => {
                let now = Sha256Digest::of(row.annotation_value.as_bytes());
                if now.to_string() != hash {
                    faults.push(format!(
                        "annotation {id} was changed after audit entry {seq}"
                    ));
                }
            }
        }
    }
    let lost = said.into_iter();
    faults.extend(lost.map(|(id, (seq, _))| format!("audit entry {seq} has lost annotation {id}")));
    Ok(())
}
