//! Prices as they are sent, and the path that names one.

use clasper_api_types::{Amount, PriceView};
use clasper_core::Usd;
use clasper_governance::OwnPrice;
use clasper_http::Problem;
use serde::Deserialize;

/// The model that a path names.
#[derive(Deserialize)]
pub(super) struct PricePath {
    provider: String,
    model: String,
}

impl PricePath {
    /// `provider/model`.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.provider, self.model)
    }
}

pub(super) fn price(own: OwnPrice) -> Result<PriceView, Problem> {
    let amount = |price| {
        Usd::from_decimal_rounding_up(price)
            .map(Amount)
            .map_err(|error| {
                tracing::error!(%error, "a price cannot be written");
                Problem::internal()
            })
    };
    let tariff = own.tariff;
    Ok(PriceView {
        model: own.model,
        input_usd_per_million: amount(tariff.input_usd_per_million)?,
        output_usd_per_million: amount(tariff.output_usd_per_million)?,
        cached_input_usd_per_million: tariff
            .cached_input_usd_per_million
            .map(amount)
            .transpose()?,
        updated_at: own.updated_at.into(),
        updated_by: own.updated_by,
    })
}
