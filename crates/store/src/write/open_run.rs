//! Opens a run: decision, hold, consumed grant and audit entry; or the refusal.

use async_trait::async_trait;
use clasper_core::Usd;
use clasper_db::WriteTransaction;
use clasper_entity::{idempotency_key, ledger_entry, open_run, outcome};
use clasper_governance::{Effect, Grant};
use clasper_runtime::run::{IdempotencyClaim, Opening, RunOpening, RunVerdict};
use clasper_tracing::RunStatus;
use sea_orm::DbErr;

use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp, nested};

pub(crate) struct OpenRun(pub(crate) RunOpening);

#[async_trait]
impl WriteOp for OpenRun {
    type Answer = Opening;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.0.scope.tenant());
        needs.governance_head(self.0.scope.tenant());
        for scope in &self.0.budget_scopes {
            needs.budget_scope(self.0.scope.tenant(), scope);
        }
        if let Some(claim) = &self.0.idempotency {
            needs.idempotency_key(self.0.scope.tenant(), &claim.key);
        }
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Opening, DbErr> {
        let opening = &self.0;
        if let Some(answer) = opening
            .idempotency
            .as_ref()
            .and_then(|claim| self.known_answer(batch, claim))
        {
            return Ok(answer);
        }
        let revision = batch.governance_revision(opening.scope.tenant());
        if revision != opening.policy.governance_revision {
            return Ok(Opening::Stale);
        }
        let tenant = opening.scope.tenant();
        let mut budgets = nested::budgets(batch, tenant, &opening.budget_scopes)?;
        let ended = budgets.roll_over(opening.now);
        let Some(verdict) = opening.decide(&budgets).map_err(row::unspeakable)? else {
            return Ok(Opening::Wait);
        };
        let ids = (opening.rollover_entry, opening.entry);
        nested::roll_over(batch, transaction, &budgets, ended, ids, opening.now).await?;
        match verdict.grant.clone() {
            Some(grant) => self.admit(batch, verdict, grant),
            None => self.deny(batch, verdict),
        }
    }
}

impl OpenRun {
    fn known_answer(&self, batch: &Batch, claim: &IdempotencyClaim) -> Option<Opening> {
        let id = (self.0.scope.tenant().as_str().to_owned(), claim.key.clone());
        let known = batch.idempotency_keys.get(&id)?;
        let answer = known.answer.clone();
        Some(if known.request_hash == claim.request_hash.as_bytes() {
            answer.map_or(Opening::InFlight, Opening::Answered)
        } else {
            Opening::KeyReused
        })
    }

    fn admit(
        &self,
        batch: &mut Batch,
        verdict: RunVerdict,
        grant: Grant,
    ) -> Result<Opening, DbErr> {
        let opening = &self.0;
        let tenant = opening.scope.tenant();
        let account = batch.tenant_mut(tenant)?;
        account.held_nanos = row::sum(account.held_nanos, verdict.hold)?;
        let period_start = account
            .budget_limit_nanos
            .map(|_| account.budget_period_start);
        let hold = verdict.hold.nanos();
        nested::move_held(batch, tenant, &opening.budget_scopes, hold);
        let seq = batch.append(verdict.entry)?;
        batch.decisions.push(
            row::decision_row(tenant, &verdict.decision, Some(&grant), seq)
                .map_err(row::unspeakable)?,
        );
        batch.ledger.push(ledger_entry::Model {
            tenant_id: tenant.as_str().to_owned(),
            audit_seq: seq,
            execution_id: opening.execution.as_uuid(),
            kind: "hold".to_owned(),
            held_delta_nanos: verdict.hold.nanos(),
            spent_delta_nanos: 0,
            period_start,
            occurred_at: opening.now.timestamp_micros(),
        });
        batch.add_open_run(open_run::Model {
            execution_id: opening.execution.as_uuid(),
            tenant_id: tenant.as_str().to_owned(),
            decision_id: opening.decision.as_uuid(),
            instance_id: opening.instance.as_uuid(),
            hold_nanos: verdict.hold.nanos(),
            idempotency_key: opening.idempotency.as_ref().map(|c| c.key.clone()),
            request_hash: opening
                .idempotency
                .as_ref()
                .map(|c| c.request_hash.as_bytes().to_vec()),
            hold_scopes: serde_json::to_string(&opening.budget_scopes).map_err(row::unspeakable)?,
            draft: serde_json::to_string(&opening.draft).map_err(row::unspeakable)?,
            opened_at: opening.now.timestamp_micros(),
        });
        if let Some(claim) = &opening.idempotency {
            batch.put_key(idempotency_key::Model {
                tenant_id: tenant.as_str().to_owned(),
                key: claim.key.clone(),
                request_hash: claim.request_hash.as_bytes().to_vec(),
                execution_id: opening.execution.as_uuid(),
                answer: None,
                created_at: opening.now.timestamp_micros(),
            });
        }
        Ok(Opening::Admitted {
            decision: Box::new(verdict.decision),
            grant: Box::new(grant),
            hold: verdict.hold,
        })
    }

    fn deny(&self, batch: &mut Batch, verdict: RunVerdict) -> Result<Opening, DbErr> {
        let opening = &self.0;
        let tenant = opening.scope.tenant();
        debug_assert_ne!(
            verdict.decision.effect,
            Effect::Allow,
            "an allowed run has a grant"
        );
        let mut trace = (*opening.draft).clone();
        trace.status = RunStatus::Denied;
        trace.error = Some(verdict.decision.reason.code().to_owned());
        trace.completed_at = opening.now;
        let kept = batch.add_trace(&trace)?;
        let seq = batch.append(kept.explain(verdict.entry)?)?;
        let decision =
            row::decision_row(tenant, &verdict.decision, None, seq).map_err(row::unspeakable)?;
        batch.decisions.push(decision);
        batch.outcomes.push(outcome::Model {
            decision_id: opening.decision.as_uuid(),
            tenant_id: tenant.as_str().to_owned(),
            result: "denied".to_owned(),
            reason: Some(verdict.decision.reason.code().to_owned()),
            cost_nanos: Usd::ZERO.nanos(),
            occurred_at: opening.now.timestamp_micros(),
            audit_seq: seq,
        });
        Ok(Opening::Denied(Box::new(verdict.decision)))
    }
}
