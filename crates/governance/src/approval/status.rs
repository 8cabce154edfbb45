//! What others are told of an approval.

use serde::{Deserialize, Serialize};

/// Where an approval stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    /// People can vote.
    Pending,
    /// Enough of them approved.
    Approved,
    /// One of them denied.
    Denied,
    /// Its time is over.
    Expired,
    /// It was withdrawn.
    Cancelled,
}

/// What somebody who polls is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolledEffect {
    /// It may be done.
    Allow,
    /// It may not, and waiting does not change that.
    Deny,
    /// Nobody has decided.
    Pending,
}

impl ApprovalStatus {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// What somebody who polls is told: only what is open is called pending.
    #[must_use]
    pub const fn polled_effect(self) -> PolledEffect {
        match self {
            Self::Pending => PolledEffect::Pending,
            Self::Approved => PolledEffect::Allow,
            Self::Denied | Self::Expired | Self::Cancelled => PolledEffect::Deny,
        }
    }
}

/// What a second request with the same execution key gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAnswer {
    /// The same decision, as it stands.
    Same(ApprovalStatus),
    /// A refusal: the key belongs to another intent.
    OtherIntent,
}
