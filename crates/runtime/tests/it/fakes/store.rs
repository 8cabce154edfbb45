//! A store that decides as the database does, without one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, AuditEvent, ExecutionId, InstanceId, OutboxMessageId, Sha256Digest, StoreError,
    TenantScope, Timestamp,
};
use clasper_governance::{Admission, Budget, OwnPrice, PriceStore, PriceWrite};
use clasper_runtime::run::{
    Charge, EffectDecision, EffectOutcome, Extension, HoldExtension, Opening, OrphanedRun,
    OutboxMessage, OutboxStore, Recorded, RunOpening, RunStore, Settled, Settlement,
};
use clasper_tracing::Trace;

/// The request's hash, the execution that works on it, its answer.
type Claim = (Sha256Digest, Option<ExecutionId>, Option<Vec<u8>>);

#[derive(Default)]
pub struct State {
    pub budget: Option<Budget>,
    pub open: HashMap<ExecutionId, OrphanedRun>,
    claims: HashMap<String, Claim>,
    pub entries: Vec<AuditEntry>,
    pub settlements: Vec<Settlement>,
    pub effects: Vec<EffectDecision>,
    pub outcomes: Vec<EffectOutcome>,
    pub outbox: Vec<OutboxMessage>,
    pub given_up: Vec<OutboxMessage>,
    pub openings: Vec<RunOpening>,
    /// The next so many settlements fail.
    pub failing_settlements: u32,
    /// Extensions are refused, whatever the budget says.
    pub refuses_extensions: bool,
    /// The tenant's own prices.
    pub prices: Vec<OwnPrice>,
}

#[derive(Default)]
pub struct FakeStore(Mutex<State>);

impl FakeStore {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("not poisoned")
    }

    pub fn trace(&self) -> Trace {
        let state = self.state();
        let last = state.settlements.last().expect("a settlement");
        (*last.trace).clone()
    }

    pub fn settlement(&self) -> Settlement {
        self.state()
            .settlements
            .last()
            .expect("a settlement")
            .clone()
    }

    pub fn events(&self) -> Vec<AuditEvent> {
        self.state()
            .entries
            .iter()
            .map(|entry| entry.event)
            .collect()
    }

    /// Every text that was written and is not sealed.
    pub fn written(&self) -> String {
        let state = self.state();
        let entries = state.entries.iter().map(|entry| {
            format!(
                "{:?} {:?} {}",
                entry.target,
                entry.event,
                entry.detail.as_str()
            )
        });
        let traces = state
            .settlements
            .iter()
            .map(|s| serde_json::to_string(&s.trace).expect("JSON"));
        let drafts = state.openings.iter().map(|o| format!("{:?}", o.draft));
        let decisions = state.effects.iter().map(|e| format!("{:?}", e.decision));
        entries
            .chain(traces)
            .chain(drafts)
            .chain(decisions)
            .collect()
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable("the database is away".into())
}

#[async_trait]
impl RunStore for FakeStore {
    async fn open_run(&self, opening: RunOpening) -> Result<Opening, StoreError> {
        let mut state = self.state();
        state.openings.push(opening.clone());
        if let Some(claim) = &opening.idempotency
            && let Some((hash, _, answer)) = state.claims.get(&claim.key)
        {
            return Ok(match answer {
                _ if *hash != claim.request_hash => Opening::KeyReused,
                Some(answer) => Opening::Answered(answer.clone()),
                None => Opening::InFlight,
            });
        }
        let verdict = opening.decide(&state.budget.clone().into()).expect("JSON");
        let Some(verdict) = verdict else {
            return Ok(Opening::Wait);
        };
        state.entries.push(verdict.entry);
        let Some(grant) = verdict.grant else {
            return Ok(Opening::Denied(Box::new(verdict.decision)));
        };
        if let Some(budget) = &mut state.budget {
            budget.hold(verdict.hold).expect("in range");
        }
        let run = OrphanedRun {
            scope: opening.scope.clone(),
            execution: opening.execution,
            instance: opening.instance,
            hold: verdict.hold,
            draft: opening.draft.clone(),
        };
        state.open.insert(opening.execution, run);
        if let Some(claim) = opening.idempotency {
            let claimed = (claim.request_hash, Some(opening.execution), None);
            state.claims.insert(claim.key, claimed);
        }
        Ok(Opening::Admitted {
            decision: Box::new(verdict.decision),
            grant: Box::new(grant),
            hold: verdict.hold,
        })
    }

    async fn extend_hold(&self, extension: HoldExtension) -> Result<Extension, StoreError> {
        let mut state = self.state();
        if !state.open.contains_key(&extension.execution) {
            return Ok(Extension::Closed);
        }
        if state.refuses_extensions {
            return Ok(Extension::Refused(
                clasper_governance::Refusal::BudgetExceeded,
            ));
        }
        let more = match state.budget.as_ref().map(|b| b.admit(extension.ask, true)) {
            Some(Admission::Refused(refusal)) => return Ok(Extension::Refused(refusal)),
            Some(Admission::Held { hold, .. }) => hold,
            _ => extension.ask.full,
        };
        if let Some(budget) = &mut state.budget {
            budget.hold(more).expect("in range");
        }
        if let Some(run) = state.open.get_mut(&extension.execution) {
            run.hold = run.hold.checked_add(more).expect("in range");
        }
        state.entries.push(extension.entry);
        Ok(Extension::Held(more))
    }

    async fn decide_effect(&self, decision: EffectDecision) -> Result<Recorded, StoreError> {
        let mut state = self.state();
        if !state.open.contains_key(&decision.execution) {
            return Ok(Recorded::Closed);
        }
        state.entries.push(decision.entry.clone());
        state.effects.push(decision);
        Ok(Recorded::Recorded)
    }

    async fn record_effect(&self, outcome: EffectOutcome) -> Result<(), StoreError> {
        let mut state = self.state();
        state.entries.push(outcome.entry.clone());
        state.outcomes.push(outcome);
        Ok(())
    }

    async fn settle_run(&self, settlement: Settlement) -> Result<Settled, StoreError> {
        let mut state = self.state();
        if state.failing_settlements > 0 {
            state.failing_settlements -= 1;
            return Err(unavailable());
        }
        let Some(run) = state.open.remove(&settlement.execution) else {
            return Ok(Settled::AlreadyClosed);
        };
        let charged = match settlement.charge {
            Charge::Actual(amount) => amount,
            Charge::Estimated => run.hold,
        };
        if let Some(budget) = &mut state.budget {
            budget.settle(run.hold, charged).expect("in range");
        }
        let entry = settlement
            .audit_entry(charged, run.hold, &[], Sha256Digest::of(b""))
            .expect("JSON");
        state.entries.push(entry);
        state.outbox.extend(settlement.deliveries.iter().cloned());
        let of_this = |claim: &Claim| claim.1 == Some(settlement.execution);
        match &settlement.answer {
            Some(answer) => {
                for claim in state.claims.values_mut().filter(|claim| of_this(claim)) {
                    claim.2 = Some(answer.clone());
                }
            }
            None => state.claims.retain(|_, claim| !of_this(claim)),
        }
        state.settlements.push(settlement);
        Ok(Settled::Charged(charged))
    }

    async fn beat(&self, _: InstanceId, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn orphaned_runs(
        &self,
        own: InstanceId,
        _: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrphanedRun>, StoreError> {
        let state = self.state();
        let others = state.open.values().filter(|run| run.instance != own);
        Ok(others.take(limit as usize).cloned().collect())
    }

    async fn forget_answers(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[async_trait]
impl OutboxStore for FakeStore {
    async fn take_due(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        let mut state = self.state();
        let due = state.outbox.iter_mut().filter(|m| m.next_attempt_at <= now);
        let take = |message: &mut OutboxMessage| {
            message.next_attempt_at = lease_until;
            message.clone()
        };
        Ok(due.take(limit as usize).map(take).collect())
    }

    async fn delivered(&self, id: OutboxMessageId, entry: AuditEntry) -> Result<(), StoreError> {
        let mut state = self.state();
        state.outbox.retain(|message| message.id != id);
        state.entries.push(entry);
        Ok(())
    }

    async fn put_off(&self, id: OutboxMessageId, next: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state();
        for message in state.outbox.iter_mut().filter(|m| m.id == id) {
            message.next_attempt_at = next;
            message.attempts += 1;
        }
        Ok(())
    }

    async fn give_up(&self, id: OutboxMessageId, entry: AuditEntry) -> Result<(), StoreError> {
        let mut state = self.state();
        let lost: Vec<_> = state
            .outbox
            .extract_if(.., |message| message.id == id)
            .collect();
        state.given_up.extend(lost);
        state.entries.push(entry);
        Ok(())
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        Ok(self.state().outbox.len() as u64)
    }
}

#[async_trait]
impl PriceStore for FakeStore {
    async fn own_prices(&self, _: &TenantScope) -> Result<Vec<OwnPrice>, StoreError> {
        Ok(self.state().prices.clone())
    }

    async fn set_price(
        &self,
        _: &TenantScope,
        price: OwnPrice,
        entry: AuditEntry,
    ) -> Result<PriceWrite, StoreError> {
        let mut state = self.state();
        state.prices.retain(|known| known.model != price.model);
        state.prices.push(price);
        state.entries.push(entry);
        Ok(PriceWrite::Written)
    }

    async fn remove_price(
        &self,
        _: &TenantScope,
        model: &str,
        entry: AuditEntry,
    ) -> Result<PriceWrite, StoreError> {
        let mut state = self.state();
        let before = state.prices.len();
        state.prices.retain(|known| known.model != model);
        if state.prices.len() == before {
            return Ok(PriceWrite::NotFound);
        }
        state.entries.push(entry);
        Ok(PriceWrite::Written)
    }
}
