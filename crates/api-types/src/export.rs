//! Export bundles.

use clasper_core::{ExportId, TenantId, TraceId, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DateOrTime, WireTime};

/// What to export. Without members it is the whole log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"workspace_id": "support", "start_date": "2026-11-01", "end_date": "2026-11-30"}))]
pub struct CreateExportBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// Show the entries of this workspace only. Others between them are withheld; their hashes stay, so that the rest is proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "support")]
    pub workspace_id: Option<WorkspaceId>,
    /// Show the entries of this trace only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub trace_id: Option<TraceId>,
    /// From this moment, or this day in UTC, on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-11-01")]
    pub start_date: Option<DateOrTime>,
    /// Up to this moment, or to the end of this day in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-11-30")]
    pub end_date: Option<DateOrTime>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportScopeView {
    /// Of this workspace only.
    #[schema(required, value_type = Option<String>)]
    pub workspace_id: Option<WorkspaceId>,
    /// Of this trace only.
    #[schema(required, value_type = Option<String>, format = Uuid)]
    pub trace_id: Option<TraceId>,
    /// From this moment on.
    #[schema(required)]
    pub start_date: Option<WireTime>,
    /// Up to this moment.
    #[schema(required)]
    pub end_date: Option<WireTime>,
}

/// How far the making is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportProgressView {
    /// Entries of the log that were read.
    pub done: u64,
    /// Entries to read; 0 until that is known.
    pub total: u64,
}

/// What can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportArchiveView {
    /// Where, on this server; with a credential, and with the daemon key the tenant, as for every other route.
    #[schema(example = "/ops/api/exports/0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11/download")]
    pub download: String,
    /// Until when.
    pub expires_at: WireTime,
    /// Its length in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// Entries that the bundle shows.
    pub entries: u64,
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "export_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tenant_id": "acme", "state": "ready",
    "scope": {"workspace_id": null, "trace_id": null, "start_date": null, "end_date": null},
    "requested_by": "tenant_token:ann", "created_at": "2026-11-20T10:03:16.397Z", "started_at": "2026-11-20T10:03:17.000Z",
    "ended_at": "2026-11-20T10:03:19.120Z", "progress": null,
    "archive": {
        "download": "/ops/api/exports/0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11/download",
        "expires_at": "2026-11-21T10:03:19.120Z", "bytes": 48213,
        "sha256": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "entries": 412
    },
    "error": null
}))]
pub struct ExportView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub export_id: ExportId,
    /// Whose log.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// `queued`, `running`, `ready`, `failed`, `cancelled` or `expired`.
    pub state: String,
    /// What was asked for.
    pub scope: ExportScopeView,
    /// Who asked, as the audit log says it.
    pub requested_by: String,
    /// When.
    pub created_at: WireTime,
    /// When its making began; null unless it is being made.
    #[schema(required)]
    pub started_at: Option<WireTime>,
    /// When it became ready, or was over.
    #[schema(required)]
    pub ended_at: Option<WireTime>,
    /// How far the making is; null unless it is being made.
    #[schema(required)]
    pub progress: Option<ExportProgressView>,
    /// What can be fetched; null unless it is ready.
    #[schema(required)]
    pub archive: Option<ExportArchiveView>,
    /// Why it could not be made; null unless it failed.
    #[schema(required)]
    pub error: Option<ExportErrorView>,
}

/// Why an export could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportErrorView {
    /// A stable code: `not_signed`, `nothing_selected`, `log_damaged`, `key_retired`, `not_written` or `interrupted`.
    #[schema(example = "nothing_selected")]
    pub code: String,
    /// What it means, and what to do.
    pub detail: String,
}

/// A page of exports, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportList {
    /// The exports.
    pub exports: Vec<ExportView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many there are at most on a page.
    pub limit: u32,
}
