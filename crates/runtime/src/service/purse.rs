//! A run's money: what is held for it, what it has spent, and what is left for the next call.

use clasper_core::Usd;
use clasper_governance::{Cost, ModelPrice};

use crate::model::TokenUsage;

/// Tokens of answer below which a further call makes no sense.
pub(crate) const LEAST_OUTPUT: u32 = 16;
/// More tokens than any model counts: such a number is not believed.
const INCREDIBLE_TOKENS: u64 = 1_000_000_000;

/// What a run has used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) usage: TokenUsage,
    pub(crate) cost: Cost,
    /// Whether a part of it is our estimate.
    pub(crate) estimated: bool,
}

impl Tally {
    /// Adds a call. Sums that money cannot express stay at what they were; no run comes near.
    pub(crate) fn add(&mut self, usage: TokenUsage, cost: Cost, estimated: bool) {
        let sum = |a: Usd, b: Usd| a.checked_add(b).unwrap_or(a);
        self.usage = self.usage.plus(usage);
        self.cost = Cost {
            input: sum(self.cost.input, cost.input),
            output: sum(self.cost.output, cost.output),
            total: sum(self.cost.total, cost.total),
        };
        self.estimated |= estimated;
    }
}

/// The money of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purse {
    /// What is held.
    pub(crate) held: Usd,
    /// Whether what is held limits the run.
    pub(crate) limited: bool,
    /// Whether less is held than was asked for, so that asking again at once is useless.
    pub(crate) capped: bool,
}

impl Purse {
    /// How much more than what is held a call may need.
    pub(crate) fn lacking(&self, spent: Usd, price: &ModelPrice, input: u64, output: u32) -> Usd {
        let Ok(call) = price.cost(input, u64::from(output)) else {
            return Usd::ZERO;
        };
        let need = spent.checked_add(call.total).unwrap_or(spent);
        need.saturating_sub(self.held)
    }

    /// How many tokens the next call may produce.
    pub(crate) fn output(&self, spent: Usd, price: &ModelPrice, input: u64, wanted: u32) -> u32 {
        if self.limited {
            price.affordable_output(self.held.saturating_sub(spent), input, wanted)
        } else {
            wanted
        }
    }
}

/// The usage that a provider reports, if it can be believed: nothing at all for a call that succeeded cannot.
pub(crate) fn believed(usage: Option<TokenUsage>) -> Option<TokenUsage> {
    usage.filter(|u| {
        (u.input_tokens, u.output_tokens) != (0, 0)
            && u.input_tokens < INCREDIBLE_TOKENS
            && u.output_tokens < INCREDIBLE_TOKENS
    })
}
