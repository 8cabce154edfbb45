//! The audit log.

use clasper_core::{AuditEntryId, TenantId, TraceId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::{DateOrTime, WireTime};

/// Which entries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Of this workspace only.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "default")]
    pub workspace_id: Option<WorkspaceId>,
    /// Of this trace only.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub trace_id: Option<TraceId>,
    /// Of this type only.
    #[serde(default)]
    #[param(example = "budget_changed")]
    pub event_type: Option<String>,
    /// By this actor only.
    #[serde(default)]
    #[param(example = "daemon_key")]
    pub actor: Option<String>,
    /// To this target only; a kind with its colon (`budget:`) stands for all of the kind.
    #[serde(default)]
    #[param(example = "budget:acme")]
    pub target: Option<String>,
    /// With this risk level only: `low`, `medium`, `high` or `critical`.
    #[serde(default)]
    #[param(example = "high")]
    pub risk_level: Option<String>,
    /// With this text in actor, target or particulars only, whatever the case of its letters; at most 200 characters.
    #[serde(default)]
    #[param(example = "web_fetch")]
    pub q: Option<String>,
    /// Then or later: a time with its zone, or a date in UTC.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-20")]
    pub start_date: Option<DateOrTime>,
    /// Then or earlier; a date includes its whole day.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-20T10:03:16Z")]
    pub end_date: Option<DateOrTime>,
}

/// How a log is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// One JSON object a line, every column.
    Jsonl,
    /// RFC 4180, every column, fields that look like formulas disarmed.
    Csv,
    /// One OCSF 1.3.0 event a line, for SIEMs.
    Ocsf,
}

/// In which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `jsonl`, `csv` or `ocsf`.
    #[param(inline)]
    pub format: ExportFormat,
}

/// One entry of a tenant's log. `leaf_hash` covers every other member and, by `prev_hash`, everything before it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditEntryView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: AuditEntryId,
    /// Its place in the tenant's log, counted from 1 without gaps.
    #[schema(example = 7)]
    pub seq: i64,
    /// The tenant whose log it belongs to.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// The workspace concerned.
    #[schema(required, value_type = Option<String>)]
    pub workspace_id: Option<WorkspaceId>,
    /// The trace concerned.
    #[schema(required, value_type = Option<String>, format = Uuid)]
    pub trace_id: Option<TraceId>,
    /// The user concerned.
    #[schema(required, value_type = Option<String>)]
    pub user_id: Option<UserId>,
    /// Who acted: the kind of credential, and the key or user where there is one.
    #[schema(example = "daemon_key")]
    pub actor: String,
    /// What happened.
    #[schema(example = "budget_changed")]
    pub event_type: String,
    /// What it happened to, as `kind:id`.
    #[schema(required, example = "budget:acme")]
    pub target: Option<String>,
    /// Particulars, redacted; exactly the canonical JSON that is hashed.
    #[schema(value_type = Object)]
    pub event_data: Box<RawValue>,
    /// When.
    pub created_at: WireTime,
    /// The leaf hash of the entry before it; null on the first.
    #[schema(required)]
    pub prev_hash: Option<String>,
    /// Its own leaf hash.
    pub leaf_hash: String,
}

/// A page of the audit log, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "entries": [{
        "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
        "seq": 7,
        "tenant_id": "acme",
        "workspace_id": null,
        "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12",
        "user_id": null,
        "actor": "daemon_key",
        "event_type": "budget_changed",
        "target": "budget:acme",
        "event_data": {"limit_usd": "50"},
        "created_at": "2026-11-20T10:03:16.397Z",
        "prev_hash": "sha256:af94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a1",
        "leaf_hash": "sha256:bb94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a2"
    }],
    "next_cursor": null,
    "has_more": false,
    "limit": 100
}))]
pub struct AuditList {
    /// The entries.
    pub entries: Vec<AuditEntryView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// How many there are at most on a page.
    pub limit: u32,
}
