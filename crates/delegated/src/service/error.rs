//! Why a use case of executions was refused.

use clasper_core::{Classify, ErrorKind, Permission, StoreError};
use clasper_governance::approval::{BreakGlassError, ProposalRefusal, VoteRefusal};

use crate::adapter::RegistrationError;
use crate::execution::ClaimRefusal;
use crate::service::config::CallbackRefused;
use crate::tool::ToolRefusal;

/// Why a use case of executions was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The request names another adapter, tenant or workspace than its token.
    #[error(
        "the request names another {0} than the adapter's token: leave it out, or use that one's token"
    )]
    ScopeMismatch(&'static str),
    /// Capabilities that the adapter's token or its registration does not have.
    #[error("capabilities that this adapter does not have: {}", .0.join(", "))]
    Capabilities(Vec<String>),
    /// The adapter has not registered.
    #[error("this adapter is not registered: POST /adapters/register first")]
    NotRegistered,
    /// An operator has switched the adapter off.
    #[error("this adapter is disabled: an operator has to enable it")]
    Disabled,
    /// A registration that cannot be taken.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// A member that cannot be taken.
    #[error("{detail}")]
    Invalid {
        /// JSON pointer to it.
        pointer: &'static str,
        /// What to write instead.
        detail: String,
    },
    /// The callback address may not be called.
    #[error("{}", .0.detail)]
    Callback(CallbackRefused),
    /// The adapter asked for something else under this key before.
    #[error(
        "this execution_id was used for another request: what was decided then does not cover this"
    )]
    KeyReused,
    /// There is no such execution or decision in the tenant.
    #[error("there is no such {0} in this tenant")]
    NotFound(&'static str),
    /// The credential names a tenant that nobody has created.
    #[error(
        "the adapter's token names a tenant that does not exist: create it first, with POST /tenants"
    )]
    NoSuchTenant,
    /// The decision belongs to another adapter or workspace.
    #[error("this decision belongs to another adapter or workspace")]
    OtherAdapter,
    /// The vote does not count.
    #[error(transparent)]
    Vote(#[from] VoteRefusal),
    /// The grant cannot be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimRefusal),
    /// A token is good for nothing.
    #[error(transparent)]
    Tool(#[from] ToolRefusal),
    /// The override is not one.
    #[error(transparent)]
    BreakGlass(#[from] BreakGlassError),
    /// It cannot be allowed from now on.
    #[error(transparent)]
    Proposal(#[from] ProposalRefusal),
    /// No rule in force asked for the approval, so no rule above it would make a difference.
    #[error(
        "no rule in force asked for this approval: a Cedar policy or the risk did; write a policy instead"
    )]
    NoSuchRule,
    /// The execution is not in a state for this.
    #[error("the decision is not in a state for this: read it again")]
    WrongState,
    /// Policies or registries kept changing.
    #[error("the policies kept changing while this was decided: try again")]
    Unsettled,
    /// The money is held for others.
    #[error("the budget is held for others and none ended in time: try again")]
    BudgetHeld,
    /// The policies cannot be used.
    #[error(transparent)]
    Policies(#[from] clasper_policy::Error),
    /// The stored request cannot be opened: sealed by another key, or altered.
    #[error("what was asked cannot be read back: it was sealed with another secret")]
    Sealed,
    /// No secret could be made.
    #[error("no secret could be made")]
    Randomness(#[source] clasper_identity::NoRandomness),
    /// Something could not be redacted, so nothing of it was stored or decided.
    #[error(transparent)]
    Redaction(#[from] clasper_privacy::Error),
    /// The database failed.
    #[error("the execution could not be read or written")]
    Store(#[from] StoreError),
    /// A value could not be put into words; never for values that came from JSON.
    #[error("a value has no JSON form")]
    Encoding(#[from] serde_json::Error),
}

impl From<clasper_privacy::RedactionFailed> for Error {
    fn from(failure: clasper_privacy::RedactionFailed) -> Self {
        Self::Redaction(failure.into())
    }
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_)
            | Self::ScopeMismatch(_)
            | Self::Capabilities(_)
            | Self::NotRegistered
            | Self::Disabled
            | Self::OtherAdapter => ErrorKind::Forbidden,
            Self::Registration(_) | Self::Invalid { .. } | Self::Callback(_) => {
                ErrorKind::InvalidInput
            }
            Self::KeyReused
            | Self::WrongState
            | Self::Claim(_)
            | Self::Proposal(_)
            | Self::NoSuchRule => ErrorKind::Conflict,
            Self::NotFound(_) | Self::NoSuchTenant => ErrorKind::NotFound,
            Self::Vote(refusal) => match refusal {
                VoteRefusal::SelfApproval | VoteRefusal::RoleTooLow { .. } => ErrorKind::Forbidden,
                VoteRefusal::Terms(_) => ErrorKind::InvalidInput,
                _ => ErrorKind::Conflict,
            },
            Self::BreakGlass(refusal) => match refusal {
                BreakGlassError::Justification | BreakGlassError::Minutes => {
                    ErrorKind::InvalidInput
                }
                _ => ErrorKind::Forbidden,
            },
            Self::Tool(refusal) => match refusal {
                ToolRefusal::Missing | ToolRefusal::Invalid | ToolRefusal::Expired => {
                    ErrorKind::InvalidInput
                }
                ToolRefusal::Other(_) => ErrorKind::Forbidden,
                ToolRefusal::Used | ToolRefusal::NoLiveGrant => ErrorKind::Conflict,
            },
            Self::Unsettled | Self::BudgetHeld => ErrorKind::Unavailable,
            Self::Policies(error) => error.kind(),
            Self::Sealed | Self::Encoding(_) | Self::Randomness(_) => ErrorKind::Internal,
            Self::Redaction(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::ScopeMismatch(_) => "adapter_scope_mismatch",
            Self::Capabilities(_) => "capability_not_allowed",
            Self::NotRegistered => "adapter_not_registered",
            Self::Disabled => "adapter_disabled",
            Self::Registration(_) => "invalid_registration",
            Self::Invalid { .. } => "invalid_request",
            Self::Callback(refused) => refused.code,
            Self::KeyReused => "execution_id_reused",
            Self::NotFound(_) => "not_found",
            Self::NoSuchTenant => "tenant_not_found",
            Self::OtherAdapter => "decision_scope_mismatch",
            Self::Vote(refusal) => refusal.code(),
            Self::Claim(refusal) => refusal.code(),
            Self::Tool(refusal) => refusal.code(),
            Self::BreakGlass(refusal) => match refusal {
                BreakGlassError::Justification => "invalid_justification",
                BreakGlassError::Minutes => "invalid_minutes",
                BreakGlassError::NotAnOperator => "not_an_operator",
                _ => "permission_denied",
            },
            Self::Proposal(_) | Self::NoSuchRule => "allow_always_refused",
            Self::WrongState => "decision_not_pending",
            Self::Unsettled => "policies_changing",
            Self::BudgetHeld => "budget_held",
            Self::Policies(error) => error.code(),
            Self::Sealed | Self::Encoding(_) | Self::Randomness(_) => "internal_error",
            Self::Redaction(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Registration(error) => Some(error.pointer),
            Self::Invalid { pointer, .. } => Some(pointer),
            Self::Callback(_) => Some("/callback_url"),
            Self::Capabilities(_) => Some("/requested_capabilities"),
            Self::BreakGlass(BreakGlassError::Justification) => Some("/justification"),
            Self::BreakGlass(BreakGlassError::Minutes) => Some("/minutes"),
            Self::Policies(error) => error.pointer(),
            _ => None,
        }
    }
}
