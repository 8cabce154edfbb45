//! The most a call can use and cost, known before it is made.

use clasper_core::Usd;
use serde::{Deserialize, Serialize};

use crate::price::{PriceError, Tariff};

/// Tokens that a provider may add around a message: role, name, delimiters. Published figures are 3 to 7.
const PER_MESSAGE: u64 = 8;
/// Tokens that a provider may add around a request: begin of text, priming of the answer.
const PER_REQUEST: u64 = 16;
/// Tokens that a provider may add around one tool's description.
const PER_TOOL: u64 = 16;
/// Tokens of the instructions that a provider adds as soon as there are tools. The largest published figure is about 700.
const TOOL_INSTRUCTIONS: u64 = 1_024;

/// How large a prompt is, in what can be counted without knowing the model's tokens.
///
/// No token is shorter than one byte of UTF-8, so a text has at most as many tokens as bytes. What is added to it are the
/// allowances of this module for what providers put around messages and tools. Text only: images and sound are not in it, and
/// a provider that rewrites text into a longer form before it counts would need an allowance of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PromptSize {
    /// Bytes of UTF-8 in all texts: system prompt, messages, arguments and results of tools, tool descriptions.
    pub bytes: u64,
    /// Messages, the system prompt included.
    pub messages: u64,
    /// Tools described.
    pub tools: u64,
}

impl PromptSize {
    /// This and a message, or the system prompt.
    #[must_use]
    pub fn with_message(self, text: &str) -> Self {
        Self {
            messages: self.messages.saturating_add(1),
            ..self.with_text(text)
        }
    }

    /// This and a further text of a message: the name or the arguments of a tool call.
    #[must_use]
    pub fn with_text(self, text: &str) -> Self {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        Self {
            bytes: self.bytes.saturating_add(bytes),
            ..self
        }
    }

    /// This and a tool with what describes it; `schema` as JSON text.
    #[must_use]
    pub fn with_tool(self, name: &str, description: &str, schema: &str) -> Self {
        let described = self
            .with_text(name)
            .with_text(description)
            .with_text(schema);
        Self {
            tools: self.tools.saturating_add(1),
            ..described
        }
    }

    /// The most tokens the prompt can be.
    #[must_use]
    pub const fn most_tokens(&self) -> u64 {
        let tools = self.tools.saturating_mul(PER_TOOL);
        let instructions = if self.tools == 0 {
            0
        } else {
            TOOL_INSTRUCTIONS
        };
        self.bytes
            .saturating_add(self.messages.saturating_mul(PER_MESSAGE))
            .saturating_add(tools)
            .saturating_add(instructions)
            .saturating_add(PER_REQUEST)
    }

    /// The tokens that it probably is: a fourth of its bytes, and what is usual around messages and tools.
    #[must_use]
    pub const fn likely_tokens(&self) -> u64 {
        let around = self.messages.saturating_add(self.tools).saturating_mul(4);
        self.bytes
            .div_ceil(4)
            .saturating_add(around)
            .saturating_add(8)
    }
}

/// What is known of the number of tokens in a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InputTokens {
    /// It is not fewer.
    pub least: u64,
    /// It is probably this.
    pub likely: u64,
    /// It is not more.
    pub most: u64,
}

impl InputTokens {
    /// Somebody counted them.
    #[must_use]
    pub const fn counted(tokens: u64) -> Self {
        Self {
            least: tokens,
            likely: tokens,
            most: tokens,
        }
    }

    /// Only the size of the prompt is known.
    #[must_use]
    pub const fn of_size(size: &PromptSize) -> Self {
        Self {
            least: 0,
            likely: size.likely_tokens(),
            most: size.most_tokens(),
        }
    }
}

/// The most a call can use and cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UpperBound {
    /// Tokens of prompt.
    pub input_tokens: u64,
    /// Tokens of answer: what the provider is told to stop at.
    pub output_tokens: u64,
    /// What they cost at the dearest prices.
    pub cost_usd: Usd,
}

impl UpperBound {
    /// The most a call with this prompt can cost when its answer is cut at `max_output_tokens`.
    ///
    /// # Errors
    /// [`PriceError::OutOfRange`].
    pub fn of(
        tariff: &Tariff,
        prompt: &PromptSize,
        max_output_tokens: u32,
    ) -> Result<Self, PriceError> {
        Self::of_tokens(tariff, prompt.most_tokens(), max_output_tokens)
    }

    /// As [`Self::of`], for a prompt whose tokens are bounded already.
    ///
    /// # Errors
    /// [`PriceError::OutOfRange`].
    pub fn of_tokens(
        tariff: &Tariff,
        input_tokens: u64,
        max_output_tokens: u32,
    ) -> Result<Self, PriceError> {
        let output_tokens = u64::from(max_output_tokens);
        Ok(Self {
            input_tokens,
            output_tokens,
            cost_usd: tariff.dearest().cost(input_tokens, output_tokens)?.total,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::price::{PriceTable, TokenCounts};

    #[test]
    fn a_prompt_of_one_byte_tokens_is_still_within_its_bound() {
        let text = "\u{1F9EC}ß\0";
        let size = PromptSize::default()
            .with_message(text)
            .with_tool("t", "", "{}");
        assert_eq!(size.bytes, 7 + 3);
        assert_eq!(size.most_tokens(), 10 + 8 + 16 + 1_024 + 16);
    }

    #[test]
    fn sizes_beyond_counting_cost_too_much_instead_of_little() {
        let tariff = PriceTable::listed().tariff("openai/gpt-4").expect("listed");
        let size = PromptSize {
            bytes: u64::MAX,
            messages: u64::MAX,
            tools: u64::MAX,
        };
        assert_eq!(
            UpperBound::of(&tariff, &size, u32::MAX),
            Err(PriceError::OutOfRange)
        );
    }

    proptest! {
        /// However the bytes are cut into tokens, and whatever share of them is cached, the bound holds.
        #[test]
        fn no_way_of_cutting_a_prompt_into_tokens_costs_more_than_the_bound(
            texts in prop::collection::vec(".{0,60}", 0..8), cut in 1usize..7, cached in 0u64..1_000, output in 0u32..4_000,
        ) {
            let tariff = PriceTable::listed().tariff("openai/gpt-4o-mini").expect("listed");
            let size = texts.iter().fold(PromptSize::default(), |size, text| size.with_message(text));
            let input: usize = texts.iter().map(|text| text.len().div_ceil(cut) + 7).sum();
            let real = TokenCounts { input: input as u64, cached_input: cached, output: u64::from(output) };
            let bound = UpperBound::of(&tariff, &size, output).expect("in range");
            prop_assert!(real.input <= bound.input_tokens);
            prop_assert!(tariff.cost(real).expect("in range").total <= bound.cost_usd);
        }

        #[test]
        fn what_is_likely_is_never_more_than_what_is_possible(bytes in any::<u32>(), messages in 0u64..500, tools in 0u64..100) {
            let tokens = InputTokens::of_size(&PromptSize { bytes: u64::from(bytes), messages, tools });
            prop_assert!(tokens.least <= tokens.likely && tokens.likely <= tokens.most);
        }
    }
}
