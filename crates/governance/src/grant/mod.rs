//! The life of a grant: issued, then consumed once, or lapsed, or revoked.

use chrono::TimeDelta;
use clasper_core::{Sha256Digest, Timestamp, Usd};
use serde::{Deserialize, Serialize};

use crate::decision::{Grant, GrantLimits};

/// Where a grant stands. Only `Issued` can change, and only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum GrantState {
    /// It can be used.
    Issued,
    /// It was used.
    Consumed {
        /// When.
        at: Timestamp,
    },
    /// It lapsed unused.
    Expired {
        /// When that was noticed.
        at: Timestamp,
    },
    /// It was taken back unused.
    Revoked {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
    },
}

impl GrantState {
    /// The stored name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Consumed { .. } => "consumed",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
        }
    }
}

/// What a grant is to be used for, or was used for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantUse {
    /// Capabilities, as in [`GrantLimits::capabilities`].
    pub capabilities: Vec<String>,
    /// Steps.
    pub steps: u32,
    /// Money.
    pub cost_usd: Usd,
    /// Seconds.
    pub seconds: u64,
}

/// A way in which a use is outside a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "violation", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScopeViolation {
    /// A capability that was not granted.
    Capability {
        /// Which.
        name: String,
    },
    /// More steps.
    Steps {
        /// How many.
        used: u32,
        /// How many were granted.
        granted: u32,
    },
    /// More money.
    Cost {
        /// How much.
        used_usd: Usd,
        /// How much was granted.
        granted_usd: Usd,
    },
    /// More time.
    Seconds {
        /// How many seconds.
        used: u64,
        /// How many were granted.
        granted: u64,
    },
    /// The grant was never consumed: it was issued, lapsed or taken back.
    NotConsumed,
    /// Something was reported of a time before the grant was consumed or after its seconds were over.
    OutsideItsTime,
}

/// Why a grant cannot be used. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrantRefusal {
    /// It was used before.
    #[error("the grant has been used")]
    Consumed,
    /// It lapsed.
    #[error("the grant has expired: ask again")]
    Expired,
    /// It was taken back.
    #[error("the grant was revoked")]
    Revoked,
    /// It is for something else.
    #[error("the grant is for another intent: ask for this one")]
    OtherIntent,
    /// It does not cover as much.
    #[error("the grant does not cover this: ask for it")]
    BeyondLimits(Vec<ScopeViolation>),
}

impl GrantRefusal {
    /// The reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Consumed => "grant_consumed",
            Self::Expired => "grant_expired",
            Self::Revoked => "grant_revoked",
            Self::OtherIntent => "grant_for_other_intent",
            Self::BeyondLimits(_) => "grant_exceeded",
        }
    }
}

/// A grant and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveGrant {
    grant: Grant,
    state: GrantState,
}

impl LiveGrant {
    /// A grant that has just been given.
    #[must_use]
    pub const fn issue(grant: Grant) -> Self {
        Self {
            grant,
            state: GrantState::Issued,
        }
    }

    /// A grant as it was stored.
    #[must_use]
    pub const fn from_stored(grant: Grant, state: GrantState) -> Self {
        Self { grant, state }
    }

    /// Uses the grant, once, for exactly its intent and within its limits. The store does this in the transaction that claims
    /// the effect.
    ///
    /// # Errors
    /// [`GrantRefusal`]; nothing has changed then.
    pub fn consume(
        &mut self,
        intent_hash: Sha256Digest,
        wanted: &GrantUse,
        now: Timestamp,
    ) -> Result<(), GrantRefusal> {
        self.is_open(now)?;
        if intent_hash != self.grant.intent_hash {
            return Err(GrantRefusal::OtherIntent);
        }
        let beyond = violations(&self.grant.limits, wanted);
        if !beyond.is_empty() {
            return Err(GrantRefusal::BeyondLimits(beyond));
        }
        self.state = GrantState::Consumed { at: now };
        Ok(())
    }

    /// Takes the grant back before it is used.
    ///
    /// # Errors
    /// [`GrantRefusal`] when there is nothing to take back.
    pub fn revoke(&mut self, by: String, now: Timestamp) -> Result<(), GrantRefusal> {
        self.is_open(now)?;
        self.state = GrantState::Revoked { at: now, by };
        Ok(())
    }

    /// Notes that the grant has lapsed unused. Returns whether it had to be noted: its hold is to be released then.
    pub fn lapse(&mut self, now: Timestamp) -> bool {
        let lapses = self.state == GrantState::Issued && now >= self.grant.expires_at;
        if lapses {
            self.state = GrantState::Expired { at: now };
        }
        lapses
    }

    /// In which ways something that is reported is outside the grant (at ingest). `at` is when it happened.
    #[must_use]
    pub fn violations(&self, used: &GrantUse, at: Timestamp) -> Vec<ScopeViolation> {
        let mut found = violations(&self.grant.limits, used);
        match self.state {
            GrantState::Consumed { at: from } => {
                let seconds = i64::try_from(self.grant.limits.max_seconds).unwrap_or(i64::MAX);
                let end = TimeDelta::try_seconds(seconds)
                    .and_then(|length| from.checked_add_signed(length))
                    .unwrap_or(Timestamp::MAX_UTC);
                if at < from || at > end {
                    found.push(ScopeViolation::OutsideItsTime);
                }
            }
            _ => found.push(ScopeViolation::NotConsumed),
        }
        found
    }

    /// The grant.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Where it stands as of the last change.
    #[must_use]
    pub const fn state(&self) -> &GrantState {
        &self.state
    }

    fn is_open(&self, now: Timestamp) -> Result<(), GrantRefusal> {
        match self.state {
            GrantState::Issued if now < self.grant.expires_at => Ok(()),
            GrantState::Issued | GrantState::Expired { .. } => Err(GrantRefusal::Expired),
            GrantState::Consumed { .. } => Err(GrantRefusal::Consumed),
            GrantState::Revoked { .. } => Err(GrantRefusal::Revoked),
        }
    }
}

/// In which ways a use is beyond limits; none when it is within them.
#[must_use]
pub fn violations(limits: &GrantLimits, used: &GrantUse) -> Vec<ScopeViolation> {
    let not_granted = |name: &&String| !limits.capabilities.contains(name);
    let capability = |name: &String| ScopeViolation::Capability { name: name.clone() };
    let steps = (used.steps > limits.max_steps).then_some(ScopeViolation::Steps {
        used: used.steps,
        granted: limits.max_steps,
    });
    let cost = limits
        .max_cost_usd
        .filter(|granted| used.cost_usd > *granted)
        .map(|granted_usd| ScopeViolation::Cost {
            used_usd: used.cost_usd,
            granted_usd,
        });
    let seconds = (used.seconds > limits.max_seconds).then_some(ScopeViolation::Seconds {
        used: used.seconds,
        granted: limits.max_seconds,
    });
    let capabilities = used.capabilities.iter().filter(not_granted).map(capability);
    capabilities
        .chain(steps)
        .chain(cost)
        .chain(seconds)
        .collect()
}

#[cfg(test)]
mod tests;
