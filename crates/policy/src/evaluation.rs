//! What an evaluation says.

use clasper_core::Sha256Digest;
use serde::Serialize;

use crate::approval::ApprovalTerms;

/// What a policy does, from least to most strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It may happen.
    Allow,
    /// It may happen once people have approved it.
    RequireApproval,
    /// It may not happen.
    Deny,
}

impl Effect {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::RequireApproval => "require_approval",
            Self::Deny => "deny",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        [Self::Allow, Self::RequireApproval, Self::Deny]
            .into_iter()
            .find(|effect| effect.name() == name)
    }
}

/// Why the effect is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A YAML rule decided.
    Rule,
    /// A Cedar `permit` decided.
    CedarPermit,
    /// A Cedar `forbid` decided; nothing outweighs it.
    CedarForbid,
    /// No policy matched: denied.
    NoMatch,
    /// A policy could not be evaluated, or the two readings of a rule disagree: denied.
    EvaluationError,
}

impl Reason {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::CedarPermit => "cedar_permit",
            Self::CedarForbid => "cedar_forbid",
            Self::NoMatch => "no_match",
            Self::EvaluationError => "evaluation_error",
        }
    }
}

/// A policy that matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatchedPolicy {
    /// Its id.
    pub policy_id: String,
    /// Its version.
    pub version: u32,
    /// The bundle it came in.
    pub bundle: String,
    /// What it asked for.
    pub effect: Effect,
}

/// A decision by policy, with what led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// What may happen.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// The policy that decided; absent when none did.
    pub winner: Option<String>,
    /// Every policy that matched, the winner first.
    pub matched: Vec<MatchedPolicy>,
    /// Present exactly when approval is required.
    pub approval: Option<ApprovalTerms>,
    /// For people.
    pub explanation: String,
    /// The policies in force.
    pub bundle_hash: Sha256Digest,
}
