//! The store of runs, and an outbox that stays empty.

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, InstanceId, OutboxMessageId, Sha256Digest, StoreError, Timestamp, Usd,
};
use clasper_governance::Effect;
use clasper_privacy::KeptValues;
use clasper_runtime::run::{
    Charge, EffectDecision, EffectOutcome, Extension, HoldExtension, Opening, OrphanedRun,
    OutboxMessage, OutboxStore, Recorded, RunOpening, RunStore, Settled, Settlement,
};

use crate::fakes::Memory;
use crate::fakes::memory::State;

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Refused(Box::new(error))
}

fn answered(state: &State, key: &str, hash: Sha256Digest) -> Option<Opening> {
    let (known, answer) = state.answers.get(key)?;
    Some(if *known == hash {
        Opening::Answered(answer.clone())
    } else {
        Opening::KeyReused
    })
}

#[async_trait]
impl RunStore for Memory {
    async fn open_run(&self, opening: RunOpening) -> Result<Opening, StoreError> {
        let mut state = self.state();
        let claim = opening
            .idempotency
            .as_ref()
            .map(|c| (c.key.clone(), c.request_hash));
        if let Some((key, hash)) = &claim
            && let Some(opening) = answered(&state, key, *hash)
        {
            return Ok(opening);
        }
        let tenant = opening.scope.tenant();
        let budgets = state.nested(tenant, &opening.budget_scopes);
        let verdict = opening.decide(&budgets).map_err(refused)?;
        let Some(verdict) = verdict else {
            return Ok(Opening::Wait);
        };
        state.record(verdict.entry);
        match (verdict.decision.effect, verdict.grant) {
            (Effect::Allow, Some(grant)) => {
                let mut budgets = budgets;
                budgets.hold(verdict.hold).map_err(refused)?;
                state.keep(budgets);
                let scopes = opening.budget_scopes.clone();
                state
                    .open
                    .insert(opening.execution, (verdict.hold, claim, scopes));
                Ok(Opening::Admitted {
                    decision: Box::new(verdict.decision),
                    grant: Box::new(grant),
                    hold: verdict.hold,
                })
            }
            _ => Ok(Opening::Denied(Box::new(verdict.decision))),
        }
    }

    async fn extend_hold(&self, _: HoldExtension) -> Result<Extension, StoreError> {
        Ok(Extension::Closed)
    }

    async fn decide_effect(&self, _: EffectDecision) -> Result<Recorded, StoreError> {
        Ok(Recorded::Closed)
    }

    async fn record_effect(&self, _: EffectOutcome) -> Result<(), StoreError> {
        Ok(())
    }

    async fn settle_run(&self, settlement: Settlement) -> Result<Settled, StoreError> {
        let mut state = self.state();
        let Some((hold, claim, scopes)) = state.open.remove(&settlement.execution) else {
            return Ok(Settled::AlreadyClosed);
        };
        let charged = match settlement.charge {
            Charge::Actual(usd) => usd,
            Charge::Estimated => Usd::ZERO,
        };
        let mut budgets = state.nested(settlement.scope.tenant(), &scopes);
        budgets.settle(hold, charged).map_err(refused)?;
        let parts: Vec<_> = budgets.parts().map(|part| part.scope.clone()).collect();
        state.keep(budgets);
        state.usage.runs += 1;
        state.usage.cost = state.usage.cost.checked_add(charged).map_err(refused)?;
        let entry = settlement
            .audit_entry(charged, hold, &parts, Sha256Digest::of(b""))
            .map_err(refused)?;
        state.record(entry);
        if let (Some((key, hash)), Some(answer)) = (claim, settlement.answer) {
            state.answers.insert(key, (hash, answer));
        }
        let trace = settlement.trace.id;
        let kept = settlement.kept_values;
        state
            .kept
            .extend(kept.map(|sealed| KeptValues { trace, sealed }));
        state.traces.push(*settlement.trace);
        Ok(Settled::Charged(charged))
    }

    async fn beat(&self, _: InstanceId, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn orphaned_runs(
        &self,
        _: InstanceId,
        _: Timestamp,
        _: u32,
    ) -> Result<Vec<OrphanedRun>, StoreError> {
        Ok(Vec::new())
    }

    async fn forget_answers(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[async_trait]
impl OutboxStore for Memory {
    async fn take_due(
        &self,
        _: Timestamp,
        _: Timestamp,
        _: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        Ok(Vec::new())
    }

    async fn delivered(&self, _: OutboxMessageId, _: AuditEntry) -> Result<(), StoreError> {
        Ok(())
    }

    async fn put_off(&self, _: OutboxMessageId, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn give_up(&self, _: OutboxMessageId, _: AuditEntry) -> Result<(), StoreError> {
        Ok(())
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}
