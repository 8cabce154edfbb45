//! Sets a budget within the tenant's.

use std::collections::HashMap;

use async_trait::async_trait;
use clasper_core::{AuditEntry, TenantId, TenantScope, Timestamp, canonical_json};
use clasper_db::WriteTransaction;
use clasper_entity::{execution, open_run};
use clasper_governance::{BudgetChange, BudgetScope, BudgetSettings, ScopedBudget};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;

use crate::execution_row::{budget_scope_row, scoped_budget};
use crate::row;
use crate::write::batch::{Batch, unknown_tenant};
use crate::write::{Needs, WriteOp, nested};

pub(crate) struct SetScopeBudget {
    pub(crate) scope: TenantScope,
    pub(crate) part: BudgetScope,
    pub(crate) settings: BudgetSettings,
    pub(crate) now: Timestamp,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for SetScopeBudget {
    type Answer = BudgetChange;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
        needs.budget_scope(self.scope.tenant(), &self.part);
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<BudgetChange, DbErr> {
        let tenant = self.scope.tenant();
        let account = batch.tenant(tenant).ok_or_else(|| unknown_tenant(tenant))?;
        let own_zone = account
            .time_zone
            .parse()
            .map_err(|_| row::corrupt("tenants", "time_zone"))?;
        let before = batch.budget_scope(tenant, &self.part);
        let before = before.map(scoped_budget).transpose()?;
        let known_zone = before.as_ref().map(|scoped| scoped.budget.time_zone);
        let zone = self.settings.time_zone.or(known_zone).unwrap_or(own_zone);
        let (part, settings, now) = (&self.part, &self.settings, self.now);
        let after = match before.clone() {
            Some(mut known) => {
                known.budget.roll_over(now);
                known
                    .budget
                    .change(settings, zone, now)
                    .map(|()| (known, false))
            }
            None => ScopedBudget::open(part.clone(), tenant.clone(), settings, zone, now)
                .map(|new| (new, true)),
        };
        let (mut after, is_new) = match after {
            Ok(after) => after,
            Err(error) => return Ok(BudgetChange::Refused(error)),
        };
        if is_new {
            let held = held_within(batch, transaction, tenant, part).await?;
            after.budget.held = row::usd(held, "budget_scopes", "held_nanos")?;
        }
        let budget = after.budget.clone();
        let mut entry = self.entry.clone();
        entry.detail = canonical_json(&json!({
            "scope": part,
            "before": before.map(|scoped| scoped.budget.snapshot()),
            "after": budget.snapshot(),
            "runs": budget.settled_runs,
            "period_end_micros": budget.period.end.timestamp_micros().to_string(),
            "alert_basis_points": budget.alert_threshold.basis_points(),
        }))
        .map_err(row::unspeakable)?;
        batch.append(entry)?;
        batch.put_budget_scope(budget_scope_row(&after));
        Ok(BudgetChange::Changed(budget))
    }
}

/// What is held at this moment by all that is open in `part`. Asked once in the life of a budget, so it may read every hold
/// of the tenant.
async fn held_within(
    batch: &Batch,
    transaction: &WriteTransaction,
    tenant: &TenantId,
    part: &BudgetScope,
) -> Result<i64, DbErr> {
    use execution::Column as E;
    use open_run::Column as R;
    let runs = open_run::Entity::find()
        .filter(R::TenantId.eq(tenant.as_str()))
        .filter(R::HoldNanos.gt(0));
    let executions = execution::Entity::find()
        .filter(E::TenantId.eq(tenant.as_str()))
        .filter(E::DueAt.is_not_null())
        .filter(E::HoldNanos.gt(0));
    let mut holds: HashMap<Uuid, (i64, String)> = HashMap::new();
    for row in transaction.all(runs).await? {
        if !batch.is_closed(row.execution_id) {
            holds.insert(row.execution_id, (row.hold_nanos, row.hold_scopes));
        }
    }
    for row in transaction.all(executions).await? {
        holds.insert(row.execution_id, (row.hold_nanos, row.hold_scopes));
    }
    // What this very group has changed is not in the database yet.
    let is_own = |owner: &str| owner == tenant.as_str();
    for row in batch
        .open_runs
        .values()
        .filter(|row| is_own(&row.tenant_id))
    {
        holds.insert(row.execution_id, (row.hold_nanos, row.hold_scopes.clone()));
    }
    for row in batch.executions().filter(|row| is_own(&row.tenant_id)) {
        holds.insert(row.execution_id, (row.hold_nanos, row.hold_scopes.clone()));
    }
    let mut held = 0_i64;
    for (amount, scopes) in holds.values() {
        if nested::scopes(scopes, "open_runs")?.contains(part) {
            held = held.saturating_add(*amount);
        }
    }
    Ok(held)
}
