//! Sets a tenant's budget.

use async_trait::async_trait;
use chrono_tz::Tz;
use clasper_core::{AuditEntry, TenantScope, Timestamp, canonical_json};
use clasper_entity::ledger_entry;
use clasper_governance::{Budget, BudgetChange, BudgetSettings, BudgetSnapshot};
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::json;

use crate::read::account::spent_in_period;
use crate::row;
use crate::write::batch::{Batch, unknown_tenant};
use crate::write::{Needs, WriteOp};

pub(crate) struct SetBudget {
    pub(crate) scope: TenantScope,
    pub(crate) settings: BudgetSettings,
    pub(crate) zone: Option<Tz>,
    pub(crate) now: Timestamp,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for SetBudget {
    type Answer = BudgetChange;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &DatabaseTransaction,
    ) -> Result<BudgetChange, DbErr> {
        let tenant = self.scope.tenant();
        let account = batch.tenant(tenant).ok_or_else(|| unknown_tenant(tenant))?;
        let own_zone = account
            .time_zone
            .parse()
            .map_err(|_| row::corrupt("tenants", "time_zone"))?;
        let before = row::budget(account)?;
        let zone = self
            .zone
            .or(before.as_ref().map(|b| b.time_zone))
            .unwrap_or(own_zone);
        let mut after = before.clone();
        let changed = match &mut after {
            Some(budget) => {
                budget.roll_over(self.now);
                budget.change(&self.settings, zone, self.now)
            }
            None => Budget::open(tenant.clone(), &self.settings, zone, self.now)
                .map(|budget| after = Some(budget)),
        };
        let budget = match (changed, after) {
            (Ok(()), Some(budget)) => budget,
            (Err(error), _) => return Ok(BudgetChange::Refused(error)),
            (Ok(()), None) => return Err(row::unspeakable("a budget that was opened is missing")),
        };
        let held = account.held_nanos;
        let budget = Budget {
            held: row::usd(held, "tenants", "held_nanos")?,
            ..budget
        };
        let mut entry = self.entry.clone();
        entry.detail = canonical_json(&json!({
            "before": before.as_ref().map(Budget::snapshot).map(|s: BudgetSnapshot| json!(s)),
            "after": budget.snapshot(),
            "period_end_micros": budget.period.end.timestamp_micros().to_string(),
            "alert_basis_points": budget.alert_threshold.basis_points(),
        }))
        .map_err(row::unspeakable)?;
        row::store_budget(batch.tenant_mut(tenant)?, &budget);
        let seq = batch.append(entry)?;
        if before
            .as_ref()
            .is_none_or(|b| b.period.start != budget.period.start)
        {
            carry_over(batch, transaction, &budget, seq, self.now).await?;
        }
        Ok(BudgetChange::Changed(budget))
    }
}

/// What was spent goes along when the period's start is moved: the ledger says so, or it would not add up.
async fn carry_over(
    batch: &mut Batch,
    transaction: &DatabaseTransaction,
    budget: &Budget,
    audit_seq: i64,
    now: Timestamp,
) -> Result<(), DbErr> {
    let period_start = budget.period.start.timestamp_micros();
    let known = spent_in_period(transaction, budget.tenant.as_str(), period_start).await?;
    if known == budget.spent.nanos() {
        return Ok(());
    }
    batch.ledger.push(ledger_entry::Model {
        tenant_id: budget.tenant.as_str().to_owned(),
        audit_seq,
        execution_id: sea_orm::prelude::Uuid::nil(),
        kind: "carry".to_owned(),
        held_delta_nanos: 0,
        spent_delta_nanos: budget.spent.nanos() - known,
        period_start: Some(period_start),
        occurred_at: now.timestamp_micros(),
    });
    Ok(())
}
