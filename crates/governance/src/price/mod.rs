//! What models cost. A model without a price is refused, not free.

mod bound;
mod own;
mod table;
mod tariff;

pub use bound::{InputTokens, PromptSize, UpperBound};
pub use own::{
    MOST_OWN_PRICES, ModelPrices, OwnPrice, OwnPriceError, PriceStore, PriceWrite, TenantPrices,
};
pub use table::{PriceFileError, PriceOverrides, PriceTable, Prices};
pub use tariff::{Tariff, TokenCounts};

use clasper_core::Usd;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Tokens that a listed price is for.
const TOKENS_PER_PRICE: i64 = 1_000_000;

/// The price of one model, in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelPrice {
    /// For a million tokens of prompt.
    pub input_usd_per_million: Decimal,
    /// For a million tokens of answer.
    pub output_usd_per_million: Decimal,
}

/// What a use of a model cost, by part. `total` is the sum of the parts before rounding, rounded up once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cost {
    /// For the prompt.
    pub input: Usd,
    /// For the answer.
    pub output: Usd,
    /// Altogether: what the ledger is charged.
    pub total: Usd,
}

impl Cost {
    /// The cost of parts in millionths of a dollar, rounded up once.
    fn of_parts(input: Decimal, output: Decimal) -> Result<Self, PriceError> {
        let usd = |millionths: Decimal| {
            Usd::from_decimal_rounding_up(millionths / Decimal::from(TOKENS_PER_PRICE))
                .map_err(|_| PriceError::OutOfRange)
        };
        let total = input.checked_add(output).ok_or(PriceError::OutOfRange)?;
        Ok(Self {
            input: usd(input)?,
            output: usd(output)?,
            total: usd(total)?,
        })
    }
}

/// Why a cost cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// The model is not in the table.
    #[error(
        "no price is known for the model {model}: set one with `clasper price set {model} --input USD --output USD` (for a million tokens each), or add [prices.\"{model}\"] with input_usd_per_million and output_usd_per_million to the configuration"
    )]
    Unknown {
        /// `provider/model`.
        model: String,
    },
    /// A name without a provider that several providers have.
    #[error("several providers have a model {model}: name one of {}", candidates.join(", "))]
    Ambiguous {
        /// The name as it was given.
        model: String,
        /// The `provider/model` names it could mean.
        candidates: Vec<String>,
    },
    /// A price is below zero, or the cost is beyond what money can express.
    #[error("the cost is outside what can be booked")]
    OutOfRange,
}

impl ModelPrice {
    /// The cost of these tokens, rounded up once.
    ///
    /// # Errors
    /// [`PriceError::OutOfRange`].
    pub fn cost(&self, input_tokens: u64, output_tokens: u64) -> Result<Cost, PriceError> {
        let part = |tokens: u64, price: Decimal| {
            price
                .checked_mul(Decimal::from(tokens))
                .ok_or(PriceError::OutOfRange)
        };
        Cost::of_parts(
            part(input_tokens, self.input_usd_per_million)?,
            part(output_tokens, self.output_usd_per_million)?,
        )
    }

    /// How many tokens of answer `money` buys after `input_tokens` of prompt, at most `wanted`.
    #[must_use]
    pub fn affordable_output(&self, money: Usd, input_tokens: u64, wanted: u32) -> u32 {
        let Ok(input) = self.cost(input_tokens, 0) else {
            return 0;
        };
        let left = money.saturating_sub(input.total);
        if self.output_usd_per_million.is_zero() {
            return wanted;
        }
        let tokens =
            left.to_decimal() * Decimal::from(TOKENS_PER_PRICE) / self.output_usd_per_million;
        u32::try_from(tokens.trunc().mantissa() / 10_i128.pow(tokens.trunc().scale()))
            .unwrap_or(u32::MAX)
            .min(wanted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_the_seed_costs_what_it_says() {
        let price = PriceTable::listed()
            .get("openai/gpt-4o-mini")
            .expect("listed");
        let cost = price.cost(1250, 150).expect("in range");
        assert_eq!(cost.input.to_string(), "0.0001875");
        assert_eq!(cost.output.to_string(), "0.00009");
        assert_eq!(cost.total.to_string(), "0.0002775");
    }

    #[test]
    fn a_model_without_a_price_is_refused() {
        let error = PriceTable::listed()
            .get("openai/gpt-99")
            .expect_err("unknown");
        assert!(error.to_string().contains("openai/gpt-99"));
    }

    proptest! {
        #[test]
        fn what_is_affordable_never_costs_more_than_the_money(nanos in 0i64..10_000_000_000, input in 0u64..100_000, wanted in 0u32..100_000) {
            let price = PriceTable::listed().get("openai/gpt-4o").expect("listed");
            let money = Usd::from_nanos(nanos).expect("not negative");
            let tokens = price.affordable_output(money, input, wanted);
            if tokens > 0 {
                prop_assert!(price.cost(input, u64::from(tokens)).expect("in range").total <= money);
            }
        }
    }
}
