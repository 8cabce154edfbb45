//! What the end of a run teaches about the cost of model calls.

use clasper_core::Usd;
use clasper_governance::forecast::{HistorySubject, Observation};
use clasper_tracing::StepData;

use crate::run::{Charge, Settlement};

/// The finish reason of an answer that its length limit cut.
const CUT_BY_LENGTH: &str = "length";
/// That of a call that did not come back: what it used is our own estimate.
const LOST: &str = "cancelled";

impl Settlement {
    /// What each model call of the run used, by its model. A run of which nobody knows what it used teaches nothing, and
    /// neither does a call that did not come back.
    pub fn lessons(&self) -> impl Iterator<Item = (HistorySubject, Observation)> {
        let knows = matches!(self.charge, Charge::Actual(_));
        let steps = self.trace.steps.iter().filter(move |_| knows);
        steps.filter_map(|step| match &step.data {
            StepData::LlmCall {
                model,
                provider,
                output_tokens,
                cost_usd,
                finish_reason,
                ..
            } if finish_reason != LOST => Some((
                HistorySubject::Model(format!("{provider}/{model}")),
                Observation {
                    output_tokens: *output_tokens,
                    cost: cost_usd.parse().unwrap_or(Usd::ZERO),
                    cut_short: finish_reason == CUT_BY_LENGTH,
                },
            )),
            _ => None,
        })
    }
}
