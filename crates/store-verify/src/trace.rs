//! Compares stored traces with the hashes in the entries that ended their runs.

use std::collections::HashMap;

use clasper_core::{LoggedEntry, Sha256Digest};
use clasper_entity::trace::{Column, Entity};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::detail::Detail;

/// Traces read at a time: each may have megabytes.
const AT_ONCE: usize = 32;

/// Traces that a stretch of the log attests.
#[derive(Default)]
pub(crate) struct TraceCheck {
    attested: Vec<(i64, Uuid, String)>,
}

impl TraceCheck {
    /// Notes what `entry` says of its trace.
    pub(crate) fn take(&mut self, entry: &LoggedEntry, detail: &Detail) {
        if let (Some(trace), Some(hash)) = (entry.entry.trace, detail.text("trace_hash")) {
            self.attested
                .push((entry.seq, trace.as_uuid(), hash.to_owned()));
        }
    }

    /// Looks the noted traces up, and forgets them.
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
                .filter(Column::TraceId.is_in(some.iter().map(|(_, id, _)| *id)))
                .into_tuple()
                .all(snapshot)
                .await?;
            let stored: HashMap<Uuid, String> = stored.into_iter().collect();
            faults.extend(some.iter().filter_map(|(seq, id, hash)| {
                let Some(document) = stored.get(id) else {
                    return Some(format!("audit entry {seq} has lost its trace {id}"));
                };
                let now = Sha256Digest::of(document.as_bytes()).to_string();
                (now != *hash).then(|| format!("trace {id} was changed after audit entry {seq}"))
            }));
        }
        Ok(())
    }
}
