//! Says which lines of its budgets a charge has crossed.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, TenantId, Timestamp, TraceId, canonical_json,
};
use clasper_governance::{Alert, BudgetScope, NestedBudgets, ScopeAlert, ScopedSnapshot};
use sea_orm::DbErr;

use crate::row;
use crate::write::batch::Batch;

/// What was charged, and by whom.
pub(super) struct Cause<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) trace: TraceId,
    pub(super) actor: &'a str,
    /// Ids of the entries for the tenant's threshold and limit; those of the budgets within it are derived from them.
    pub(super) ids: (AuditEntryId, AuditEntryId),
    pub(super) now: Timestamp,
}

impl Cause<'_> {
    /// Appends an entry for each line, in the tenant's budget and in those within it.
    pub(super) fn alert(
        &self,
        batch: &mut Batch,
        budgets: &NestedBudgets,
        alerts: &[ScopeAlert],
    ) -> Result<(), DbErr> {
        for ScopeAlert { scope, alert } in alerts {
            let found = budgets.budgets().iter().find(|known| known.scope == *scope);
            let Some(scoped) = found else { continue };
            let (event, own) = match alert {
                Alert::Threshold => (AuditEvent::BudgetWarning, self.ids.0),
                Alert::Limit => (AuditEvent::BudgetExceeded, self.ids.1),
            };
            let (id, target, detail) = if *scope == BudgetScope::Tenant {
                let target = format!("budget:{}", self.tenant);
                (own, target, canonical_json(&scoped.budget.snapshot()))
            } else {
                let id = own.derived(&format!("alert/{scope}"));
                let snapshot = ScopedSnapshot {
                    scope: scope.clone(),
                    budget: scoped.budget.snapshot(),
                };
                let target = format!("budget_scope:{scope}");
                (id, target, canonical_json(&snapshot))
            };
            batch.append(AuditEntry {
                id,
                tenant: self.tenant.clone(),
                workspace: None,
                trace: Some(self.trace),
                user: None,
                actor: self.actor.to_owned(),
                event,
                target: Some(target),
                detail: detail.map_err(row::unspeakable)?,
                occurred_at: self.now,
            })?;
        }
        Ok(())
    }
}
