//! The contract's bodies.

use bytes::Bytes;
use clasper_runtime::backend::BackendError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Serialized once per call; retries send the same bytes.
pub(crate) fn body<T: Serialize>(value: &T) -> Bytes {
    let bytes = serde_json::to_vec(value).expect("strings and JSON values always serialize");
    Bytes::from(bytes)
}

/// Reads an answer. The cause is dropped because it may quote the answer.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    what: &'static str,
) -> Result<T, BackendError> {
    serde_json::from_slice(body).map_err(|_| BackendError::Contract { what })
}

#[derive(Serialize)]
pub(crate) struct TaskBody<'a> {
    pub title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub description: &'a str,
    pub status: &'static str,
    /// The contract has an object here or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct MessageBody<'a> {
    pub task_id: &'a str,
    pub content: &'a str,
    pub actor_type: &'static str,
    pub agent_role: &'a str,
    pub idempotency_key: &'a str,
}

#[derive(Serialize)]
pub(crate) struct DocumentBody<'a> {
    pub title: &'a str,
    pub content: &'a str,
    pub task_id: &'a str,
    pub doc_type: &'a str,
    pub idempotency_key: &'a str,
}

#[derive(Serialize)]
pub(crate) struct ToolCallBody<'a> {
    pub arguments: &'a Value,
    pub tenant_id: &'a str,
    pub workspace_id: &'a str,
    pub trace_id: &'a str,
    pub idempotency_key: &'a str,
}

/// A record that was made; only its id matters here.
#[derive(Deserialize)]
pub(crate) struct Created {
    pub id: String,
}

#[derive(Deserialize)]
pub(crate) struct TaskPage {
    pub items: Vec<ListedTask>,
    pub next_cursor: Option<String>,
}

/// A listed task. People make tasks too, so one without a title must not hide the others.
#[derive(Deserialize)]
pub(crate) struct ListedTask {
    pub id: String,
    pub title: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ToolList {
    pub tools: Vec<Value>,
}

#[derive(Deserialize)]
pub(crate) struct CapabilitiesBody {
    pub contract_version: Option<String>,
    pub version: Option<String>,
    #[serde(default)]
    pub features: Value,
}
