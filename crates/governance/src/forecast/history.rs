//! What runs of one model, or of one adapter, have cost a tenant.

use std::fmt;
use std::str::FromStr;

use clasper_core::{AdapterId, Usd};
use serde::{Deserialize, Serialize};

use crate::forecast::sketch::Sketch;

/// What a history is of. With the tenant it is the key of the stored row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HistorySubject {
    /// A model, as `provider/model`.
    Model(String),
    /// What an adapter executes.
    Adapter(AdapterId),
}

/// The text names no subject of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a subject of a cost history: expected provider/model or adapter:<id>")]
pub struct SubjectError;

impl fmt::Display for HistorySubject {
    /// The stored name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(model) => f.write_str(model),
            Self::Adapter(id) => write!(f, "adapter:{id}"),
        }
    }
}

impl FromStr for HistorySubject {
    type Err = SubjectError;

    /// Reads a stored name. An adapter's id has no slash, and a model's name has one.
    fn from_str(text: &str) -> Result<Self, SubjectError> {
        if text.contains('/') {
            return Ok(Self::Model(text.to_owned()));
        }
        text.strip_prefix("adapter:")
            .and_then(|id| AdapterId::new(id).ok())
            .map(Self::Adapter)
            .ok_or(SubjectError)
    }
}

/// One thing that ended, as its settlement knows it. What used nothing teaches nothing and is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// Tokens of answer.
    pub output_tokens: u64,
    /// What it cost.
    pub cost: Usd,
    /// Whether a limit stopped it, so that it would have been larger: the answer's length, the hold, the steps, the time.
    pub cut_short: bool,
}

/// What runs of one subject have used: a row that the store reads, adds to, and writes with the settlement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostHistory {
    /// Tokens of answers.
    pub output_tokens: Sketch,
    /// Costs, in nano-dollars.
    pub cost_nanos: Sketch,
}

impl CostHistory {
    /// Adds one that ended.
    pub fn record(&mut self, seen: Observation) {
        let nanos = u64::try_from(seen.cost.nanos()).unwrap_or(0);
        if seen.cut_short {
            self.output_tokens.add_cut_short(seen.output_tokens);
            self.cost_nanos.add_cut_short(nanos);
        } else {
            self.output_tokens.add(seen.output_tokens);
            self.cost_nanos.add(nanos);
        }
    }

    /// Adds everything that `other` has seen.
    pub fn merge(&mut self, other: &Self) {
        self.output_tokens.merge(&other.output_tokens);
        self.cost_nanos.merge(&other.cost_nanos);
    }
}
