//! How many traces are kept, by what lists are filtered by: counted in the commit that adds or drops them.

use std::collections::{BTreeSet, HashMap};

use clasper_db::WriteTransaction;
use clasper_entity::trace;
use clasper_entity::trace_count::{self, Column as C};
use clasper_tracing::{DAY_MICROS, TOTAL_MICROS};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

/// What counts are kept for: tenant, span, its first microsecond, workspace, role, status.
type Key = (String, i64, i64, String, String, String);

/// Traces that came or went.
#[derive(Debug, Default)]
pub struct TraceCounts(HashMap<Key, i64>);

impl TraceCounts {
    /// Counts a trace: 1 when it is added, -1 when it is dropped.
    pub fn count(&mut self, row: &trace::Model, one: i64) {
        for span in [TOTAL_MICROS, DAY_MICROS] {
            let starts_at = row.started_at - row.started_at.rem_euclid(span);
            let key = (
                row.tenant_id.clone(),
                span,
                starts_at,
                row.workspace_id.clone(),
                row.agent_role.clone(),
                row.status.clone(),
            );
            *self.0.entry(key).or_default() += one;
        }
    }

    /// Adds to what is stored. The locks of the tenants' accounts keep others from doing so meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn flush(mut self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        if self.0.is_empty() {
            return Ok(());
        }
        // Each once: the text of the statement is then nearly always the same, and prepared already.
        let tenants: BTreeSet<&str> = self.0.keys().map(|key| key.0.as_str()).collect();
        let starts: BTreeSet<i64> = self.0.keys().map(|key| key.2).collect();
        let known = trace_count::Entity::find()
            .filter(C::TenantId.is_in(tenants))
            .filter(C::Span.is_in([TOTAL_MICROS, DAY_MICROS]))
            .filter(C::StartsAt.is_in(starts));
        for row in transaction.all(known).await? {
            let key = (
                row.tenant_id,
                row.span,
                row.starts_at,
                row.workspace_id,
                row.agent_role,
                row.status,
            );
            if let Some(more) = self.0.get_mut(&key) {
                *more += row.traces;
            }
        }
        let rows = self.0.into_iter().map(|(key, traces)| trace_count::Model {
            tenant_id: key.0,
            span: key.1,
            starts_at: key.2,
            workspace_id: key.3,
            agent_role: key.4,
            status: key.5,
            traces,
        });
        let rows: Vec<_> = rows.collect();
        transaction.upsert(rows).await
    }
}
