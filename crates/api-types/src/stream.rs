//! The events of a streamed answer.

use clasper_core::{ExecutionId, TraceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{CostView, DeliveryView, ReplyMetadata, TokenUsageView};

/// The data of a server-sent event. The event's name is its `type`; `start` comes first, `done` or `error` last.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent {
    /// The run is admitted.
    Start(StreamStart),
    /// More of the answer.
    Chunk(StreamChunk),
    /// The end of a run that succeeded.
    Done(Box<StreamDone>),
    /// The end of a run that failed.
    Error(StreamError),
}

impl StreamEvent {
    /// The event's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Chunk(_) => "chunk",
            Self::Done(_) => "done",
            Self::Error(_) => "error",
        }
    }
}

/// The run is admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamStart {
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// The execution.
    #[schema(value_type = String, format = Uuid)]
    pub execution_id: ExecutionId,
}

/// More of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamChunk {
    /// The text that follows what came before.
    #[schema(example = "Hello")]
    pub data: String,
}

/// The end of a run that succeeded: settled, and posted to the backend or queued for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StreamDone {
    /// Tokens of all model calls.
    pub usage: TokenUsageView,
    /// What it cost.
    pub cost: CostView,
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// The execution.
    #[schema(value_type = String, format = Uuid)]
    pub execution_id: ExecutionId,
    /// The backend's task; null while the backend is down and the task is known by its title only.
    #[schema(required)]
    pub task_id: Option<String>,
    /// The whole answer.
    pub response: String,
    /// Whether the answer has reached the backend.
    pub delivery: DeliveryView,
    /// Said when the context is nearly full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_warning: Option<String>,
    /// How the answer was made.
    pub metadata: ReplyMetadata,
}

/// The end of a run that failed; its outcome is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamError {
    /// What went wrong.
    pub error: String,
    /// A stable code to match on.
    #[schema(example = "model_failed")]
    pub code: String,
    /// The status that the answer would have had, had it not begun.
    #[schema(example = 502)]
    pub status: u16,
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
}
