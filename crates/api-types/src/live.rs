//! What happens, as it happens.

use clasper_core::{AuditEntryId, TenantId, TraceId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::WireTime;

/// What to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// Only these types, with commas between: `trace.created`, `trace.completed`, `decision.created`, `decision.resolved`,
    /// `policy.updated`, `budget.threshold`, `audit.entry`. All when absent.
    #[serde(default)]
    #[param(example = "decision.created,decision.resolved")]
    pub types: Option<String>,
    /// As the header `Last-Event-ID`, for clients that cannot send it; the header goes first.
    #[serde(default)]
    #[param(example = "17")]
    pub last_event_id: Option<String>,
}

/// One entry of the tenant's log, as it is told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c51", "seq": 17, "type": "decision.created",
    "event_type": "policy_decision_pending", "timestamp": "2026-11-20T10:03:16.397Z", "tenant_id": "acme",
    "workspace_id": "default", "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "actor": "adapter:openclaw-local",
    "target": "decision:0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c13", "payload": {"tool": "exec", "status": "pending"}
}))]
pub struct LiveEventView {
    /// The entry's id.
    #[schema(value_type = String, format = Uuid)]
    pub id: AuditEntryId,
    /// Its number in the log, from 1 without gaps; the id of the server-sent event.
    pub seq: i64,
    /// What it is about: `trace.completed`, `decision.created`, …
    pub r#type: String,
    /// What happened, as the log names it.
    pub event_type: String,
    /// When.
    pub timestamp: WireTime,
    /// Whose.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// The workspace concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub workspace_id: Option<WorkspaceId>,
    /// The trace concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub trace_id: Option<TraceId>,
    /// Who acted.
    pub actor: String,
    /// What it happened to, as `kind:id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Particulars, redacted.
    #[schema(value_type = Object)]
    pub payload: Box<RawValue>,
}
