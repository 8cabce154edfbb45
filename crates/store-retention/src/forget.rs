//! Drops traces that are past their days, with the entry that names them.

use async_trait::async_trait;
use clasper_core::{AuditEntry, TenantScope, Timestamp, canonical_json, wire_time};
use clasper_db::WriteTransaction;
use clasper_entity::trace::{self, Column as T};
use clasper_entity::{
    otel_span, redaction_value, reported_violation, trace_annotation, trace_entity, trace_label,
};
use clasper_retention::{Dropped, RetentionPolicy};
use clasper_store::rows::TraceCounts;
use clasper_store::{Batch, Needs, WriteOp};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

pub(crate) struct DropExpired {
    pub(crate) scope: TenantScope,
    pub(crate) limit: u32,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for DropExpired {
    type Answer = Dropped;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    // It is rare, so it reads and writes its own rows in the group's transaction. The lock of the account keeps other replicas
    // from dropping the same ones, and the policy from changing meanwhile.
    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Dropped, DbErr> {
        let tenant = self.scope.tenant();
        let Some(policy) = batch.retention(tenant)? else {
            return Ok(Dropped::NoPolicy);
        };
        let Some(cutoff) = policy.cutoff(self.entry.occurred_at) else {
            return Ok(Dropped::Held);
        };
        let oldest = trace::Entity::find()
            .filter(T::TenantId.eq(tenant.as_str()))
            .filter(T::StartedAt.lt(cutoff.timestamp_micros()))
            .order_by_asc(T::StartedAt)
            .order_by_asc(T::TraceId)
            .limit(u64::from(self.limit));
        let rows = transaction.all(oldest).await?;
        if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            let range = (first.started_at, last.started_at);
            batch.append(self.evidence(&policy, cutoff, range, &rows)?)?;
            forget(transaction, tenant.as_str(), &rows).await?;
        }
        Ok(Dropped::Traces {
            count: rows.len() as u64,
            cutoff,
        })
    }
}

impl DropExpired {
    /// What was dropped, and why.
    fn evidence(
        &self,
        policy: &RetentionPolicy,
        cutoff: Timestamp,
        (first, last): (i64, i64),
        rows: &[trace::Model],
    ) -> Result<AuditEntry, DbErr> {
        let time = |micros| wire_time(Timestamp::from_timestamp_micros(micros).unwrap_or_default());
        let ids = rows.iter().map(|row| row.trace_id.to_string());
        let detail = json!({
            "reason": "retention_days",
            "retention_days": policy.days,
            "policy_revision": policy.revision,
            "cutoff": wire_time(cutoff),
            "count": rows.len(),
            "first_started_at": time(first),
            "last_started_at": time(last),
            "trace_ids": ids.collect::<Vec<_>>(),
        });
        Ok(AuditEntry {
            detail: canonical_json(&detail).map_err(|error| DbErr::Custom(error.to_string()))?,
            ..self.entry.clone()
        })
    }
}

/// Removes the traces and all that hangs on them, and counts them out; totals stay.
async fn forget(
    transaction: &WriteTransaction,
    tenant: &str,
    rows: &[trace::Model],
) -> Result<(), DbErr> {
    let ids: Vec<_> = rows.iter().map(|row| row.trace_id).collect();
    macro_rules! forget {
        ($($table:ident),+) => {$(
            let rows = $table::Entity::delete_many()
                .filter($table::Column::TenantId.eq(tenant))
                .filter($table::Column::TraceId.is_in(ids.iter().copied()));
            transaction.execute(&rows).await?;
        )+};
    }
    forget!(
        trace,
        trace_label,
        trace_entity,
        trace_annotation,
        otel_span,
        redaction_value,
        reported_violation
    );
    let mut counts = TraceCounts::default();
    for row in rows {
        counts.count(row, -1);
    }
    counts.flush(transaction).await
}
