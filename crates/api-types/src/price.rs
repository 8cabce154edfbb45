//! Prices of models.

use clasper_core::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, WireTime};

/// A price to set, in US dollars for a million tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"input_usd_per_million": 2.5, "output_usd_per_million": 10, "cached_input_usd_per_million": 1.25}))]
pub struct SetPriceBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// For prompts.
    pub input_usd_per_million: Amount,
    /// For answers.
    pub output_usd_per_million: Amount,
    /// For the part of a prompt that the provider has in its cache; as much as any other part when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_usd_per_million: Option<Amount>,
}

/// A price of the tenant's own, in US dollars for a million tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "model": "openai/gpt-4o", "input_usd_per_million": 2.5, "output_usd_per_million": 10,
    "cached_input_usd_per_million": 1.25, "updated_at": "2026-11-20T10:03:16.397Z", "updated_by": "api_key:0190c7a2"
}))]
pub struct PriceView {
    /// `provider/model`.
    pub model: String,
    /// For prompts.
    pub input_usd_per_million: Amount,
    /// For answers.
    pub output_usd_per_million: Amount,
    /// For the part of a prompt that the provider has in its cache; as much as any other part when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_usd_per_million: Option<Amount>,
    /// When it was set.
    pub updated_at: WireTime,
    /// Who set it.
    pub updated_by: String,
}

/// The tenant's own prices, by name; at most 1,000.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"items": [{
    "model": "openai/gpt-4o", "input_usd_per_million": 2.5, "output_usd_per_million": 10,
    "updated_at": "2026-11-20T10:03:16.397Z", "updated_by": "api_key:0190c7a2"
}]}))]
pub struct PriceList {
    /// The prices.
    pub items: Vec<PriceView>,
}
