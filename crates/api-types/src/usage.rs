//! What a tenant has used since it was created.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Amount;

/// What a tenant has used since it was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "requestCount": 42, "totalInputTokens": 125_000, "totalOutputTokens": 35000, "totalTokens": 160_000,
    "totalCost": 0.0485, "heldCost": 0, "currency": "USD"
}))]
pub struct UsageView {
    /// Runs that used a model.
    pub request_count: i64,
    /// Tokens of prompts.
    pub total_input_tokens: i64,
    /// Tokens of answers.
    pub total_output_tokens: i64,
    /// Both.
    pub total_tokens: i64,
    /// Money spent, over all budget periods.
    pub total_cost: Amount,
    /// Money held for runs that have not ended.
    pub held_cost: Amount,
    /// Always `USD`.
    #[schema(example = "USD")]
    pub currency: String,
}
