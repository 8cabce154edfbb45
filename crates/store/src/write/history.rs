//! Histories of costs within a group of writes: one row per subject, read once, added to, written once.

use std::collections::HashMap;

use clasper_core::{TenantId, Timestamp};
use clasper_db::WriteTransaction;
use clasper_entity::cost_history::{self, Column};
use clasper_governance::forecast::{CostHistory, HistorySubject, Observation};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::row;
use crate::write::needs::Needs;

/// Histories by tenant and subject, with the moment they were last added to.
#[derive(Debug, Default)]
pub(crate) struct Histories(HashMap<(String, String), (CostHistory, Option<Timestamp>)>);

impl Histories {
    pub(super) async fn load(
        transaction: &WriteTransaction,
        needs: &mut Needs,
    ) -> Result<Self, DbErr> {
        let wanted = std::mem::take(&mut needs.histories);
        if wanted.is_empty() {
            return Ok(Self::default());
        }
        let select = cost_history::Entity::find()
            .filter(Column::TenantId.is_in(wanted.iter().map(|(tenant, _)| tenant.as_str())))
            .filter(Column::Subject.is_in(wanted.iter().map(|(_, subject)| subject.as_str())));
        let rows = transaction.all(select).await?;
        let mut loaded: HashMap<_, _> = wanted
            .into_iter()
            .map(|id| (id, (CostHistory::default(), None)))
            .collect();
        for row in rows {
            if let Some((history, _)) = loaded.get_mut(&(row.tenant_id, row.subject)) {
                *history = stored(&row.sketch)?;
            }
        }
        Ok(Self(loaded))
    }

    /// Adds what was seen of `subject`, which was named in the needs.
    pub(super) fn record(
        &mut self,
        tenant: &TenantId,
        subject: &HistorySubject,
        seen: Observation,
        now: Timestamp,
    ) {
        let id = (tenant.as_str().to_owned(), subject.to_string());
        if let Some((history, changed)) = self.0.get_mut(&id) {
            history.record(seen);
            *changed = Some(now);
        }
    }

    pub(super) async fn flush(&mut self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let mut rows = Vec::new();
        for ((tenant_id, subject), (history, changed)) in self.0.drain() {
            let Some(now) = changed else { continue };
            rows.push(cost_history::Model {
                tenant_id,
                subject,
                sketch: serde_json::to_string(&history).map_err(row::unspeakable)?,
                updated_at: now.timestamp_micros(),
            });
        }
        transaction.upsert(rows).await
    }
}

/// The history as it is stored.
pub(crate) fn stored(sketch: &str) -> Result<CostHistory, DbErr> {
    serde_json::from_str(sketch).map_err(|_| row::corrupt("cost_histories", "sketch"))
}
