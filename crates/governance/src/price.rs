//! What models cost. A model without a price is refused, not free.

use std::collections::HashMap;

use clasper_core::Usd;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Tokens that a listed price is for.
const TOKENS_PER_PRICE: i64 = 1_000_000;

/// Prices in US dollars per million tokens: provider, model, input, output.
///
/// From the reference implementation's usage table (section 8.3) and the providers' public lists; operators override and
/// extend it in the configuration.
const LISTED: &[(&str, &str, &str, &str)] = &[
    ("openai", "gpt-4o", "2.5", "10"),
    ("openai", "gpt-4o-mini", "0.15", "0.6"),
    ("openai", "gpt-4.1", "2", "8"),
    ("openai", "gpt-4.1-mini", "0.4", "1.6"),
    ("openai", "gpt-4.1-nano", "0.1", "0.4"),
    ("openai", "gpt-4-turbo", "10", "30"),
    ("openai", "gpt-4-turbo-preview", "10", "30"),
    ("openai", "gpt-4", "30", "60"),
    ("openai", "gpt-3.5-turbo", "0.5", "1.5"),
    ("openai", "gpt-3.5-turbo-16k", "3", "4"),
    ("anthropic", "claude-sonnet-4-20250514", "3", "15"),
    ("anthropic", "claude-opus-4-20250514", "15", "75"),
    ("anthropic", "claude-3-5-sonnet-20241022", "3", "15"),
    ("anthropic", "claude-3-5-haiku-20241022", "0.8", "4"),
    ("anthropic", "claude-3-opus-20240229", "15", "75"),
    ("anthropic", "claude-3-sonnet-20240229", "3", "15"),
    ("anthropic", "claude-3-haiku-20240307", "0.25", "1.25"),
    ("google", "gemini-2.5-flash", "0.075", "0.3"),
    ("google", "gemini-2.5-pro", "1.25", "5"),
    ("google", "gemini-2.0-flash", "0.1", "0.4"),
    ("google", "gemini-1.5-pro", "1.25", "5"),
    ("google", "gemini-1.5-flash", "0.075", "0.3"),
    ("xai", "grok-2", "2", "10"),
    ("xai", "grok-2-mini", "0.2", "1"),
    ("groq", "llama-3.3-70b-versatile", "0.59", "0.79"),
    ("groq", "llama-3.1-8b-instant", "0.05", "0.08"),
    ("groq", "mixtral-8x7b-32768", "0.24", "0.24"),
    ("mistral", "mistral-large-latest", "2", "6"),
    ("mistral", "mistral-small-latest", "0.2", "0.6"),
    ("mistral", "codestral-latest", "0.3", "0.9"),
    // The offline stand-in has a price, so that budgets, holds and ledgers do their work in demos and tests too.
    ("scripted", "echo", "0.15", "0.6"),
    ("scripted", "support", "0.15", "0.6"),
];

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

/// Why a cost cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// The model is not in the table.
    #[error(
        "no price is known for the model {model}: add [prices.\"{model}\"] with input_usd_per_million and output_usd_per_million to the configuration"
    )]
    Unknown {
        /// `provider/model`.
        model: String,
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
                .map(|p| p / Decimal::from(TOKENS_PER_PRICE))
        };
        let usd = |amount: Decimal| {
            Usd::from_decimal_rounding_up(amount).map_err(|_| PriceError::OutOfRange)
        };
        let input = part(input_tokens, self.input_usd_per_million).ok_or(PriceError::OutOfRange)?;
        let output =
            part(output_tokens, self.output_usd_per_million).ok_or(PriceError::OutOfRange)?;
        Ok(Cost {
            input: usd(input)?,
            output: usd(output)?,
            total: usd(input + output)?,
        })
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

/// Prices by `provider/model`.
#[derive(Debug, Clone)]
pub struct PriceTable(HashMap<String, ModelPrice>);

impl PriceTable {
    /// The listed prices.
    #[must_use]
    pub fn listed() -> Self {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap_or(Decimal::MAX);
        let price = |input, output| ModelPrice {
            input_usd_per_million: decimal(input),
            output_usd_per_million: decimal(output),
        };
        Self(
            LISTED
                .iter()
                .map(|(p, m, i, o)| (format!("{p}/{m}"), price(i, o)))
                .collect(),
        )
    }

    /// Sets the price of `provider/model`.
    ///
    /// # Errors
    /// [`PriceError::OutOfRange`] when a price is negative.
    pub fn set(&mut self, model: &str, price: ModelPrice) -> Result<(), PriceError> {
        let negative = |d: Decimal| d.is_sign_negative() && !d.is_zero();
        if negative(price.input_usd_per_million) || negative(price.output_usd_per_million) {
            return Err(PriceError::OutOfRange);
        }
        self.0.insert(model.to_owned(), price);
        Ok(())
    }

    /// The price of `provider/model`.
    ///
    /// # Errors
    /// [`PriceError::Unknown`].
    pub fn get(&self, model: &str) -> Result<ModelPrice, PriceError> {
        self.0
            .get(model)
            .copied()
            .ok_or_else(|| PriceError::Unknown {
                model: model.to_owned(),
            })
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

    #[test]
    fn every_listed_price_is_a_number() {
        for price in PriceTable::listed().0.values() {
            assert!(price.cost(1_000_000, 1_000_000).is_ok());
        }
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
