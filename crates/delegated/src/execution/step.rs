//! A step of an execution's life: what it changes, all in one commit.

use clasper_core::{AuditEntry, DecisionId, OutboxMessageId, TenantScope, Timestamp, Usd};
use clasper_governance::NestedBudgets;
use clasper_governance::approval::VoteRefusal;

use crate::execution::claim::ClaimRefusal;
use crate::execution::record::Execution;

/// A movement of held money that comes with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldMove {
    /// So much more is held.
    Hold(Usd),
    /// So much is free again; nothing was spent.
    Release(Usd),
}

/// How a decision ends: its outcome, written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// `denied`, `expired`, `lapsed`.
    pub result: &'static str,
    /// The reason code.
    pub reason: String,
}

/// Tells the adapter's callback that a pending decision was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionNotice {
    /// The message's id, which receivers may use against repetition.
    pub id: OutboxMessageId,
    /// The sealed destination and body.
    pub payload: Vec<u8>,
}

/// Everything that one step changes.
#[derive(Debug, Clone)]
pub struct Change {
    /// The execution afterwards; its revision is one more.
    pub execution: Execution,
    /// The audit entries, the one that gives the step its place first.
    pub entries: Vec<AuditEntry>,
    /// Held money that moves.
    pub hold: Option<HoldMove>,
    /// The outcome, when the step ends the decision.
    pub closing: Option<Closing>,
    /// A message that leaves with it.
    pub notice: Option<ResolutionNotice>,
}

/// Why a step was not taken. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepRefusal {
    /// The vote does not count.
    Vote(VoteRefusal),
    /// The grant cannot be claimed.
    Claim(ClaimRefusal),
    /// The execution is not in a state for this.
    WrongState,
}

/// What a step says to the execution as it stands.
#[derive(Debug, Clone)]
pub enum StepResult {
    /// Write this.
    Change(Box<Change>),
    /// Write nothing.
    Refused(StepRefusal),
    /// Money that would be needed is held for others: ask again.
    Wait,
}

/// A step. The store calls [`ExecutionStep::apply`] inside the transaction that writes its result, with the row and the
/// budgets as they are then; it may call it again after a roll-back, so a step derives everything from its arguments.
pub trait ExecutionStep: Send + Sync {
    /// The tenant.
    fn scope(&self) -> &TenantScope;

    /// The execution's decision.
    fn decision(&self) -> DecisionId;

    /// The governance revision that the step was prepared under; the step is not taken under another.
    fn governance_revision(&self) -> Option<i64>;

    /// Now.
    fn now(&self) -> Timestamp;

    /// Takes the step.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    fn apply(
        &self,
        execution: &Execution,
        budgets: &NestedBudgets,
    ) -> Result<StepResult, serde_json::Error>;
}

/// What became of a step.
#[derive(Debug, Clone)]
pub enum Stepped {
    /// It is taken; this is the execution now.
    Taken(Box<Execution>),
    /// It was refused; this is the execution as it stands.
    Refused(StepRefusal, Box<Execution>),
    /// The money is held for others.
    Wait,
    /// Policies or registries have changed since the step was prepared.
    Stale,
    /// There is no such execution in the tenant.
    NotFound,
}
