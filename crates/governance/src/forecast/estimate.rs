//! Estimates with their bounds: from history where there is enough, from declared maximums where there is not.

use clasper_core::Usd;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::budget::ScopedBudget;
use crate::forecast::history::CostHistory;
use crate::forecast::outlook::{BudgetOutlook, outlook};
use crate::forecast::sketch::{COVERAGE_PERCENT, Sketch};
use crate::price::{Cost, InputTokens, PriceError, Tariff, UpperBound};

/// Tokens that a price is for.
const TOKENS_PER_PRICE: u32 = 1_000_000;

/// What an upper end rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Declared maximums: nothing can cost more.
    DeclaredMaximum,
    /// The tenant's own history, never above the declared maximum.
    History,
}

/// What something will probably cost, and between which bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CostEstimate {
    /// What is likely.
    pub likely_usd: Usd,
    /// The lower end.
    pub low_usd: Usd,
    /// The upper end.
    pub high_usd: Usd,
    /// How often, in per cent, the cost lies between the ends; at least this often where the basis is a declared maximum.
    pub coverage_percent: u8,
    /// What the upper end rests on.
    pub basis: Basis,
    /// How many ended runs the estimate was learnt from.
    pub runs: u64,
}

/// A model call whose cost is to be foretold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAsk {
    /// `provider/model`.
    pub model: String,
    /// Its prices.
    pub tariff: Tariff,
    /// What is known of the prompt.
    pub input: InputTokens,
    /// Where the answer is cut.
    pub max_output_tokens: u32,
}

/// The answer of `/cost/forecast` (reference sections 4.8 and 8.2), with the interval that the reference lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallForecast {
    /// The likely cost by part: `estimated_cost`, `input_cost`, `output_cost`.
    pub likely: Cost,
    /// The same with its bounds.
    pub estimate: CostEstimate,
    /// How the budgets stand to it.
    pub outlook: BudgetOutlook,
    /// What it was computed from.
    pub details: ForecastDetails,
}

/// What a forecast was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForecastDetails {
    /// Tokens of prompt that are likely.
    pub input_tokens: u64,
    /// Tokens of answer that are likely.
    pub output_tokens: u64,
    /// `provider/model`.
    pub model: String,
    /// US dollars for one token of prompt.
    pub input_price_per_token: Decimal,
    /// US dollars for one token of answer.
    pub output_price_per_token: Decimal,
}

/// Foretells a model call. The answer's length is learnt from `history` and never above `max_output_tokens`; without enough
/// history it is `max_output_tokens`, as in the reference. `budgets` are those that would hold it, in their current periods.
///
/// # Errors
/// [`PriceError::OutOfRange`].
pub fn forecast_call(
    ask: &CallAsk,
    history: Option<&CostHistory>,
    budgets: &[ScopedBudget],
) -> Result<CallForecast, PriceError> {
    let output = Range::of(
        history.map(|history| &history.output_tokens),
        u64::from(ask.max_output_tokens),
    );
    let price = ask.tariff.model_price();
    let likely = price.cost(ask.input.likely, output.likely)?;
    let high = UpperBound::of_tokens(
        &ask.tariff,
        ask.input.most,
        u32::try_from(output.high).unwrap_or(u32::MAX),
    )?;
    // All of the prompt could come from the provider's cache.
    let low_price = ask.tariff.cheapest();
    let estimate = CostEstimate {
        likely_usd: likely.total,
        low_usd: low_price.cost(ask.input.least, output.low)?.total,
        high_usd: high.cost_usd,
        coverage_percent: COVERAGE_PERCENT,
        basis: output.basis,
        runs: output.runs,
    };
    let per_token = |price: Decimal| (price / Decimal::from(TOKENS_PER_PRICE)).normalize();
    Ok(CallForecast {
        likely,
        outlook: outlook(&estimate, budgets),
        estimate,
        details: ForecastDetails {
            input_tokens: ask.input.likely,
            output_tokens: output.likely,
            model: ask.model.clone(),
            input_price_per_token: per_token(ask.tariff.input_usd_per_million),
            output_price_per_token: per_token(ask.tariff.output_usd_per_million),
        },
    })
}

/// Foretells something whose parts are not known, such as what an adapter executes, from what its like has cost.
/// `declared` is the most it may cost.
#[must_use]
pub fn estimate_operation(history: Option<&CostHistory>, declared: Usd) -> CostEstimate {
    let most = u64::try_from(declared.nanos()).unwrap_or(0);
    let range = Range::of(history.map(|history| &history.cost_nanos), most);
    let usd = |nanos: u64| {
        let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
        Usd::from_nanos(nanos).unwrap_or(declared)
    };
    CostEstimate {
        likely_usd: usd(range.likely),
        low_usd: usd(range.low),
        high_usd: usd(range.high),
        coverage_percent: COVERAGE_PERCENT,
        basis: range.basis,
        runs: range.runs,
    }
}

/// Bounds of an amount that cannot be above its declared maximum.
struct Range {
    low: u64,
    likely: u64,
    high: u64,
    basis: Basis,
    runs: u64,
}

impl Range {
    fn of(sketch: Option<&Sketch>, most: u64) -> Self {
        let (low, high) = sketch.map_or((None, None), Sketch::interval);
        let learnt = high.filter(|high| *high < most);
        let high = learnt.unwrap_or(most);
        let low = low.unwrap_or(0).min(high);
        // What is likely is learnt together with the ends, not from a handful of runs.
        let likely = sketch
            .filter(|sketch| sketch.interval().0.is_some())
            .and_then(Sketch::median);
        Self {
            low,
            likely: likely.map_or(high, |likely| likely.clamp(low, high)),
            high,
            basis: if learnt.is_some() {
                Basis::History
            } else {
                Basis::DeclaredMaximum
            },
            runs: sketch.map_or(0, Sketch::weight),
        }
    }
}
