//! The port to the tenant's backend: the Control Plane Contract.

use async_trait::async_trait;
use clasper_core::{TenantId, TraceId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::model::ToolSpec;

/// For whom the backend is called; becomes the agent token's claims and the context headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentIdentity {
    /// The user on whose behalf the agent acts.
    pub user: UserId,
    /// The agent's role.
    pub role: String,
    /// The tenant.
    pub tenant: TenantId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The trace.
    pub trace: TraceId,
}

/// A task of the backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendTask {
    /// The backend's id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// A task to create.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewTask {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Free members.
    pub metadata: serde_json::Value,
}

/// A write to the backend that must arrive once: kept in the outbox until it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Delivery {
    /// Post a message to a task.
    Message {
        /// The task.
        task_id: String,
        /// The text.
        content: String,
    },
    /// Post a document to a task.
    Document {
        /// The task.
        task_id: String,
        /// Its title.
        title: String,
        /// The text.
        content: String,
        /// The document's type, `plan` for kick-off plans.
        doc_type: String,
    },
}

impl Delivery {
    /// The kind's name.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Document { .. } => "document",
        }
    }
}

/// What a backend says it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendCapabilities {
    /// The contract's version: `v1`, or a semantic version from `/api/capabilities`.
    pub contract_version: String,
    /// The features switched on.
    pub features: Vec<String>,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolAnswer {
    /// It worked.
    Result(serde_json::Value),
    /// The backend refused or failed; the text is for the model and the trace.
    Failed(String),
}

/// Why a call to the backend failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// It could not be reached, or not in time, or it failed (5xx, 408, 429): trying again may help.
    #[error("the backend could not be reached or failed")]
    Unavailable,
    /// It refused (other 4xx): trying again will not help.
    #[error("the backend refused with status {status}")]
    Refused {
        /// Its HTTP status.
        status: u16,
    },
    /// What it answered is not what the contract says.
    #[error("the backend's answer does not follow the contract: {what}")]
    Contract {
        /// Which part.
        what: &'static str,
    },
}

impl BackendError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable)
    }
}

/// The tenant's backend. Implementations retry transient failures a few times within the call; every write carries an
/// idempotency key, so retrying is safe.
#[async_trait]
pub trait ControlPlane: Send + Sync {
    /// The task with exactly this title, looked for over all pages, or created when there is none.
    async fn find_or_create_task(
        &self,
        agent: &AgentIdentity,
        task: &NewTask,
    ) -> Result<BackendTask, BackendError>;

    /// Delivers once; the backend recognises a repetition by `idempotency_key`. Returns the backend's id of the record.
    async fn deliver(
        &self,
        agent: &AgentIdentity,
        delivery: &Delivery,
        idempotency_key: &str,
    ) -> Result<String, BackendError>;

    /// The tools the backend offers; empty when it has no tools endpoint.
    async fn tools(&self, agent: &AgentIdentity) -> Result<Vec<ToolSpec>, BackendError>;

    /// Calls a tool once. Not retried: tools need not be idempotent.
    async fn call_tool(
        &self,
        agent: &AgentIdentity,
        name: &str,
        arguments: &serde_json::Value,
        idempotency_key: &str,
    ) -> Result<ToolAnswer, BackendError>;

    /// What the backend can do, by the contract's path or the older `/api/capabilities`.
    async fn capabilities(
        &self,
        agent: &AgentIdentity,
    ) -> Result<BackendCapabilities, BackendError>;

    /// Whether the backend answers at all.
    async fn health(&self) -> Result<(), BackendError>;
}
