//! What became of a request for a tool.

use clasper_core::{
    AdapterId, CanonicalJson, DecisionId, ExecutionKey, Sha256Digest, TenantId, Timestamp,
    ToolAuthorizationId, TraceId, WorkspaceId,
};

use crate::execution::IssuedToken;

/// Where an authorization stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToolState {
    /// Refused.
    Denied,
    /// Granted; its token waits to be used.
    Granted,
    /// Its token was used.
    Used,
    /// Its token ran out of time unused.
    Lapsed,
}

impl ToolState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Denied, Self::Granted, Self::Used, Self::Lapsed];

    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Granted => "granted",
            Self::Used => "used",
            Self::Lapsed => "lapsed",
        }
    }

    /// The state of that stored name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One answer to an adapter that asked for a tool within an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolAuthorization {
    /// Whose.
    pub tenant: TenantId,
    /// Its id, which is the token's `jti`, too.
    pub id: ToolAuthorizationId,
    /// The decision about this call.
    pub decision: DecisionId,
    /// The decision of the execution that it is within.
    pub execution: DecisionId,
    /// The adapter's name for the execution.
    pub key: ExecutionKey,
    /// Who asked.
    pub adapter: AdapterId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The tool.
    pub tool: String,
    /// Its group, as the adapter says.
    pub tool_group: Option<String>,
    /// Where it stands.
    pub state: ToolState,
    /// The reason code of the decision.
    pub reason: String,
    /// The deciding policy.
    pub policy: Option<String>,
    /// What may be done, or what was asked for when it was refused: a canonical JSON object, redacted.
    pub scope: CanonicalJson,
    /// SHA-256 of the canonical JSON of the scope as it was asked for.
    pub scope_hash: Sha256Digest,
    /// The token, when it was granted.
    pub token: Option<IssuedToken>,
    /// When the token was used.
    pub used_at: Option<Timestamp>,
    /// When the call that the token was for was reported.
    pub reported_at: Option<Timestamp>,
    /// The trace of the execution.
    pub trace: TraceId,
    /// When it was decided.
    pub decided_at: Timestamp,
}
