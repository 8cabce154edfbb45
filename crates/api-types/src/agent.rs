//! A message to an agent and its answer.

use clasper_core::{ExecutionId, TenantId, TraceId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{Amount, OkStatus};

/// Who said a message of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageRole {
    /// The user.
    User,
    /// The agent.
    Assistant,
    /// Instructions, or a summary of what was said before.
    System,
}

/// A message of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryMessageBody {
    /// Who said it.
    pub role: MessageRole,
    /// What was said.
    #[schema(example = "Good morning")]
    pub content: String,
}

/// What the agent is told beside the message. A free object: members that are not listed here are ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageMetadataBody {
    /// The workspace; `default` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "support")]
    pub workspace_id: Option<WorkspaceId>,
    /// Replaces the whole system prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// IANA time zone of the time context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// Also post the answer to the backend as a plan document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kickoff_plan: Option<bool>,
    /// Added to the message when a plan is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kickoff_note: Option<String>,
    /// Title of the plan document; `Plan` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_title: Option<String>,
}

/// A message to an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "42",
    "session_key": "user:42:lead",
    "message": "What is left to do this week?",
    "messages": [{"role": "user", "content": "Good morning"}, {"role": "assistant", "content": "Good morning!"}],
    "task_title": "Weekly planning",
    "metadata": {"timezone": "Europe/Berlin"}
}))]
pub struct SendMessageBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The user of your product.
    #[schema(min_length = 1)]
    pub user_id: String,
    /// Who talks to which agent: `user:<user id>:<role>`. Its user must be `user_id`.
    pub session_key: String,
    /// The message; at most 256 KiB.
    pub message: String,
    /// What was said before, oldest first; at most 500 messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<HistoryMessageBody>>,
    /// Post the answer to this task of the backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// Post the answer to the task with exactly this title, created when there is none. `task_id` goes first; without
    /// both, the server's default task is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_title: Option<String>,
    /// Description of a task that is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_description: Option<String>,
    /// Metadata of a task that is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_metadata: Option<Map<String, Value>>,
    /// What the agent is told beside the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<MessageMetadataBody>,
    /// Completion webhooks are not available in this version: a request with one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub webhook: Option<Value>,
    /// Answer with server-sent events, like `/api/agents/stream`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
}

/// Tokens of all model calls of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenUsageView {
    /// Tokens of the prompts.
    #[schema(example = 1250)]
    pub prompt_tokens: u64,
    /// Tokens of the answers.
    #[schema(example = 150)]
    pub completion_tokens: u64,
    /// Both.
    #[schema(example = 1400)]
    pub total_tokens: u64,
}

/// What a run cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostView {
    /// The model, without its provider.
    #[schema(example = "gpt-4o-mini")]
    pub model: String,
    /// Tokens of the prompts.
    #[schema(example = 1250)]
    pub input_tokens: u64,
    /// Tokens of the answers.
    #[schema(example = 150)]
    pub output_tokens: u64,
    /// For the prompts.
    pub input_cost: Amount,
    /// For the answers.
    pub output_cost: Amount,
    /// What the ledger was charged: the parts before rounding, rounded up once.
    pub total_cost: Amount,
    /// Always `USD`.
    #[schema(example = "USD")]
    pub currency: String,
}

/// Whether the answer has reached the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryView {
    /// It has.
    Delivered,
    /// The backend cannot be reached now; the answer is kept and will be delivered.
    Queued,
    /// The backend refused it; an operator has to look.
    Refused,
}

/// How the answer was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyMetadata {
    /// The provider of the model.
    #[schema(example = "openai")]
    pub provider: String,
    /// The model.
    #[schema(example = "gpt-4o-mini")]
    pub model: String,
    /// Whether the answer was scripted offline instead of made by a model.
    pub scripted: bool,
    /// Why the model stopped: `stop`, `length`, …
    #[schema(example = "stop")]
    pub finish_reason: String,
}

/// An agent's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "status": "ok",
    "task_id": "task-7",
    "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
    "execution_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12",
    "response": "Three things are left: …",
    "usage": {"prompt_tokens": 1250, "completion_tokens": 150, "total_tokens": 1400},
    "cost": {
        "model": "gpt-4o-mini", "inputTokens": 1250, "outputTokens": 150, "inputCost": 0.000_187_5,
        "outputCost": 0.000_09, "totalCost": 0.000_277_5, "currency": "USD"
    },
    "delivery": "delivered",
    "metadata": {"provider": "openai", "model": "gpt-4o-mini", "scripted": false, "finish_reason": "stop"}
}))]
pub struct SendMessageReply {
    /// Always `ok`: failures are problems.
    pub status: OkStatus,
    /// The backend's task; null while the backend is down and the task is known by its title only.
    #[schema(required)]
    pub task_id: Option<String>,
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// The execution.
    #[schema(value_type = String, format = Uuid)]
    pub execution_id: ExecutionId,
    /// The answer.
    pub response: String,
    /// Tokens of all model calls.
    pub usage: TokenUsageView,
    /// What it cost.
    pub cost: CostView,
    /// Said when the context is nearly full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_warning: Option<String>,
    /// Whether the answer has reached the backend.
    pub delivery: DeliveryView,
    /// How the answer was made.
    pub metadata: ReplyMetadata,
}
