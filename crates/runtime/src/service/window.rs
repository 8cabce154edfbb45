//! How full a model's context is (reference section 22.5).

use crate::model::{ChatMessage, ModelRef, ToolSpec};

/// Tokens that fit a model nobody listed.
const USUAL_WINDOW: u64 = 128_000;
/// Tokens that providers add for each message.
const MESSAGE_OVERHEAD: u64 = 4;
/// Tokens that providers add for each request.
const REQUEST_OVERHEAD: u64 = 8;

/// Windows by the start of the model's name; the first that fits counts.
const WINDOWS: &[(&str, u64)] = &[
    ("gpt-4o", 128_000),
    ("gpt-4.1", 128_000),
    ("gpt-4-turbo", 128_000),
    ("gpt-4", 8_192),
    ("gpt-3.5-turbo", 16_385),
    ("claude-3", 200_000),
    ("claude-sonnet-4", 200_000),
    ("claude-opus-4", 200_000),
    ("claude-haiku-4", 200_000),
    ("claude-4", 200_000),
    ("gemini-2.0-flash", 1_000_000),
    ("gemini-2.5-flash", 1_000_000),
    ("gemini-1.5-pro", 2_000_000),
];

/// The window of `model`. Names by aggregators (`openai/gpt-4o`) count by their last part.
fn window(model: &ModelRef) -> u64 {
    let name = model.model.rsplit('/').next().unwrap_or(&model.model);
    WINDOWS
        .iter()
        .find(|(start, _)| name.starts_with(start))
        .map_or(USUAL_WINDOW, |(_, tokens)| *tokens)
}

/// The tokens of `text`, estimated: a fourth of its characters, rounded up.
pub(crate) fn tokens_of(text: &str) -> u64 {
    tokens_of_chars(text.chars().count())
}

/// The tokens of so many characters, estimated.
pub(crate) fn tokens_of_chars(chars: usize) -> u64 {
    u64::try_from(chars.div_ceil(4)).unwrap_or(u64::MAX)
}

/// The tokens of a prompt, estimated, with what providers add around it.
pub(crate) fn tokens_of_prompt(system: &str, messages: &[ChatMessage]) -> u64 {
    messages
        .iter()
        .map(|message| tokens_of_message(message) + MESSAGE_OVERHEAD)
        .sum::<u64>()
        + tokens_of(system)
        + REQUEST_OVERHEAD
}

/// The tokens of tool descriptions, estimated.
pub(crate) fn tokens_of_tools(tools: &[ToolSpec]) -> u64 {
    tools
        .iter()
        .map(|tool| {
            tokens_of(&tool.name)
                + tokens_of(&tool.description)
                + tokens_of_chars(chars_of(&tool.parameters))
                + MESSAGE_OVERHEAD
        })
        .sum()
}

/// The characters of a value as JSON, without writing it down.
fn chars_of(value: &serde_json::Value) -> usize {
    struct Chars(usize);
    impl std::fmt::Write for Chars {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 += text.chars().count();
            Ok(())
        }
    }
    let mut chars = Chars(0);
    // Counting cannot fail.
    let _ = std::fmt::write(&mut chars, format_args!("{value}"));
    chars.0
}

fn tokens_of_message(message: &ChatMessage) -> u64 {
    match message {
        ChatMessage::System { content } | ChatMessage::User { content } => tokens_of(content),
        ChatMessage::Assistant {
            content,
            tool_calls,
        } => {
            let calls = tool_calls.iter().map(|call| {
                tokens_of(&call.name)
                    + tokens_of_chars(chars_of(&call.arguments))
                    + MESSAGE_OVERHEAD
            });
            tokens_of(content) + calls.sum::<u64>()
        }
        ChatMessage::Tool { name, content, .. } => tokens_of(name) + tokens_of(content),
    }
}

/// The warning for a prompt of so many characters, when it fills more than `percent` of the window.
pub(crate) fn warning(model: &ModelRef, chars: usize, percent: u32) -> Option<String> {
    let (tokens, window) = (tokens_of_chars(chars), window(model));
    // In tenths of a per cent, rounded half up, so that no floating point decides.
    let tenths = (u128::from(tokens) * 2_000 + u128::from(window)) / (2 * u128::from(window));
    let is_over = u128::from(tokens) * 100 > u128::from(window) * u128::from(percent);
    is_over.then(|| {
        format!(
            "Context usage is {}.{}% of {window} tokens. Consider compacting history.",
            tenths / 10,
            tenths % 10
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> ModelRef {
        ModelRef {
            provider: "any".into(),
            model: name.into(),
        }
    }

    #[test]
    fn windows_are_those_of_the_table() {
        for (name, tokens) in [
            ("gpt-4o-mini", 128_000),
            ("gpt-4", 8_192),
            ("gpt-3.5-turbo-16k", 16_385),
            ("anthropic/claude-3.5-sonnet", 200_000),
            ("gemini-1.5-pro", 2_000_000),
            ("something-new", 128_000),
        ] {
            assert_eq!(window(&model(name)), tokens, "{name}");
        }
    }

    #[test]
    fn the_warning_reads_as_in_the_reference() {
        let chars = 128_000 * 4 * 785 / 1000;
        assert_eq!(
            warning(&model("gpt-4o"), chars, 75).as_deref(),
            Some("Context usage is 78.5% of 128000 tokens. Consider compacting history.")
        );
        assert_eq!(warning(&model("gpt-4o"), 96_000 * 4, 75), None);
    }
}
