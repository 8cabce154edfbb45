//! What happens within an open run: further holds, decisions about effects, and what came of them.

use clasper_core::{AuditEntry, DecisionId, ExecutionId, TenantScope, Timestamp, Usd};
use clasper_governance::{Decision, Grant, HoldAsk, Refusal};

/// A further hold for a run that goes on.
#[derive(Debug, Clone)]
pub struct HoldExtension {
    /// The tenant.
    pub scope: TenantScope,
    /// The execution.
    pub execution: ExecutionId,
    /// How much more.
    pub ask: HoldAsk,
    /// The audit entry; the store adds how much was held.
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
