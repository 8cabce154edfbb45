//! A provider without a model: what it answers follows from the request alone.

mod script;

use std::time::Duration;

use async_trait::async_trait;
use clasper_runtime::model::{
    ChatMessage, FinishReason, ModelChunk, ModelError, ModelProvider, ModelRef, ModelReply,
    ModelRequest, ModelStream, TokenUsage, ToolCallRequest,
};
use futures::StreamExt as _;

use crate::scripted::script::Script;

/// The name before the slash of its models.
pub(crate) const PROVIDER: &str = "scripted";

/// How much of a message or a tool's result is quoted, in characters.
const QUOTED_CHARS: usize = 200;

/// Most words of a `[[repeat:N]]` answer, whatever the token limit.
const MOST_WORDS: usize = 100_000;

/// Answers without a model, at once and always alike. Its replies say what they are and carry
/// [`ModelReply::scripted`]. Any model name is accepted. Directives in the last user message change what happens:
///
/// | directive | effect |
/// |---|---|
/// | `[[tool:NAME {json}]]` | asks for this tool call, offered or not; after the result, quotes the result. May be repeated; invalid JSON becomes malformed arguments |
/// | `[[fail:KIND]]` | fails: `rate_limited`, `unavailable`, `refused`, `timeout`, `empty` or `bad_answer` |
/// | `[[delay_ms:N]]` | answers N milliseconds later, or times out when the request's time is over before |
/// | `[[repeat:N]]` | answers N words |
///
/// Tokens are counted as a fourth of the characters, rounded up, and the answer never exceeds the request's limit.
#[derive(Debug, Clone)]
pub struct ScriptedProvider {
    delay: Duration,
    timeout: Duration,
}

impl ScriptedProvider {
    /// A provider that takes `delay` for each answer and fails after `timeout`.
    #[must_use]
    pub const fn new(delay: Duration, timeout: Duration) -> Self {
        Self { delay, timeout }
    }

    async fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelError> {
        let last_user = request
            .messages
            .iter()
            .rposition(|message| matches!(message, ChatMessage::User { .. }));
        let (text, results) = match last_user.map(|at| request.messages.split_at(at)) {
            Some((_, [ChatMessage::User { content }, after @ ..])) => (content.as_str(), after),
            _ => ("", request.messages.as_slice()),
        };
        let script = Script::read(text);
        self.wait(script.delay).await?;
        if let Some(error) = script.fail {
            return Err(error);
        }
        let results: Vec<_> = results.iter().filter_map(tool_result).collect();
        let tool_calls = if results.is_empty() {
            tool_calls(script.tools, request.messages.len())
        } else {
            Vec::new()
        };
        let content = match script.repeat {
            _ if !tool_calls.is_empty() => String::new(),
            Some(words) => repeated(words),
            None => sentence(&request.model, text, &results),
        };
        Ok(reply(request, content, tool_calls))
    }

    async fn wait(&self, scripted: Duration) -> Result<(), ModelError> {
        let delay = self.delay.saturating_add(scripted);
        if !delay.is_zero() {
            tokio::time::sleep(delay.min(self.timeout)).await;
        }
        if delay > self.timeout {
            Err(ModelError::Timeout)
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl ModelProvider for ScriptedProvider {
    fn check(&self, _model: &ModelRef) -> Result<(), ModelError> {
        Ok(())
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelReply, ModelError> {
        self.answer(request).await
    }

    async fn stream(&self, request: &ModelRequest) -> Result<ModelStream, ModelError> {
        let reply = self.answer(request).await?;
        let words: Vec<_> = reply
            .content
            .split_inclusive(' ')
            .map(|word| ModelChunk::Text(word.to_owned()))
            .collect();
        Ok(
            futures::stream::iter(words.into_iter().chain([ModelChunk::Done(reply)]).map(Ok))
                .boxed(),
        )
    }
}

fn tool_result(message: &ChatMessage) -> Option<(&str, &str)> {
    match message {
        ChatMessage::Tool { name, content, .. } => Some((name, content)),
        _ => None,
    }
}

fn tool_calls(tools: Vec<(String, serde_json::Value)>, turn: usize) -> Vec<ToolCallRequest> {
    let call = |(index, (name, arguments))| ToolCallRequest {
        id: format!("call_{turn}_{index}"),
        name,
        arguments,
    };
    tools.into_iter().enumerate().map(call).collect()
}

fn repeated(words: usize) -> String {
    let words: Vec<&str> = ["scripted", "offline", "reply"]
        .into_iter()
        .cycle()
        .take(words.min(MOST_WORDS))
        .collect();
    words.join(" ")
}

fn sentence(model: &ModelRef, text: &str, results: &[(&str, &str)]) -> String {
    let quote = |text: &str| text.chars().take(QUOTED_CHARS).collect::<String>();
    let mut sentences = vec![format!(
        "This is a scripted offline reply from {model}; no model was asked."
    )];
    if results.is_empty() {
        sentences.push(format!("You said: \"{}\"", quote(text)));
    }
    sentences.extend(
        results
            .iter()
            .map(|(name, result)| format!("The tool {name} returned: \"{}\"", quote(result))),
    );
    sentences.join(" ")
}

fn reply(request: &ModelRequest, content: String, tool_calls: Vec<ToolCallRequest>) -> ModelReply {
    let input_tokens = tokens(prompt_chars(request));
    let limit = usize::try_from(request.max_output_tokens)
        .unwrap_or(usize::MAX)
        .saturating_mul(4);
    let (content, cut) = match content.char_indices().nth(limit) {
        Some((end, _)) => (content[..end].to_owned(), true),
        None => (content, false),
    };
    let finish_reason = match (cut, tool_calls.is_empty()) {
        (true, _) => FinishReason::Length,
        (false, false) => FinishReason::ToolCalls,
        (false, true) => FinishReason::Stop,
    };
    let output_tokens =
        tokens(content.chars().count() + tool_calls.iter().map(call_chars).sum::<usize>());
    let usage = Some(TokenUsage {
        input_tokens,
        output_tokens,
    });
    ModelReply {
        content,
        tool_calls,
        usage,
        finish_reason,
        scripted: true,
    }
}

const fn tokens(chars: usize) -> u64 {
    chars.div_ceil(4) as u64
}

fn prompt_chars(request: &ModelRequest) -> usize {
    let messages = request.messages.iter().map(|message| match message {
        ChatMessage::System { content } | ChatMessage::User { content } => content.chars().count(),
        ChatMessage::Assistant {
            content,
            tool_calls,
        } => content.chars().count() + tool_calls.iter().map(call_chars).sum::<usize>(),
        ChatMessage::Tool { name, content, .. } => name.chars().count() + content.chars().count(),
    });
    let tools = request.tools.iter().map(|tool| {
        tool.name.chars().count()
            + tool.description.chars().count()
            + tool.parameters.to_string().chars().count()
    });
    request.system.chars().count() + messages.sum::<usize>() + tools.sum::<usize>()
}

fn call_chars(call: &ToolCallRequest) -> usize {
    call.name.chars().count() + call.arguments.to_string().chars().count()
}
