//! What a message to an agent says, and what comes back.

use clasper_core::{
    Classify, ErrorKind, ExecutionId, Permission, StoreError, TraceId, UserId, WorkspaceId,
};
use clasper_governance::{Cost, PriceError};
use clasper_privacy::RedactionFailed;
use serde::{Deserialize, Serialize};

use crate::backend::BackendError;
use crate::model::{ModelError, ModelRef, TokenUsage};

/// Who said a message of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryRole {
    /// The user.
    User,
    /// The agent.
    Assistant,
    /// Instructions or a summary; kept in its place.
    System,
}

/// A message of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryMessage {
    /// Who said it.
    pub role: HistoryRole,
    /// What was said.
    pub content: String,
}

/// A message to an agent (reference section 4.2). Its JSON form is what an idempotency key is bound to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SendRequest {
    /// The user, as the body names it.
    pub user_id: String,
    /// `user:<userId>:<role>`.
    pub session_key: String,
    /// The message.
    pub message: String,
    /// What was said before, oldest first.
    pub messages: Vec<HistoryMessage>,
    /// Post to this task.
    pub task_id: Option<String>,
    /// Find or create a task with this title.
    pub task_title: Option<String>,
    /// Description of a task that is created.
    pub task_description: Option<String>,
    /// Metadata of a task that is created.
    pub task_metadata: Option<serde_json::Value>,
    /// What the reference reads from `metadata`.
    pub metadata: SendMetadata,
    /// The client's `Idempotency-Key`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// The members of `metadata` that mean something to us; others are ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SendMetadata {
    /// The workspace; `default` when absent.
    pub workspace_id: Option<WorkspaceId>,
    /// Replaces the whole system prompt.
    pub system_prompt: Option<String>,
    /// IANA time zone of the time context.
    pub timezone: Option<String>,
    /// Also post the answer as a plan document.
    #[serde(default)]
    pub kickoff_plan: bool,
    /// Added to the message when a plan is asked for.
    pub kickoff_note: Option<String>,
    /// Title of the plan document; `Plan` when absent.
    pub plan_title: Option<String>,
}

/// Whether the answer has reached the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It has.
    Delivered,
    /// It is kept and will be delivered.
    Queued,
    /// The backend refused it; an operator has to look.
    Refused,
}

/// An agent's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendReply {
    /// The backend's task; `None` while the backend is down and the task is known by its title only.
    pub task_id: Option<String>,
    /// The trace.
    pub trace_id: TraceId,
    /// The execution.
    pub execution_id: ExecutionId,
    /// The answer.
    pub response: String,
    /// Tokens of all model calls.
    pub usage: TokenUsage,
    /// The model that answered.
    pub model: ModelRef,
    /// What it cost.
    pub cost: Cost,
    /// Said when the context is nearly full.
    pub context_warning: Option<String>,
    /// Whether the answer has reached the backend.
    pub delivery: DeliveryState,
    /// Whether the answer was scripted offline instead of made by a model.
    pub scripted: bool,
    /// `stop`, `length`, …
    pub finish_reason: String,
}

/// A piece of a streamed run.
#[derive(Debug)]
pub enum RunEvent {
    /// The run is admitted.
    Start {
        /// The trace.
        trace_id: TraceId,
        /// The execution.
        execution_id: ExecutionId,
    },
    /// More of the answer.
    Chunk(String),
    /// The end: settled, and posted or queued.
    Done(Box<SendReply>),
    /// The run failed; its outcome is recorded.
    Failed(Error),
}

/// Why a message was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The tenant is unknown, or the credential may not use it.
    #[error("{detail}")]
    Tenant {
        /// A stable code.
        code: &'static str,
        /// What to do.
        detail: String,
    },
    /// A member of the request is wrong.
    #[error("{detail}")]
    Invalid {
        /// JSON pointer to the member.
        pointer: &'static str,
        /// A stable code.
        code: &'static str,
        /// What is wrong, for people.
        detail: String,
    },
    /// The credential is of another user than the body names.
    #[error("the credential belongs to another user than user_id names")]
    UserMismatch,
    /// The model has no price.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// The budget refused the run.
    #[error("{detail}")]
    Budget {
        /// `budget_exceeded` or `budget_held`.
        code: &'static str,
        /// What is left and what to do.
        detail: String,
        /// The trace of the refusal.
        trace: TraceId,
    },
    /// The tenant's policies refused the run.
    #[error("the policies in force refuse this run ({code}){}: read them with GET /ops/api/policies", deciding(.policy.as_deref()))]
    Policy {
        /// The reason code.
        code: &'static str,
        /// The policy that decided.
        policy: Option<String>,
        /// The trace of the refusal.
        trace: TraceId,
    },
    /// The tenant's policies cannot be used: nothing is allowed.
    #[error(transparent)]
    Policies(#[from] clasper_policy::Error),
    /// Every model failed.
    #[error("no model answered: {source}")]
    Model {
        /// The last failure.
        source: ModelError,
        /// The trace.
        trace: TraceId,
    },
    /// The model is not configured.
    #[error(transparent)]
    NotConfigured(ModelError),
    /// The backend refused what the run needs.
    #[error("the backend refused: {source}")]
    Backend {
        /// Its refusal.
        source: BackendError,
        /// The trace.
        trace: TraceId,
    },
    /// The idempotency key came with another request before.
    #[error(
        "this Idempotency-Key came with another request before: use a new key for a new request"
    )]
    IdempotencyKeyReused,
    /// The same request is being worked on.
    #[error("a request with this Idempotency-Key is being worked on: try again later")]
    InFlight,
    /// The run took longer than it may.
    #[error("the run took longer than its limit")]
    Timeout {
        /// The trace.
        trace: TraceId,
    },
    /// The caller went away, or the server is stopping.
    #[error("the run was cancelled")]
    Cancelled {
        /// The trace.
        trace: TraceId,
    },
    /// The run used up its steps without an answer.
    #[error("the run used up its steps without an answer")]
    StepLimit {
        /// The trace.
        trace: TraceId,
    },
    /// The grant does not cover what was about to be executed.
    #[error("the grant does not cover what was about to be executed")]
    GrantMismatch {
        /// The trace.
        trace: TraceId,
    },
    /// Something of ours failed; the run is settled for what it used.
    #[error("the run failed inside the server")]
    Internal {
        /// The trace.
        trace: TraceId,
    },
    /// The server is stopping and takes no new runs.
    #[error("the server is stopping: try again in a moment")]
    Stopping,
    /// The workspace cannot be read.
    #[error("the workspace cannot be read: {0}")]
    Workspace(String),
    /// Something could not be redacted; the outcome is recorded and the hold released.
    #[error("{source}")]
    Redaction {
        /// Why.
        source: RedactionFailed,
        /// The trace.
        trace: TraceId,
    },
    /// The tenant's redaction cannot be read; nothing was opened.
    #[error(transparent)]
    Redactions(clasper_privacy::Error),
    /// The database failed.
    #[error("the run could not be recorded")]
    Store(#[from] StoreError),
    /// Something of ours has no JSON form or a number is out of range.
    #[error("the run could not be put into words")]
    Encoding,
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) | Self::UserMismatch | Self::Tenant { .. } | Self::Policy { .. } => {
                ErrorKind::Forbidden
            }
            Self::Policies(error) => error.kind(),
            Self::Invalid { .. } | Self::Price(_) => ErrorKind::InvalidInput,
            Self::Budget { .. } => ErrorKind::PaymentRequired,
            Self::Model { .. } | Self::Backend { .. } | Self::StepLimit { .. } => {
                ErrorKind::Upstream
            }
            Self::IdempotencyKeyReused | Self::InFlight => ErrorKind::Conflict,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Cancelled { .. }
            | Self::Stopping
            | Self::NotConfigured(_)
            | Self::Workspace(_) => ErrorKind::Unavailable,
            Self::Store(error) => error.kind(),
            Self::Redaction { source, .. } => source.kind(),
            Self::Redactions(error) => error.kind(),
            Self::Encoding | Self::GrantMismatch { .. } | Self::Internal { .. } => {
                ErrorKind::Internal
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::Tenant { code, .. }
            | Self::Invalid { code, .. }
            | Self::Budget { code, .. }
            | Self::Policy { code, .. } => code,
            Self::Policies(error) => error.code(),
            Self::UserMismatch => "user_mismatch",
            Self::Price(_) => "price_unknown",
            Self::Model { .. } => "model_failed",
            Self::NotConfigured(_) => "model_not_configured",
            Self::Backend { .. } => "backend_refused",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::InFlight => "idempotency_in_flight",
            Self::Timeout { .. } => "run_timeout",
            Self::Cancelled { .. } => "run_cancelled",
            Self::Stopping => "stopping",
            Self::Workspace(_) => "workspace_unreadable",
            Self::Store(error) => error.code(),
            Self::Redaction { source, .. } => source.code(),
            Self::Redactions(error) => error.code(),
            Self::StepLimit { .. } => "step_limit",
            Self::GrantMismatch { .. } => "grant_mismatch",
            Self::Encoding | Self::Internal { .. } => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Invalid { pointer, .. } => Some(pointer),
            _ => None,
        }
    }
}

impl Error {
    /// The trace in which this is recorded, when a run was opened or refused.
    #[must_use]
    pub const fn trace(&self) -> Option<TraceId> {
        match self {
            Self::Budget { trace, .. }
            | Self::Policy { trace, .. }
            | Self::Model { trace, .. }
            | Self::Backend { trace, .. }
            | Self::Timeout { trace }
            | Self::StepLimit { trace }
            | Self::Redaction { trace, .. }
            | Self::GrantMismatch { trace }
            | Self::Internal { trace }
            | Self::Cancelled { trace } => Some(*trace),
            _ => None,
        }
    }
}

/// The user that a request is for, after checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSubject {
    /// The user.
    pub user: UserId,
    /// The workspace.
    pub workspace: WorkspaceId,
}

fn deciding(policy: Option<&str>) -> String {
    policy.map_or_else(String::new, |id| format!(", decided by {id:?}"))
}
