//! Break-glass: an operator lets one intent pass against policy, for minutes, with a reason.

use chrono::TimeDelta;
use clasper_core::{
    Credential, DecisionId, GrantId, Permission, Principal, Sha256Digest, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::decision::{Grant, GrantLimits};

/// Least characters of a justification (reference section 9).
const LEAST_JUSTIFICATION: usize = 10;
/// Most characters of a justification.
const MOST_JUSTIFICATION: usize = 2_000;
/// Most minutes of life.
const MOST_MINUTES: u32 = 15;

/// Why policy is set aside (reference section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideReason {
    /// An incident is being dealt with.
    IncidentResponse,
    /// A fix cannot wait.
    Hotfix,
    /// A deadline of the business.
    BusinessDeadline,
    /// Data has to be put right.
    DataCorrection,
    /// Something else, which the justification says.
    Other,
}

impl OverrideReason {
    /// The stored code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::IncidentResponse => "incident_response",
            Self::Hotfix => "hotfix",
            Self::BusinessDeadline => "business_deadline",
            Self::DataCorrection => "data_correction",
            Self::Other => "other",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::IncidentResponse => "Incident Response",
            Self::Hotfix => "Hotfix",
            Self::BusinessDeadline => "Business Deadline",
            Self::DataCorrection => "Data Correction",
            Self::Other => "Other",
        }
    }
}

/// What an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlassAsk {
    /// The decision that stands in the way.
    pub decision: DecisionId,
    /// The hash of the one intent that may pass.
    pub intent_hash: Sha256Digest,
    /// Why.
    pub reason: OverrideReason,
    /// Why, in the operator's words.
    pub justification: String,
    /// Minutes of life, 1 to 15.
    pub minutes: u32,
}

/// Why glass is not broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BreakGlassError {
    /// The caller lacks the permission.
    #[error("the permission {} is needed", Permission::OverrideUse)]
    Forbidden,
    /// The credential is not an operator's: an adapter or a backend does not override, whatever its permissions.
    #[error("an override needs the credential of an operator")]
    NotAnOperator,
    /// Too short, counted without surrounding space, or too long.
    #[error("a justification has 10 to 2000 characters")]
    Justification,
    /// No minutes, or more than 15.
    #[error("an override lasts 1 to 15 minutes")]
    Minutes,
}

/// An override in force: for one intent, until it expires. It is used through its grant, and so once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    decision: DecisionId,
    intent_hash: Sha256Digest,
    reason: OverrideReason,
    justification: String,
    actor: String,
    opened_at: Timestamp,
    expires_at: Timestamp,
}

impl BreakGlass {
    /// Opens an override.
    ///
    /// # Errors
    /// [`BreakGlassError`].
    pub fn open(
        operator: &Principal,
        ask: &BreakGlassAsk,
        now: Timestamp,
    ) -> Result<Self, BreakGlassError> {
        let is_operator = matches!(
            operator.credential,
            Credential::TenantToken(_) | Credential::ApiKey(_) | Credential::LocalOperator
        );
        if !is_operator {
            return Err(BreakGlassError::NotAnOperator);
        }
        if !operator.permissions.contains(Permission::OverrideUse) {
            return Err(BreakGlassError::Forbidden);
        }
        let justification = ask.justification.trim();
        let length = justification.chars().count();
        if !(LEAST_JUSTIFICATION..=MOST_JUSTIFICATION).contains(&length) {
            return Err(BreakGlassError::Justification);
        }
        if !(1..=MOST_MINUTES).contains(&ask.minutes) {
            return Err(BreakGlassError::Minutes);
        }
        Ok(Self {
            decision: ask.decision,
            intent_hash: ask.intent_hash,
            reason: ask.reason,
            justification: justification.to_owned(),
            actor: operator.actor(),
            opened_at: now,
            expires_at: now + TimeDelta::minutes(i64::from(ask.minutes)),
        })
    }

    /// Whether it lets this intent pass at `now`.
    #[must_use]
    pub fn covers(&self, intent_hash: Sha256Digest, now: Timestamp) -> bool {
        intent_hash == self.intent_hash && self.opened_at <= now && now < self.expires_at
    }

    /// Its single-use grant, which lapses with it.
    #[must_use]
    pub const fn grant(&self, id: GrantId, limits: GrantLimits) -> Grant {
        Grant {
            id,
            decision: self.decision,
            intent_hash: self.intent_hash,
            limits,
            expires_at: self.expires_at,
        }
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> OverrideReason {
        self.reason
    }

    /// Why, in the operator's words, without surrounding space.
    #[must_use]
    pub fn justification(&self) -> &str {
        &self.justification
    }

    /// Who opened it.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The first moment at which it no longer counts.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}
