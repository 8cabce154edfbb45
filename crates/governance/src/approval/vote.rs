//! Votes, what they lead to, and why one does not count.

use clasper_core::{Role, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::approval::status::ApprovalStatus;
use crate::approval::stored;
use crate::approval::terms::TermsError;

/// What somebody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be done.
    Approve,
    /// It may not be done.
    Deny,
}

/// What somebody hands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// What they say.
    pub verdict: Verdict,
    /// Why, redacted.
    pub note: Option<String>,
}

/// A vote that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// Who.
    pub actor: String,
    /// The user, when the credential named one.
    pub user: Option<UserId>,
    /// With which role.
    #[serde(with = "stored::role")]
    pub role: Role,
    /// What they said.
    pub verdict: Verdict,
    /// Why, redacted.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What a vote led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voted {
    /// It counts; more are needed.
    Recorded {
        /// Approvals that count.
        approvals: u32,
        /// Approvals that are needed.
        quorum: u32,
    },
    /// It resolved the decision. This is said once in the life of an approval.
    Resolved(Resolution),
}

/// How a decision was resolved by people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Enough of them approved.
    Approved {
        /// Who.
        by: Vec<String>,
    },
    /// One of them denied.
    Denied {
        /// Who.
        by: String,
    },
}

/// Why a vote does not count. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VoteRefusal {
    /// It was resolved or cancelled before.
    #[error("the decision is {} already", .0.name())]
    NotPending(ApprovalStatus),
    /// Its time is over.
    #[error("the decision has expired: ask for it again")]
    Expired,
    /// Somebody changed it in between.
    #[error("the decision has changed since it was read (revision {current}): read it again")]
    RevisionConflict {
        /// Its revision now.
        current: u64,
    },
    /// Who asked does not decide.
    #[error("who asked for a decision may not resolve it")]
    SelfApproval,
    /// The role does not suffice.
    #[error("the role {required} or a higher one is needed")]
    RoleTooLow {
        /// What is needed now.
        required: Role,
    },
    /// They approved before; that counts once.
    #[error("this person has approved already")]
    AlreadyVoted,
    /// What policy asks for the edited intent makes no sense.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

impl VoteRefusal {
    /// The reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPending(_) => "decision_not_pending",
            Self::Expired => "decision_expired",
            Self::RevisionConflict { .. } => "revision_conflict",
            Self::SelfApproval => "self_approval",
            Self::RoleTooLow { .. } => "role_too_low",
            Self::AlreadyVoted => "already_voted",
            Self::Terms(_) => "invalid_terms",
        }
    }
}
