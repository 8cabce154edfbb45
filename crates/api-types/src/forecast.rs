//! Forecasts of costs.

use clasper_core::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::Amount;

/// A model call whose cost is to be foretold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"prompt_size": 1250, "max_output_tokens": 150, "model": "gpt-4o-mini", "provider": "openai"}))]
pub struct ForecastBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// Tokens of the prompt.
    #[schema(minimum = 1)]
    pub prompt_size: u64,
    /// Where the answer is cut; 1,000 tokens when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub max_output_tokens: Option<u32>,
    /// The model: its name, or `provider/model`.
    #[schema(min_length = 1)]
    pub model: String,
    /// Its provider, when several have a model of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The parts of the tenant that the call would be in: their budgets are asked beside the tenant's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["workspace:support"]))]
    pub scopes: Vec<String>,
}

/// Bounds of a cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IntervalView {
    /// The lower end.
    pub low: Amount,
    /// The upper end.
    pub high: Amount,
    /// How often the cost lies between the ends, from 0 to 1; at least this often where the basis is a declared maximum.
    #[schema(minimum = 0, maximum = 1)]
    pub coverage: f64,
    /// What the upper end rests on: `declared_maximum` or `history`.
    pub basis: String,
    /// How many runs the estimate was learnt from.
    pub runs: u64,
}

/// What a call will probably cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastView {
    /// What is likely.
    pub estimated_cost: Amount,
    /// For the prompt.
    pub input_cost: Amount,
    /// For the answer.
    pub output_cost: Amount,
    /// Whether the budget would admit it.
    pub budget_allowed: bool,
    /// What the budget has neither spent nor held; null without a budget.
    #[schema(required)]
    pub budget_remaining: Option<Amount>,
    /// Whether the likely cost is more than the budget has left.
    pub would_exceed_budget: bool,
    /// Whether the upper end is.
    pub may_exceed_budget: bool,
    /// What there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// The bounds.
    pub interval: IntervalView,
}

/// What a forecast was computed from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ForecastDetailsView {
    /// Tokens of prompt.
    pub input_tokens: u64,
    /// Tokens of answer that are likely.
    pub output_tokens: u64,
    /// `provider/model`.
    pub model: String,
    /// US dollars for one token of prompt, exact.
    #[schema(value_type = f64)]
    pub input_price_per_token: Box<RawValue>,
    /// US dollars for one token of answer, exact.
    #[schema(value_type = f64)]
    pub output_price_per_token: Box<RawValue>,
}

/// A forecast.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "forecast": {
        "estimated_cost": 0.009, "input_cost": 0.003, "output_cost": 0.006, "budget_allowed": true,
        "budget_remaining": 37.41, "would_exceed_budget": false, "may_exceed_budget": false,
        "interval": {"low": 0.003, "high": 0.009, "coverage": 0.9, "basis": "declared_maximum", "runs": 0}
    },
    "details": {
        "input_tokens": 1200, "output_tokens": 600, "model": "openai/gpt-4.1",
        "input_price_per_token": 2.5e-6, "output_price_per_token": 1e-5
    }
}))]
pub struct ForecastReply {
    /// The forecast.
    pub forecast: ForecastView,
    /// What it was computed from.
    pub details: ForecastDetailsView,
}
