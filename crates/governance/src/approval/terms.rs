//! Under which terms a decision waits.

use clasper_core::{Role, Sha256Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::approval::stored;

/// Most approvals that a decision may ask for.
const MOST_VOTES: u32 = 10;

/// Under which terms a decision waits. The policy that asked for the approval sets them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalTerms {
    /// The least role that may vote.
    #[serde(with = "stored::role")]
    pub required_role: Role,
    /// How many different people have to approve.
    pub quorum: u32,
    /// The first moment at which nobody may vote any more.
    pub expires_at: Timestamp,
    /// From when on a higher role is needed, because those who could have answered did not.
    pub escalate_at: Option<Timestamp>,
}

/// Another intent for a decision that waits, with what policy asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebinding {
    /// The hash of what would execute now.
    pub intent_hash: Sha256Digest,
    /// The role that policy asks for it. A lower one than before does not count.
    pub required_role: Role,
    /// The quorum that policy asks for it. A lower one than before does not count.
    pub quorum: u32,
}

/// Why terms are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TermsError {
    /// A role that resolves nothing.
    #[error("required_role must be operator, release_manager or admin")]
    Role,
    /// None, or more than ten.
    #[error("quorum must be between 1 and 10")]
    Quorum,
    /// It would end before it begins.
    #[error("an approval must expire after it was asked for")]
    Expiry,
    /// It would escalate before it was asked for, or when nobody may vote any more.
    #[error("an approval must escalate after it was asked for and before it expires")]
    Escalation,
}

impl ApprovalTerms {
    /// Checks the terms.
    ///
    /// # Errors
    /// [`TermsError`].
    pub(super) fn check(&self, now: Timestamp) -> Result<(), TermsError> {
        check_votes(self.required_role, self.quorum)?;
        if self.expires_at <= now {
            return Err(TermsError::Expiry);
        }
        match self.escalate_at {
            Some(at) if at <= now || at >= self.expires_at => Err(TermsError::Escalation),
            _ => Ok(()),
        }
    }

    /// The role that is needed at `now`: the required one or, from the deadline on, the next higher one.
    pub(super) fn role_at(&self, now: Timestamp) -> Role {
        if self.escalate_at.is_some_and(|at| now >= at) {
            above(self.required_role)
        } else {
            self.required_role
        }
    }
}

pub(super) fn check_votes(role: Role, quorum: u32) -> Result<(), TermsError> {
    if role < Role::Operator {
        return Err(TermsError::Role);
    }
    if !(1..=MOST_VOTES).contains(&quorum) {
        return Err(TermsError::Quorum);
    }
    Ok(())
}

/// The next higher role; nothing is above an admin.
fn above(role: Role) -> Role {
    Role::ALL
        .iter()
        .copied()
        .find(|higher| *higher > role)
        .unwrap_or(role)
}
