//! An execution as it stands.

use clasper_core::{
    AdapterId, CanonicalJson, DecisionId, ExecutionId, ExecutionKey, Sha256Digest, TenantId,
    Timestamp, TraceId, Usd, WorkspaceId,
};
use clasper_governance::approval::Approval;
use clasper_governance::risk::RiskLevel;
use clasper_governance::{BudgetScope, Grant, GrantState, LiveGrant};

use crate::execution::token::IssuedToken;

/// The reason of an execution that an operator let pass against policy.
pub(super) const OVERRIDE_REASON: &str = "break_glass_override";

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExecutionStatus {
    /// Allowed without asking anybody; its grant was consumed by the request itself.
    Allowed,
    /// Refused without asking anybody.
    Denied,
    /// Waits for people.
    Pending,
    /// People agreed; its grant waits to be claimed.
    Approved,
    /// People agreed, and the grant was claimed.
    Claimed,
    /// People refused.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// The grant's time is over; what was held for it is free again.
    Lapsed,
    /// It ended and its cost is known.
    Settled,
}

impl ExecutionStatus {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::Allowed,
        Self::Denied,
        Self::Pending,
        Self::Approved,
        Self::Claimed,
        Self::Rejected,
        Self::Expired,
        Self::Lapsed,
        Self::Settled,
    ];

    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Claimed => "claimed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Lapsed => "lapsed",
            Self::Settled => "settled",
        }
    }

    /// The status of that stored name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// What an adapter that polls is told: go on, stop, or wait.
    #[must_use]
    pub const fn effect(self) -> clasper_governance::Effect {
        use clasper_governance::Effect;
        match self {
            Self::Allowed | Self::Approved | Self::Claimed | Self::Settled => Effect::Allow,
            Self::Pending => Effect::RequireApproval,
            Self::Denied | Self::Rejected | Self::Expired | Self::Lapsed => Effect::Deny,
        }
    }

    /// Whether nothing can change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Denied | Self::Rejected | Self::Expired | Self::Lapsed | Self::Settled
        )
    }
}

/// An execution as it stands. What was decided about it, with every input, is in its decision, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Whose.
    pub tenant: TenantId,
    /// The decision.
    pub decision: DecisionId,
    /// Who asked.
    pub adapter: AdapterId,
    /// The adapter's name for it.
    pub key: ExecutionKey,
    /// The execution, as the ledger names it.
    pub execution: ExecutionId,
    /// The trace it belongs to.
    pub trace: TraceId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The environment.
    pub environment: Option<String>,
    /// The agent.
    pub agent: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// The reason code of that.
    pub reason: String,
    /// The hash of what may execute.
    pub intent_hash: Sha256Digest,
    /// 0 to 100.
    pub risk_score: u8,
    /// Its level.
    pub risk_level: RiskLevel,
    /// What was asked and what was said to it, redacted: `{"request": …, "verdict": …}`.
    pub record: CanonicalJson,
    /// What was asked, exactly, sealed.
    pub sealed_ask: Vec<u8>,
    /// The approval, when people had to be asked.
    pub approval: Option<Approval>,
    /// The grant, once there is one.
    pub grant: Option<LiveGrant>,
    /// The decision token, once people have agreed.
    pub token: Option<IssuedToken>,
    /// Money held.
    pub hold: Usd,
    /// The budgets within the tenant's that hold it.
    pub hold_scopes: Vec<BudgetScope>,
    /// Where to report the resolution, sealed.
    pub callback: Option<Vec<u8>>,
    /// When something has to happen if nobody does anything.
    pub due_at: Option<Timestamp>,
    /// Raised by every change: the `ETag`.
    pub revision: i64,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Execution {
    /// When something has to happen by itself: escalation or expiry of the approval, or the end of the grant.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        match self.status {
            ExecutionStatus::Pending => self.approval.as_ref().and_then(Approval::due_at),
            ExecutionStatus::Allowed | ExecutionStatus::Approved | ExecutionStatus::Claimed => {
                self.grant.as_ref().map(|live| live.grant().expires_at)
            }
            _ => None,
        }
    }

    /// Whether it is under way: its grant was consumed, and what it cost is not known yet.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(
            self.status,
            ExecutionStatus::Allowed | ExecutionStatus::Claimed
        )
    }

    /// Whether its end is the outcome of its decision. One that was refused before an override has its outcome already.
    #[must_use]
    pub fn end_closes(&self) -> bool {
        !(self.is_override() && self.approval.is_none())
    }

    /// The execution once its cost is known: nothing is held for it any more.
    #[must_use]
    pub fn settled(mut self, now: Timestamp) -> Self {
        self.status = ExecutionStatus::Settled;
        "settled".clone_into(&mut self.reason);
        self.hold = Usd::ZERO;
        self.touch(now);
        self
    }

    /// The grant under which it executes at `now`: claimed, and not over.
    #[must_use]
    pub fn live_grant(&self, now: Timestamp) -> Option<&Grant> {
        let executes = matches!(
            self.status,
            ExecutionStatus::Allowed | ExecutionStatus::Claimed
        );
        let live = self.grant.as_ref().filter(|_| executes)?;
        let is_consumed = matches!(live.state(), GrantState::Consumed { .. });
        (is_consumed && live.grant().expires_at > now).then(|| live.grant())
    }

    /// Whether its grant came from an override.
    #[must_use]
    pub fn is_override(&self) -> bool {
        self.reason == OVERRIDE_REASON
    }

    /// Notes a change.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.revision += 1;
        self.updated_at = now;
        self.due_at = self.next_due();
    }
}
