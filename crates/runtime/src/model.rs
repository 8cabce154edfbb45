//! The port to model providers, in the vocabulary of OpenTelemetry GenAI.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

/// A model by provider and name, written `provider/model`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelRef {
    /// The provider: `openai`, `anthropic`, `google`, `xai`, `groq`, `mistral`, `openrouter`, `scripted`.
    pub provider: String,
    /// The provider's own name of the model; may contain slashes (`OpenRouter` ids do).
    pub model: String,
}

impl ModelRef {
    /// Reads `provider/model` when what precedes the first slash is one of `providers`; anything else is a model of
    /// `default_provider`.
    #[must_use]
    pub fn parse(text: &str, default_provider: &str, providers: &[&str]) -> Self {
        match text.split_once('/') {
            Some((provider, model)) if providers.contains(&provider) && !model.is_empty() => Self {
                provider: provider.to_owned(),
                model: model.to_owned(),
            },
            _ => Self {
                provider: default_provider.to_owned(),
                model: text.to_owned(),
            },
        }
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// One message of a conversation with a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum ChatMessage {
    /// Instructions.
    System {
        /// The text.
        content: String,
    },
    /// What the user said.
    User {
        /// The text.
        content: String,
    },
    /// What the model said, and the tools it wants called.
    Assistant {
        /// The text; may be empty when there are tool calls.
        content: String,
        /// The tool calls it asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCallRequest>,
    },
    /// The result of a tool call.
    Tool {
        /// The id of the call answered.
        tool_call_id: String,
        /// The tool's name.
        name: String,
        /// The result or error, as text for the model.
        content: String,
    },
}

/// A tool call that a model asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCallRequest {
    /// The provider's id of the call.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments. When the model wrote invalid JSON, a JSON string with what it wrote.
    pub arguments: serde_json::Value,
}

/// A tool offered to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The tool's name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments. Shared: every run is offered the same tools.
    pub parameters: Arc<serde_json::Value>,
}

/// One request to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// Which model.
    pub model: ModelRef,
    /// The system prompt.
    pub system: String,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage>,
    /// The tools offered; empty for none.
    pub tools: Vec<ToolSpec>,
    /// Sampling temperature, 0 to 2.
    pub temperature: f64,
    /// Most tokens the model may produce.
    pub max_output_tokens: u32,
}

/// Why the model stopped (OpenTelemetry `gen_ai.response.finish_reasons`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It wants tools called.
    ToolCalls,
    /// It reached the token limit.
    Length,
    /// The provider's filter stopped it.
    ContentFilter,
    /// Something else.
    Other,
}

impl FinishReason {
    /// Its stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::ToolCalls => "tool_calls",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
            Self::Other => "other",
        }
    }
}

/// Tokens used, as the provider counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenUsage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens produced.
    pub output_tokens: u64,
}

impl TokenUsage {
    /// The sum of both uses, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

/// A model's whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelReply {
    /// The text; empty when there are only tool calls.
    pub content: String,
    /// The tool calls it asks for.
    pub tool_calls: Vec<ToolCallRequest>,
    /// Tokens used. `None` when the provider did not say; the caller then settles by its own estimate.
    pub usage: Option<TokenUsage>,
    /// Why it stopped.
    pub finish_reason: FinishReason,
    /// Whether the answer was scripted offline instead of made by a model.
    pub scripted: bool,
}

/// A piece of a streamed answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelChunk {
    /// More text.
    Text(String),
    /// The end: the whole answer, text included. Always the last item of a stream that succeeds.
    Done(ModelReply),
}

/// Why a model call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No key, address or model of that name is configured.
    #[error("the provider {provider} is not configured: {advice}")]
    NotConfigured {
        /// The provider.
        provider: String,
        /// What to set.
        advice: String,
    },
    /// The provider's limit was reached (429).
    #[error("the provider's rate limit was reached")]
    RateLimited,
    /// The provider refused the request (other 4xx); trying again will not help.
    #[error("the provider refused the request (status {status})")]
    Refused {
        /// The provider's HTTP status.
        status: u16,
    },
    /// The provider failed (5xx) or could not be reached.
    #[error("the provider failed or could not be reached")]
    Unavailable,
    /// No answer in time.
    #[error("the provider did not answer in time")]
    Timeout,
    /// What came back could not be understood.
    #[error("the provider's answer could not be read")]
    BadAnswer,
    /// The answer had neither text nor tool calls.
    #[error("the provider returned an empty answer")]
    Empty,
}

impl ModelError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured { .. } => "model_not_configured",
            Self::RateLimited => "model_rate_limited",
            Self::Refused { .. } => "model_refused",
            Self::Unavailable => "model_unavailable",
            Self::Timeout => "model_timeout",
            Self::BadAnswer => "model_bad_answer",
            Self::Empty => "model_empty_answer",
        }
    }

    /// Whether the same call may succeed when tried again.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Unavailable | Self::Timeout | Self::BadAnswer | Self::Empty
        )
    }

    /// Whether the provider may have done (and charged for) the work although the call failed.
    #[must_use]
    pub const fn may_have_been_charged(&self) -> bool {
        matches!(self, Self::Timeout | Self::BadAnswer | Self::Empty)
    }
}

/// A stream of a model's answer.
pub type ModelStream = BoxStream<'static, Result<ModelChunk, ModelError>>;

/// Talks to model providers. One attempt per call: retries and failover are the runtime's.
#[async_trait]
pub trait ModelProvider: Send + Sync {
    /// Whether `model`'s provider is configured.
    ///
    /// # Errors
    /// [`ModelError::NotConfigured`], saying what to set.
    fn check(&self, model: &ModelRef) -> Result<(), ModelError>;

    /// The whole answer. Never an empty one: [`ModelError::Empty`] instead.
    async fn complete(&self, request: &ModelRequest) -> Result<ModelReply, ModelError>;

    /// The answer as it is made. Dropping the stream ends the provider's work.
    async fn stream(&self, request: &ModelRequest) -> Result<ModelStream, ModelError>;
}
