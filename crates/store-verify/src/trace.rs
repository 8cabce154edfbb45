//! Compares stored traces with the hashes in the entries that ended their runs, and those that are gone with the entries that
//! dropped them.

use std::collections::HashMap;

use clasper_core::{AuditEvent, LoggedEntry, Sha256Digest};
use clasper_entity::trace::{Column, Entity};
use clasper_tracing::TraceSource;
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::detail::Detail;

/// Traces read at a time: each may have megabytes.
const AT_ONCE: usize = 32;

/// Traces that a stretch of the log attests.
#[derive(Default)]
pub(crate) struct TraceCheck {
    /// Entry, trace, hash, and whether it is stored.
    attested: Vec<(i64, Uuid, String, bool)>,
    /// Traces that the stretch says were dropped, and the entry.
    dropped: HashMap<Uuid, i64>,
    /// Traces that were not found so far, and the entry that attests them: an entry further on may say why.
    missing: HashMap<Uuid, i64>,
}

impl TraceCheck {
    /// Notes what `entry` says of traces.
    pub(crate) fn take(&mut self, entry: &LoggedEntry, detail: &Detail, faults: &mut Vec<String>) {
        let seq = entry.seq;
        if let (Some(trace), Some(hash)) = (entry.entry.trace, detail.text("trace_hash")) {
            let stored = detail.stores_its_trace();
            let attested = (seq, trace.as_uuid(), hash.to_owned(), stored);
            self.attested.push(attested);
        }
        if entry.entry.event == AuditEvent::TracesDropped {
            let ids: Vec<Uuid> = dropped(detail).collect();
            if usize::try_from(detail.count("count")) != Ok(ids.len()) {
                let fault = format!("audit entry {seq} does not name as many traces as it says");
                faults.push(fault);
            }
            self.dropped.extend(ids.into_iter().map(|id| (id, seq)));
        }
    }

    /// Looks the noted traces up, and forgets those that are as they should be.
    pub(crate) async fn compare(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        let attested = std::mem::take(&mut self.attested);
        for some in attested.chunks(AT_ONCE) {
            let stored: Vec<(Uuid, String)> = Entity::find()
                .select_only()
                .columns([Column::TraceId, Column::Document])
                .filter(Column::TenantId.eq(tenant))
                .filter(Column::TraceId.is_in(some.iter().map(|(_, id, ..)| *id)))
                .into_tuple()
                .all(snapshot)
                .await?;
            let stored: HashMap<Uuid, String> = stored.into_iter().collect();
            for (seq, id, hash, keeps) in some {
                match (stored.get(id), keeps) {
                    (None, true) => {
                        self.missing.insert(*id, *seq);
                    }
                    (None, false) => {}
                    (Some(document), true) => {
                        if Sha256Digest::of(document.as_bytes()).to_string() != *hash {
                            let fault = format!("trace {id} was changed after audit entry {seq}");
                            faults.push(fault);
                        }
                    }
                    (Some(_), false) => faults.push(format!(
                        "trace {id} is stored, but audit entry {seq} says that it was not kept"
                    )),
                }
            }
        }
        self.compare_dropped(snapshot, tenant, faults).await
    }

    /// What was dropped explains what was missing so far, and is not there any more.
    async fn compare_dropped(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped.is_empty() {
            return Ok(());
        }
        let stored: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::TraceId)
            .filter(Column::TenantId.eq(tenant))
            .filter(Column::TraceId.is_in(dropped.keys().copied()))
            // Late spans of other programs make their trace again, and no entry attests it.
            .filter(Column::Source.ne(TraceSource::Otlp.name()))
            .into_tuple()
            .all(snapshot)
            .await?;
        for (id, seq) in dropped {
            self.missing.remove(&id);
            if stored.contains(&id) {
                let fault = format!("trace {id} is there, but audit entry {seq} dropped it");
                faults.push(fault);
            }
        }
        Ok(())
    }

    /// What is missing once the whole log was read.
    pub(crate) fn finish(self, faults: &mut Vec<String>) {
        let mut missing: Vec<_> = self.missing.into_iter().collect();
        missing.sort_unstable_by_key(|(_, seq)| *seq);
        let lost = missing.into_iter();
        faults.extend(lost.map(|(id, seq)| format!("audit entry {seq} has lost its trace {id}")));
    }
}

/// The traces that an entry says were dropped.
pub(crate) fn dropped(detail: &Detail) -> impl Iterator<Item = Uuid> {
    detail.texts("trace_ids").filter_map(|id| id.parse().ok())
}
