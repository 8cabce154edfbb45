//! Budgets within the tenant's as a group of writes sees them: held together, rolled over, settled.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, TenantId, Timestamp, Usd, canonical_json,
};
use clasper_db::WriteTransaction;
use clasper_governance::{BudgetScope, NestedBudgets, ScopedBudget};
use sea_orm::DbErr;
use serde_json::json;

use crate::execution_row::{budget_scope_row, scoped_budget};
use crate::row;
use crate::write::batch::{Batch, unknown_tenant};
use crate::write::budget;

/// The tenant's budget and those of `scopes` that have one, as they are stored. The scopes' rows must be loaded.
pub(crate) fn budgets(
    batch: &Batch,
    tenant: &TenantId,
    scopes: &[BudgetScope],
) -> Result<NestedBudgets, DbErr> {
    let account = batch.tenant(tenant).ok_or_else(|| unknown_tenant(tenant))?;
    let mut budgets = Vec::new();
    if let Some(budget) = row::budget(account)? {
        budgets.push(ScopedBudget {
            scope: BudgetScope::Tenant,
            budget,
        });
    }
    for scope in scopes {
        if let Some(known) = batch.budget_scope(tenant, scope) {
            budgets.push(scoped_budget(known)?);
        }
    }
    NestedBudgets::new(budgets).map_err(row::unspeakable)
}

/// The scopes that a row names.
///
/// # Errors
/// When the row is not as it was written.
pub fn scopes(text: &str, table: &'static str) -> Result<Vec<BudgetScope>, DbErr> {
    serde_json::from_str(text).map_err(|_| row::corrupt(table, "hold_scopes"))
}

/// Changes what the budgets within the tenant's hold by `delta`.
pub(crate) fn move_held(batch: &mut Batch, tenant: &TenantId, scopes: &[BudgetScope], delta: i64) {
    for scope in scopes {
        if let Some(row) = batch.budget_scope_mut(tenant, scope) {
            row.held_nanos = row.held_nanos.saturating_add(delta).max(0);
        }
    }
}

/// Writes the budgets within the tenant's as they are now.
pub(crate) fn store_parts(batch: &mut Batch, budgets: &NestedBudgets) {
    for part in budgets.parts() {
        batch.put_budget_scope(budget_scope_row(part));
    }
}

/// Writes the periods that began, and an entry for each that says what the one before it cost. `budgets` have rolled over
/// already; `ended` is what they said of it. The tenant's entry has the id `own`, the others ids derived from `base`.
pub(crate) async fn roll_over(
    batch: &mut Batch,
    transaction: &WriteTransaction,
    budgets: &NestedBudgets,
    ended: Vec<(BudgetScope, Usd)>,
    (own, base): (AuditEntryId, AuditEntryId),
    now: Timestamp,
) -> Result<(), DbErr> {
    for (scope, spent) in ended {
        let found = budgets.budgets().iter().find(|known| known.scope == scope);
        let Some(scoped) = found else { continue };
        if scope == BudgetScope::Tenant {
            budget::roll_over(batch, transaction, &scoped.budget, spent, own, now).await?;
        } else {
            let id = base.derived(&format!("rolled_over/{scope}"));
            batch.append(rolled_over(scoped, spent, id, now)?)?;
            if let Some(row) = batch.budget_scope_mut(&scoped.budget.tenant, &scope) {
                row.spent_nanos = 0;
                row.runs = 0;
                row.period_start = scoped.budget.period.start.timestamp_micros();
                row.period_end = scoped.budget.period.end.timestamp_micros();
                row.updated_at = scoped.budget.updated_at.timestamp_micros();
            }
        }
    }
    Ok(())
}

fn rolled_over(
    scoped: &ScopedBudget,
    ended_with: Usd,
    id: AuditEntryId,
    now: Timestamp,
) -> Result<AuditEntry, DbErr> {
    let ScopedBudget { scope, budget } = scoped;
    let detail = canonical_json(&json!({
        "scope": scope,
        "spent_usd": ended_with,
        "period_start_micros": budget.period.start.timestamp_micros().to_string(),
        "period_end_micros": budget.period.end.timestamp_micros().to_string(),
    }));
    Ok(AuditEntry {
        id,
        tenant: budget.tenant.clone(),
        workspace: None,
        trace: None,
        user: None,
        actor: "system".to_owned(),
        event: AuditEvent::BudgetRolledOver,
        target: Some(format!("budget_scope:{scope}")),
        detail: detail.map_err(row::unspeakable)?,
        occurred_at: now,
    })
}
