//! Raises the hold of an open run.

use async_trait::async_trait;
use clasper_core::{AuditEntry, Usd, canonical_json};
use clasper_db::WriteTransaction;
use clasper_entity::ledger_entry;
use clasper_governance::{NestedAdmission, Refusal};
use clasper_runtime::run::{Extension, HoldExtension};
use sea_orm::DbErr;

use crate::row;
use crate::write::batch::{Batch, unknown_tenant};
use crate::write::{Needs, WriteOp, nested};

pub(crate) struct ExtendHold(pub(crate) HoldExtension);

#[async_trait]
impl WriteOp for ExtendHold {
    type Answer = Extension;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.0.scope.tenant());
        needs.open_run(self.0.execution);
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<Extension, DbErr> {
        let extension = &self.0;
        let tenant = extension.scope.tenant();
        let open = batch.open_runs.get(&extension.execution.as_uuid());
        if open.is_none_or(|run| run.tenant_id != tenant.as_str()) {
            return Ok(Extension::Closed);
        }
        let account = batch.tenant(tenant).ok_or_else(|| unknown_tenant(tenant))?;
        let period_start = account
            .budget_limit_nanos
            .map(|_| account.budget_period_start);
        let scopes = open.map_or("[]", |run| run.hold_scopes.as_str());
        let scopes = nested::scopes(scopes, "open_runs")?;
        let mut budgets = nested::budgets(batch, tenant, &scopes)?;
        // The rows themselves roll over with the next run that opens or ends; the answer is of the period we are in.
        budgets.roll_over(extension.now);
        // A run that holds money cannot wait for others: they might be waiting for it.
        let hold = match budgets.admit(extension.ask, true) {
            NestedAdmission::Held { hold, .. } => hold,
            NestedAdmission::Refused { refusal, .. } => return Ok(Extension::Refused(refusal)),
            NestedAdmission::Wait { .. } => return Ok(Extension::Refused(Refusal::BudgetHeld)),
        };
        nested::move_held(batch, tenant, &scopes, hold.nanos());
        let account = batch.tenant_mut(tenant)?;
        account.held_nanos = row::sum(account.held_nanos, hold)?;
        if let Some(run) = batch.open_run_mut(extension.execution) {
            run.hold_nanos = row::sum(run.hold_nanos, hold)?;
        }
        let seq = batch.append(with_hold(&extension.entry, hold)?)?;
        batch.ledger.push(ledger_entry::Model {
            tenant_id: tenant.as_str().to_owned(),
            audit_seq: seq,
            execution_id: extension.execution.as_uuid(),
            kind: "extend".to_owned(),
            held_delta_nanos: hold.nanos(),
            spent_delta_nanos: 0,
            period_start,
            occurred_at: extension.now.timestamp_micros(),
        });
        Ok(Extension::Held(hold))
    }
}

/// The entry with the money that was held: the ledger's row has to be provable from the log.
fn with_hold(entry: &AuditEntry, hold: Usd) -> Result<AuditEntry, DbErr> {
    let mut detail: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(entry.detail.as_str()).map_err(row::unspeakable)?;
    detail.insert("hold_usd".to_owned(), hold.to_string().into());
    Ok(AuditEntry {
        detail: canonical_json(&detail).map_err(row::unspeakable)?,
        ..entry.clone()
    })
}
