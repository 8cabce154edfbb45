//! Sets a tenant's budget.

use async_trait::async_trait;
use chrono_tz::Tz;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, TenantScope, Timestamp, Usd, canonical_json,
};
use clasper_db::WriteTransaction;
use clasper_entity::ledger_entry;
use clasper_governance::{Budget, BudgetChange, BudgetSettings, BudgetSnapshot};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::json;

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
        transaction: &WriteTransaction,
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
        let moved = before.as_ref().map(|b| b.period.start) != Some(budget.period.start);
        let carried = if moved {
            carried(batch, transaction, &budget, budget.spent).await?
        } else {
            0
        };
        let mut entry = self.entry.clone();
        entry.detail = canonical_json(&json!({
            "before": before.as_ref().map(Budget::snapshot).map(|s: BudgetSnapshot| json!(s)),
            "after": budget.snapshot(),
            "period_end_micros": budget.period.end.timestamp_micros().to_string(),
            "alert_basis_points": budget.alert_threshold.basis_points(),
            "carried_nanos": carried.to_string(),
        }))
        .map_err(row::unspeakable)?;
        row::store_budget(batch.tenant_mut(tenant)?, &budget);
        let seq = batch.append(entry)?;
        carry(batch, &budget, carried, seq, self.now);
        Ok(BudgetChange::Changed(budget))
    }
}

/// Writes a new period, and the audit entry that says what the old one cost.
pub(crate) async fn roll_over(
    batch: &mut Batch,
    transaction: &WriteTransaction,
    budget: &Budget,
    ended_with: Usd,
    id: AuditEntryId,
    now: Timestamp,
) -> Result<(), DbErr> {
    let carried = carried(batch, transaction, budget, Usd::ZERO).await?;
    row::store_spending(batch.tenant_mut(&budget.tenant)?, budget);
    let detail = canonical_json(&json!({
        "spent_usd": ended_with,
        "period_start_micros": budget.period.start.timestamp_micros().to_string(),
        "period_end_micros": budget.period.end.timestamp_micros().to_string(),
        "carried_nanos": carried.to_string(),
    }));
    let seq = batch.append(AuditEntry {
        id,
        tenant: budget.tenant.clone(),
        workspace: None,
        trace: None,
        user: None,
        actor: "system".to_owned(),
        event: AuditEvent::BudgetRolledOver,
        target: Some(format!("budget:{}", budget.tenant)),
        detail: detail.map_err(row::unspeakable)?,
        occurred_at: now,
    })?;
    carry(batch, budget, carried, seq, now);
    Ok(())
}

/// How far `spent` is from what the ledger says was spent since the period's start: people may set a period that
/// begins where another one began, and then the ledger knows of movements that do not count.
async fn carried(
    batch: &Batch,
    transaction: &WriteTransaction,
    budget: &Budget,
    spent: Usd,
) -> Result<i64, DbErr> {
    let tenant = budget.tenant.as_str();
    let start = budget.period.start.timestamp_micros();
    let written = spent_in_period(transaction, tenant, start).await?;
    // Movements of this very group are not in the database yet.
    let pending = batch.ledger.iter();
    let pending = pending.filter(|row| row.tenant_id == tenant && row.period_start == Some(start));
    let known = pending.fold(written, |sum, row| {
        sum.saturating_add(row.spent_delta_nanos)
    });
    Ok(spent.nanos().saturating_sub(known))
}

/// Says in the ledger what goes along when a period's start is moved, or it would not add up.
fn carry(batch: &mut Batch, budget: &Budget, carried: i64, audit_seq: i64, now: Timestamp) {
    if carried == 0 {
        return;
    }
    batch.ledger.push(ledger_entry::Model {
        tenant_id: budget.tenant.as_str().to_owned(),
        audit_seq,
        execution_id: sea_orm::prelude::Uuid::nil(),
        kind: "carry".to_owned(),
        held_delta_nanos: 0,
        spent_delta_nanos: carried,
        period_start: Some(budget.period.start.timestamp_micros()),
        occurred_at: now.timestamp_micros(),
    });
}

/// What the ledger says was spent in the period that begins at `period_start`.
async fn spent_in_period(
    transaction: &WriteTransaction,
    tenant: &str,
    period_start: i64,
) -> Result<i64, DbErr> {
    use ledger_entry::Column as L;
    let select = ledger_entry::Entity::find()
        .select_only()
        .column_as(
            L::SpentDeltaNanos.into_expr().sum().cast_as("BIGINT"),
            "spent",
        )
        .filter(L::TenantId.eq(tenant))
        .filter(L::PeriodStart.eq(period_start))
        .filter(L::SpentDeltaNanos.ne(0))
        .into_query();
    Ok(transaction.integer(&select).await?.unwrap_or(0))
}
