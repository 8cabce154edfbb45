//! Executions: opened with their decision, and taken from step to step.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::Usd;
use clasper_db::WriteTransaction;
use clasper_delegated::execution::{
    Change, Closing, Execution, ExecutionOpening, ExecutionStep, ExecutionVerdict, HoldMove,
    Opened, ResolutionNotice, StepRefusal, StepResult, Stepped,
};
use clasper_entity::{ledger_entry, notice, outcome};
use clasper_governance::{BudgetScope, NestedBudgets};
use sea_orm::DbErr;

use crate::execution_row;
use crate::row;
use crate::write::batch::Batch;
use crate::write::notice::WAITING;
use crate::write::{Needs, WriteOp, nested};

/// What a callback reports.
const RESOLVED: &str = "execution.resolved";

pub(crate) struct OpenExecution(pub(crate) Arc<ExecutionOpening>);

#[async_trait]
impl WriteOp for OpenExecution {
    type Answer = Opened;

    fn needs(&self, needs: &mut Needs) {
        let opening = &self.0;
        let tenant = opening.scope.tenant();
        needs.tenant(tenant);
        needs.governance_head(tenant);
        needs.execution_key(tenant, &opening.ask.adapter, &opening.key);
        for scope in opening.ask.budget_scopes() {
            needs.budget_scope(tenant, &scope);
        }
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<Opened, DbErr> {
        let opening = &self.0;
        let tenant = opening.scope.tenant();
        if let Some(known) = batch.execution_by_key(tenant, &opening.ask.adapter, &opening.key) {
            let known = execution_row::execution(known.clone())?;
            return self.again(batch, known);
        }
        if batch.governance_revision(tenant) != opening.judgement.governance_revision {
            return Ok(Opened::Stale);
        }
        let scopes = opening.ask.budget_scopes();
        let budgets = budgets_at(batch, tenant, &scopes, opening.now)?;
        match opening.decide(&budgets).map_err(row::unspeakable)? {
            None => Ok(Opened::Wait),
            Some(verdict) => self.decided(batch, verdict),
        }
    }
}

impl OpenExecution {
    /// The adapter asked under this key before.
    fn again(&self, batch: &mut Batch, known: Execution) -> Result<Opened, DbErr> {
        use clasper_delegated::execution::ExecutionStatus;
        let opening = &self.0;
        if known.intent_hash != opening.intent.hash || known.workspace != opening.ask.workspace {
            return Ok(Opened::KeyReused(Box::new(known)));
        }
        if known.status != ExecutionStatus::Approved {
            return Ok(Opened::Known(Box::new(known)));
        }
        Ok(match step(batch, &opening.claim(&known), known)? {
            Stepped::Taken(execution) => Opened::Claimed(execution),
            Stepped::Refused(StepRefusal::Claim(refusal), execution) => {
                Opened::ClaimRefused(refusal, execution)
            }
            Stepped::Refused(_, execution) => Opened::Known(execution),
            Stepped::Wait => Opened::Wait,
            Stepped::Stale | Stepped::NotFound => Opened::Stale,
        })
    }

    fn decided(&self, batch: &mut Batch, verdict: ExecutionVerdict) -> Result<Opened, DbErr> {
        let tenant = self.0.scope.tenant();
        let ExecutionVerdict {
            decision,
            grant,
            execution,
            entry,
            closing,
        } = verdict;
        let seq = batch.append(entry)?;
        batch.decisions.push(
            row::decision_row(tenant, &decision, grant.as_ref(), seq).map_err(row::unspeakable)?,
        );
        hold(batch, &execution, HoldMove::Hold(execution.hold), seq)?;
        if let Some(closing) = closing {
            close(batch, &execution, closing, seq);
        }
        batch.add_execution(execution_row::execution_row(&execution, seq)?);
        Ok(Opened::Decided(Box::new(execution)))
    }
}

pub(crate) struct StepExecution(pub(crate) Arc<dyn ExecutionStep>);

#[async_trait]
impl WriteOp for StepExecution {
    type Answer = Stepped;

    fn needs(&self, needs: &mut Needs) {
        let tenant = self.0.scope().tenant();
        needs.tenant(tenant);
        needs.governance_head(tenant);
        needs.execution(tenant, self.0.decision());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Stepped, DbErr> {
        let tenant = self.0.scope().tenant();
        let Some(known) = batch.execution(tenant, self.0.decision()) else {
            return Ok(Stepped::NotFound);
        };
        let known = execution_row::execution(known.clone())?;
        let scopes = known.hold_scopes.iter().map(ToString::to_string).collect();
        batch.load_scopes(transaction, tenant, scopes).await?;
        step(batch, &*self.0, known)
    }
}

/// Takes a step of `known`, whose budgets are loaded.
fn step(batch: &mut Batch, step: &dyn ExecutionStep, known: Execution) -> Result<Stepped, DbErr> {
    let tenant = known.tenant.clone();
    let revision = batch.governance_revision(&tenant);
    if step
        .governance_revision()
        .is_some_and(|seen| seen != revision)
    {
        return Ok(Stepped::Stale);
    }
    let budgets = budgets_at(batch, &tenant, &known.hold_scopes, step.now())?;
    let result = step.apply(&known, &budgets).map_err(row::unspeakable)?;
    let change = match result {
        StepResult::Change(change) => *change,
        StepResult::Refused(refusal) => return Ok(Stepped::Refused(refusal, Box::new(known))),
        StepResult::Wait => return Ok(Stepped::Wait),
    };
    let Change {
        execution,
        entries,
        hold: moved,
        closing,
        notice,
    } = change;
    let mut seqs = Vec::with_capacity(entries.len());
    for entry in entries {
        seqs.push(batch.append(entry)?);
    }
    let seq = seqs.first().copied();
    let seq = seq.ok_or_else(|| row::unspeakable("a step without an audit entry"))?;
    if let Some(moved) = moved {
        hold(batch, &execution, moved, seq)?;
    }
    if let Some(closing) = closing {
        close(batch, &execution, closing, seq);
    }
    if let Some(notice) = notice {
        tell(batch, &execution, notice, seq);
    }
    batch.put_execution(&execution)?;
    Ok(Stepped::Taken(Box::new(execution)))
}

/// The tenant's budget and those of `scopes`, in the periods that contain `now`.
pub(crate) fn budgets_at(
    batch: &Batch,
    tenant: &clasper_core::TenantId,
    scopes: &[BudgetScope],
    now: clasper_core::Timestamp,
) -> Result<NestedBudgets, DbErr> {
    let mut budgets = nested::budgets(batch, tenant, scopes)?;
    // Rows roll over with the next run that opens or ends; what is decided here is of the period we are in.
    budgets.roll_over(now);
    Ok(budgets)
}

/// Moves held money in the tenant's account, in the budgets within it, and in the ledger.
fn hold(batch: &mut Batch, execution: &Execution, moved: HoldMove, seq: i64) -> Result<(), DbErr> {
    let (amount, kind, delta) = match moved {
        HoldMove::Hold(amount) => (amount, "hold", amount.nanos()),
        HoldMove::Release(amount) => (amount, "release", amount.nanos().saturating_neg()),
    };
    if amount == Usd::ZERO {
        return Ok(());
    }
    let account = batch.tenant_mut(&execution.tenant)?;
    account.held_nanos = account.held_nanos.saturating_add(delta).max(0);
    let period_start = account
        .budget_limit_nanos
        .map(|_| account.budget_period_start);
    nested::move_held(batch, &execution.tenant, &execution.hold_scopes, delta);
    batch.ledger.push(ledger_entry::Model {
        tenant_id: execution.tenant.as_str().to_owned(),
        audit_seq: seq,
        execution_id: execution.execution.as_uuid(),
        kind: kind.to_owned(),
        held_delta_nanos: delta,
        spent_delta_nanos: 0,
        period_start,
        occurred_at: execution.updated_at.timestamp_micros(),
    });
    Ok(())
}

fn close(batch: &mut Batch, execution: &Execution, closing: Closing, seq: i64) {
    batch.outcomes.push(outcome::Model {
        decision_id: execution.decision.as_uuid(),
        tenant_id: execution.tenant.as_str().to_owned(),
        result: closing.result.to_owned(),
        reason: Some(closing.reason),
        cost_nanos: 0,
        occurred_at: execution.updated_at.timestamp_micros(),
        audit_seq: seq,
    });
}

fn tell(batch: &mut Batch, execution: &Execution, told: ResolutionNotice, seq: i64) {
    let now = execution.updated_at.timestamp_micros();
    batch.notices.push(notice::Model {
        message_id: told.id.as_uuid(),
        tenant_id: execution.tenant.as_str().to_owned(),
        endpoint_id: None,
        event_type: RESOLVED.to_owned(),
        queue: clasper_webhook::queue("callback", &execution.decision.to_string()),
        position: seq,
        trace_id: Some(execution.trace.as_uuid()),
        payload: told.payload,
        state: WAITING.to_owned(),
        attempts: 0,
        last_result: None,
        last_attempt_at: None,
        created_at: now,
        next_attempt_at: now,
    });
}
