//! The four levels of risk.

use serde::{Deserialize, Serialize};

/// How risky something is, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// A score below 25.
    Low,
    /// A score from 25 to 49.
    Medium,
    /// A score from 50 to 74: a person has to agree.
    High,
    /// A score from 75: a person has to agree.
    Critical,
}

impl RiskLevel {
    /// The level of a score (reference section 7).
    #[must_use]
    pub const fn of(score: u8) -> Self {
        match score {
            0..25 => Self::Low,
            25..50 => Self::Medium,
            50..75 => Self::High,
            _ => Self::Critical,
        }
    }

    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Whether a person has to agree even where a policy allows (reference section 9, step 9).
    #[must_use]
    pub const fn needs_approval(self) -> bool {
        matches!(self, Self::High | Self::Critical)
    }
}
