//! A governed run as the store sees it: opened with a decision, closed with a settlement, each in one commit.

use std::collections::BTreeMap;

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, DecisionId, ExecutionId, GrantId, InstanceId,
    OutboxMessageId, StoreError, TenantId, TenantScope, Timestamp, TraceId, Usd, UserId,
    WorkspaceId, canonical_json,
};
use clasper_governance::{
    Admission, Budget, BudgetSnapshot, Decision, Effect, Grant, GrantLimits, HoldAsk, Intent,
    Reason, Refusal,
};
use clasper_tracing::Trace;
use serde::Serialize;

use crate::backend::AgentIdentity;
use crate::model::TokenUsage;
use crate::policy::BuiltinPolicy;

/// A client's `Idempotency-Key`, and the hash of the request it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// The key.
    pub key: String,
    /// Hash of the request: the same key with another request is refused.
    pub request_hash: clasper_core::Sha256Digest,
}

/// Everything that opening a run needs. [`RunOpening::decide`] is called by the store, inside the transaction that
/// writes the decision, with the budget as it is then.
#[derive(Debug, Clone)]
pub struct RunOpening {
    /// The tenant.
    pub scope: TenantScope,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The user the run is for.
    pub user: UserId,
    /// Who asks ([`clasper_core::Principal::actor`]).
    pub actor: String,
    /// The new execution.
    pub execution: ExecutionId,
    /// Its trace.
    pub trace: TraceId,
    /// The new decision.
    pub decision: DecisionId,
    /// The grant, if it comes to one.
    pub grant: GrantId,
    /// What is wanted.
    pub intent: Intent,
    /// The model, `provider/model`.
    pub model: String,
    /// What to hold.
    pub ask: HoldAsk,
    /// The limits of the grant; the money is set by the hold.
    pub limits: GrantLimits,
    /// When an unused grant lapses.
    pub grant_expires_at: Timestamp,
    /// Whether there is no more time to wait for held money.
    pub last_try: bool,
    /// The process that runs it.
    pub instance: InstanceId,
    /// The client's idempotency key.
    pub idempotency: Option<IdempotencyClaim>,
    /// Id of the audit entry.
    pub entry: AuditEntryId,
    /// Id of the entry for a budget that rolls over on the way.
    pub rollover_entry: AuditEntryId,
    /// Now.
    pub now: Timestamp,
    /// The trace as far as it is known: what recovery stores if the process dies, and what a refusal stores.
    pub draft: Box<Trace>,
}

/// What was decided, before it is written.
#[derive(Debug, Clone)]
pub struct RunVerdict {
    /// The decision.
    pub decision: Decision,
    /// The money to hold; zero without a budget's admission.
    pub hold: Usd,
    /// The grant, when allowed.
    pub grant: Option<Grant>,
    /// The audit entry.
    pub entry: AuditEntry,
}

/// Every number that the decision about a run is computed from.
#[derive(Serialize)]
struct DecisionInputs<'a> {
    model: &'a str,
    ask: HoldAsk,
    budget: Option<BudgetSnapshot>,
    hold_usd: Usd,
    capped: bool,
    last_try: bool,
    limits: &'a GrantLimits,
}

impl RunOpening {
    /// Decides on the budget as it is now. `None` means: wait until held money comes back, and ask again.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn decide(&self, budget: Option<&Budget>) -> Result<Option<RunVerdict>, serde_json::Error> {
        let admission = budget.map(|b| b.admit(self.ask, self.last_try));
        let (effect, reason, hold, capped) = match admission {
            Some(Admission::Wait) => return Ok(None),
            Some(Admission::Refused(Refusal::BudgetExceeded)) => {
                (Effect::Deny, Reason::BudgetExceeded, Usd::ZERO, false)
            }
            Some(Admission::Refused(Refusal::BudgetHeld)) => {
                (Effect::Deny, Reason::BudgetHeld, Usd::ZERO, false)
            }
            Some(Admission::Held { hold, capped }) => {
                (Effect::Allow, Reason::Permitted, hold, capped)
            }
            None => (Effect::Allow, Reason::NoBudgetSet, self.ask.full, false),
        };
        let hard = budget.is_some_and(|b| b.hard_limit);
        let limits = GrantLimits {
            max_cost_usd: hard.then_some(hold),
            ..self.limits.clone()
        };
        let inputs = canonical_json(&DecisionInputs {
            model: &self.model,
            ask: self.ask,
            budget: budget.map(Budget::snapshot),
            hold_usd: hold,
            capped,
            last_try: self.last_try,
            limits: &limits,
        })?;
        let policy = BuiltinPolicy::AGENT_RUN;
        let decision = Decision {
            id: self.decision,
            execution: self.execution,
            intent: self.intent,
            effect,
            reason,
            matched_policies: vec![policy.id.to_owned()],
            policy_bundle_hash: BuiltinPolicy::bundle_hash(),
            inputs,
            decided_at: self.now,
        };
        let grant = (effect == Effect::Allow).then(|| Grant {
            id: self.grant,
            decision: self.decision,
            intent_hash: self.intent.hash,
            limits,
            expires_at: self.grant_expires_at,
        });
        let entry = self.entry(&decision, grant.as_ref(), hold)?;
        Ok(Some(RunVerdict {
            decision,
            hold,
            grant,
            entry,
        }))
    }

    fn entry(
        &self,
        decision: &Decision,
        grant: Option<&Grant>,
        hold: Usd,
    ) -> Result<AuditEntry, serde_json::Error> {
        #[derive(Serialize)]
        struct Detail<'a> {
            execution_id: String,
            decision_id: String,
            grant_id: Option<String>,
            intent_hash: String,
            effect: &'static str,
            reason: &'static str,
            policy_bundle_hash: String,
            model: &'a str,
            hold_usd: Usd,
            agent_role: &'a str,
        }
        Ok(AuditEntry {
            id: self.entry,
            tenant: self.scope.tenant().clone(),
            workspace: Some(self.workspace.clone()),
            trace: Some(self.trace),
            user: Some(self.user.clone()),
            actor: self.actor.clone(),
            event: if grant.is_some() {
                AuditEvent::AgentExecutionStarted
            } else {
                AuditEvent::AgentExecutionDenied
            },
            target: Some(format!("execution:{}", self.execution)),
            detail: canonical_json(&Detail {
                execution_id: self.execution.to_string(),
                decision_id: decision.id.to_string(),
                grant_id: grant.map(|g| g.id.to_string()),
                intent_hash: decision.intent.hash.to_string(),
                effect: decision.effect.name(),
                reason: decision.reason.code(),
                policy_bundle_hash: decision.policy_bundle_hash.to_string(),
                model: &self.model,
                hold_usd: hold,
                agent_role: &self.draft.agent_role,
            })?,
            occurred_at: self.now,
        })
    }
}

/// What became of an opening.
#[derive(Debug, Clone)]
pub enum Opening {
    /// Decided and allowed; the grant is consumed, the money held.
    Admitted {
        /// The decision.
        decision: Box<Decision>,
        /// The grant, consumed.
        grant: Box<Grant>,
        /// The money held.
        hold: Usd,
    },
    /// Decided and refused; the refusal is recorded.
    Denied(Box<Decision>),
    /// The money is held for others. Nothing was written.
    Wait,
    /// The same request was answered before: this was the (sealed) answer.
    Answered(Vec<u8>),
    /// The same request is being worked on.
    InFlight,
    /// The idempotency key came with another request before.
    KeyReused,
}

/// How much a run is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// What the provider counted.
    Actual(Usd),
    /// Unknown because the process died in the middle: the tenant's mean run, at most the hold.
    Estimated,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// It has an answer.
    Completed,
    /// It has none.
    Failed,
    /// The caller went away.
    Cancelled,
    /// The process died; recovery closed it.
    Recovered,
}

impl RunEnd {
    /// The audit event of this end.
    #[must_use]
    pub const fn event(self) -> AuditEvent {
        match self {
            Self::Completed => AuditEvent::AgentExecutionCompleted,
            Self::Failed => AuditEvent::AgentExecutionFailed,
            Self::Cancelled => AuditEvent::AgentExecutionCancelled,
            Self::Recovered => AuditEvent::AgentExecutionRecovered,
        }
    }
}

/// A message to the backend, kept until it is delivered. The payload is sealed: it holds the unredacted answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Its id.
    pub id: OutboxMessageId,
    /// The tenant.
    pub tenant: TenantId,
    /// The trace it belongs to.
    pub trace: TraceId,
    /// The kind, for people and metrics.
    pub kind: String,
    /// Recognised by the backend when it is repeated.
    pub idempotency_key: String,
    /// For whom to deliver.
    pub agent: AgentIdentity,
    /// The sealed [`crate::backend::Delivery`].
    pub payload: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Not before this.
    pub next_attempt_at: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
}

/// The end of a run: everything that changes with it, in one commit.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The tenant.
    pub scope: TenantScope,
    /// The execution.
    pub execution: ExecutionId,
    /// Who ends it.
    pub actor: String,
    /// How it ended.
    pub end: RunEnd,
    /// The reason code when it did not complete.
    pub reason: Option<String>,
    /// What it is charged.
    pub charge: Charge,
    /// Tokens used.
    pub usage: TokenUsage,
    /// The trace.
    pub trace: Box<Trace>,
    /// Messages to deliver.
    pub deliveries: Vec<OutboxMessage>,
    /// The (sealed) answer to keep for the client's idempotency key; `None` frees the key for another try.
    pub answer: Option<Vec<u8>>,
    /// Id of the audit entry.
    pub entry: AuditEntryId,
    /// Ids for the entries of a roll-over, a warning and an excess that may come with it.
    pub alert_entries: [AuditEntryId; 3],
    /// Now.
    pub now: Timestamp,
}

impl Settlement {
    /// The audit entry, once the charge is known.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn audit_entry(&self, charged: Usd, held: Usd) -> Result<AuditEntry, serde_json::Error> {
        #[derive(Serialize)]
        struct Detail<'a> {
            execution_id: String,
            decision_id: String,
            outcome: RunEnd,
            reason: Option<&'a str>,
            input_tokens: u64,
            output_tokens: u64,
            cost_usd: Usd,
            released_usd: Usd,
            hold_usd: Usd,
            model_calls: usize,
            steps: usize,
            violations: usize,
            redactions: &'a BTreeMap<String, u32>,
        }
        let is_model_call = |s: &&clasper_tracing::Step| {
            matches!(s.data, clasper_tracing::StepData::LlmCall { .. })
        };
        Ok(AuditEntry {
            id: self.entry,
            tenant: self.scope.tenant().clone(),
            workspace: Some(self.trace.workspace.clone()),
            trace: Some(self.trace.id),
            user: self.trace.user.clone(),
            actor: self.actor.clone(),
            event: self.end.event(),
            target: Some(format!("execution:{}", self.execution)),
            detail: canonical_json(&Detail {
                execution_id: self.execution.to_string(),
                decision_id: self.trace.decision.to_string(),
                outcome: self.end,
                reason: self.reason.as_deref(),
                input_tokens: self.usage.input_tokens,
                output_tokens: self.usage.output_tokens,
                cost_usd: charged,
                released_usd: held.saturating_sub(charged),
                hold_usd: held,
                model_calls: self.trace.steps.iter().filter(is_model_call).count(),
                steps: self.trace.steps.len(),
                violations: self.trace.violations.len(),
                redactions: &self.trace.redactions,
            })?,
            occurred_at: self.now,
        })
    }
}

/// What became of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Written; this was charged.
    Charged(Usd),
    /// The run was closed before, by recovery. Nothing was written.
    AlreadyClosed,
}

/// A further hold for a run that goes on.
#[derive(Debug, Clone)]
pub struct HoldExtension {
    /// The tenant.
    pub scope: TenantScope,
    /// The execution.
    pub execution: ExecutionId,
    /// How much more.
    pub ask: HoldAsk,
    /// The audit entry.
    pub entry: AuditEntry,
    /// Now.
    pub now: Timestamp,
}

/// What became of a further hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// This much more is held.
    Held(Usd),
    /// The budget does not cover it. Nothing was written.
    Refused(Refusal),
    /// The run was closed by recovery. Nothing was written.
    Closed,
}

/// A decision about one effect within an open run, recorded before the effect.
#[derive(Debug, Clone)]
pub struct EffectDecision {
    /// The tenant.
    pub scope: TenantScope,
    /// The run.
    pub execution: ExecutionId,
    /// The decision; when it allows, its grant is consumed by this write.
    pub decision: Decision,
    /// The grant, when allowed.
    pub grant: Option<Grant>,
    /// The audit entry.
    pub entry: AuditEntry,
}

/// What became of the decision about an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded.
    Recorded,
    /// The run was closed by recovery. Nothing was written, and nothing may be done.
    Closed,
}

/// What came of an allowed effect.
#[derive(Debug, Clone)]
pub struct EffectOutcome {
    /// The tenant.
    pub scope: TenantScope,
    /// The decision it belongs to.
    pub decision: DecisionId,
    /// Whether it worked.
    pub success: bool,
    /// The audit entry.
    pub entry: AuditEntry,
    /// Now.
    pub now: Timestamp,
}

/// An open run whose process is gone.
#[derive(Debug, Clone)]
pub struct OrphanedRun {
    /// The tenant.
    pub scope: TenantScope,
    /// The execution.
    pub execution: ExecutionId,
    /// The process that ran it.
    pub instance: InstanceId,
    /// The money held.
    pub hold: Usd,
    /// The trace as far as it was known.
    pub draft: Box<Trace>,
}

/// Writes runs. Each method is one commit; none answers before it is durable.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Decides, holds money and consumes the grant; or records the refusal.
    async fn open_run(&self, opening: RunOpening) -> Result<Opening, StoreError>;

    /// Holds more money for an open run.
    async fn extend_hold(&self, extension: HoldExtension) -> Result<Extension, StoreError>;

    /// Records the decision about an effect within an open run.
    async fn decide_effect(&self, decision: EffectDecision) -> Result<Recorded, StoreError>;

    /// Records what came of an allowed effect.
    async fn record_effect(&self, outcome: EffectOutcome) -> Result<(), StoreError>;

    /// Ends a run: charges it, frees the rest of its hold, stores its trace and its messages.
    async fn settle_run(&self, settlement: Settlement) -> Result<Settled, StoreError>;

    /// Says that this process lives.
    async fn beat(&self, instance: InstanceId, now: Timestamp) -> Result<(), StoreError>;

    /// Open runs of processes that have not said that they live since `silent_since`; `own` is never among them.
    async fn orphaned_runs(
        &self,
        own: InstanceId,
        silent_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrphanedRun>, StoreError>;

    /// Forgets answers kept for idempotency keys since before `before`. Returns how many.
    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Messages waiting for the backend.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Takes up to `limit` messages that are due, and puts them off until `lease_until` so that no other process
    /// takes them meanwhile.
    async fn take_due(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError>;

    /// The message arrived: it is deleted.
    async fn delivered(
        &self,
        message: OutboxMessageId,
        entry: AuditEntry,
    ) -> Result<(), StoreError>;

    /// It did not arrive; try again at `next_attempt_at`.
    async fn put_off(
        &self,
        message: OutboxMessageId,
        next_attempt_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// It will never arrive; it is kept, but not tried again.
    async fn give_up(&self, message: OutboxMessageId, entry: AuditEntry) -> Result<(), StoreError>;

    /// How many messages wait, over all tenants.
    async fn waiting(&self) -> Result<u64, StoreError>;
}
