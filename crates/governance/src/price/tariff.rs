//! All prices of a model: input, output, and input that the provider had in its cache.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::price::{Cost, ModelPrice, PriceError};

/// All prices of a model, in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// For a million tokens of prompt.
    pub input_usd_per_million: Decimal,
    /// For a million tokens of answer.
    pub output_usd_per_million: Decimal,
    /// For a million tokens of prompt that the provider read from its cache. Where nobody says, they cost as much as any
    /// other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_usd_per_million: Option<Decimal>,
}

/// Tokens that a call used, as the provider reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenCounts {
    /// Of the prompt, those from the cache included.
    pub input: u64,
    /// Of the prompt, from the provider's cache. More than `input` counts as `input`.
    pub cached_input: u64,
    /// Of the answer.
    pub output: u64,
}

impl Tariff {
    /// The prices without the cache's.
    #[must_use]
    pub const fn model_price(&self) -> ModelPrice {
        ModelPrice {
            input_usd_per_million: self.input_usd_per_million,
            output_usd_per_million: self.output_usd_per_million,
        }
    }

    /// The prices with which no call costs more than it is said to: input at the dearer of its two prices.
    #[must_use]
    pub fn dearest(&self) -> ModelPrice {
        let cached = self.cached_input_usd_per_million;
        ModelPrice {
            input_usd_per_million: cached.map_or(self.input_usd_per_million, |c| {
                c.max(self.input_usd_per_million)
            }),
            output_usd_per_million: self.output_usd_per_million,
        }
    }

    /// The prices with which no call costs less than it is said to: input at the cheaper of its two prices.
    #[must_use]
    pub fn cheapest(&self) -> ModelPrice {
        let cached = self.cached_input_usd_per_million;
        ModelPrice {
            input_usd_per_million: cached.map_or(self.input_usd_per_million, |c| {
                c.min(self.input_usd_per_million)
            }),
            output_usd_per_million: self.output_usd_per_million,
        }
    }

    /// The cost of these tokens, rounded up once.
    ///
    /// # Errors
    /// [`PriceError::OutOfRange`].
    pub fn cost(&self, tokens: TokenCounts) -> Result<Cost, PriceError> {
        let part = |tokens: u64, price: Decimal| {
            price
                .checked_mul(Decimal::from(tokens))
                .ok_or(PriceError::OutOfRange)
        };
        let cached = tokens.cached_input.min(tokens.input);
        let cached_price = self
            .cached_input_usd_per_million
            .unwrap_or(self.input_usd_per_million);
        let input = part(tokens.input - cached, self.input_usd_per_million)?
            .checked_add(part(cached, cached_price)?)
            .ok_or(PriceError::OutOfRange)?;
        Cost::of_parts(input, part(tokens.output, self.output_usd_per_million)?)
    }

    /// Whether every price is zero or more.
    pub(super) fn is_sensible(&self) -> bool {
        let prices = [
            Some(self.input_usd_per_million),
            Some(self.output_usd_per_million),
            self.cached_input_usd_per_million,
        ];
        prices
            .into_iter()
            .flatten()
            .all(|price| !price.is_sign_negative() || price.is_zero())
    }
}

impl From<ModelPrice> for Tariff {
    /// No price of its own for the cache.
    fn from(price: ModelPrice) -> Self {
        Self {
            input_usd_per_million: price.input_usd_per_million,
            output_usd_per_million: price.output_usd_per_million,
            cached_input_usd_per_million: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tariff(input: &str, output: &str, cached: Option<&str>) -> Tariff {
        let decimal = |text: &str| text.parse().expect("a decimal");
        Tariff {
            input_usd_per_million: decimal(input),
            output_usd_per_million: decimal(output),
            cached_input_usd_per_million: cached.map(decimal),
        }
    }

    fn tokens(input: u64, cached_input: u64, output: u64) -> TokenCounts {
        TokenCounts {
            input,
            cached_input,
            output,
        }
    }

    #[test]
    fn cached_input_has_its_own_price() {
        let cost = tariff("2.5", "10", Some("1.25"))
            .cost(tokens(1_000, 600, 100))
            .expect("in range");
        assert_eq!(cost.input.to_string(), "0.00175");
        assert_eq!(cost.total.to_string(), "0.00275");
    }

    #[test]
    fn a_cache_without_a_price_saves_nothing() {
        let tariff = tariff("3", "15", None);
        assert_eq!(
            tariff.cost(tokens(500, 500, 1)),
            tariff.cost(tokens(500, 0, 1))
        );
    }

    proptest! {
        #[test]
        fn without_a_cache_both_ways_of_costing_agree(input in 0u64..1_000_000, output in 0u64..1_000_000) {
            let tariff = tariff("0.15", "0.6", Some("0.075"));
            prop_assert_eq!(tariff.cost(tokens(input, 0, output)), tariff.model_price().cost(input, output));
        }

        #[test]
        fn the_dearest_prices_bound_every_call(input in 0u64..100_000, cached in 0u64..200_000, output in 0u64..100_000, dear in any::<bool>()) {
            let tariff = tariff("2", "8", Some(if dear { "5" } else { "0.5" }));
            let real = tariff.cost(tokens(input, cached, output)).expect("in range");
            prop_assert!(real.total <= tariff.dearest().cost(input, output).expect("in range").total);
        }
    }
}
