//! Labels, annotations and totals of traces, and the ways to find traces by them.

use std::collections::BTreeMap;

use clasper_core::{AnnotationId, TenantId, TraceId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Amount, DateOrTime, OkStatus, TraceView, WireTime};

/// Labels to set or take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"labels": {"environment": "prod", "ticket": "OPS-17", "draft": null}}))]
pub struct LabelTraceBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// A text sets a label, null takes it away; labels that are not named stay. At most 64 on a trace; keys of at most 100
    /// characters, values of at most 500.
    pub labels: BTreeMap<String, Option<String>>,
}

/// The labels of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "status": "ok", "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
    "labels": {"environment": "prod", "ticket": "OPS-17"}
}))]
pub struct LabelTraceReply {
    /// It was done.
    pub status: OkStatus,
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// All its labels as they are now.
    pub labels: BTreeMap<String, String>,
}

/// A remark to add to a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "incident", "value": "The order was shipped twice.", "created_by": "dana"}))]
pub struct AnnotateTraceBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// What it is about: `baseline`, `incident`, `regression`, `approved`, `reviewed`, `note`, `tag` or any other.
    #[schema(min_length = 1, max_length = 100)]
    pub key: String,
    /// The remark.
    #[schema(min_length = 1, max_length = 10000)]
    pub value: String,
    /// Who makes it, by your own account; the credential when absent. It is shown beside the credential, which is proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub created_by: Option<String>,
}

/// A remark on a trace. It is never changed or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnnotationView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: AnnotationId,
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// What it is about.
    pub key: String,
    /// The remark.
    pub value: String,
    /// When it was made.
    pub created_at: WireTime,
    /// Who is said to have made it.
    pub created_by: String,
    /// Who has proved to have written it: the kind of credential, and its user or key.
    #[schema(example = "tenant_token:42")]
    pub actor: String,
}

/// An annotation that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "ok", "annotation": {
    "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c21", "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "key": "incident",
    "value": "The order was shipped twice.", "created_at": "2026-11-20T10:03:16.397Z", "created_by": "dana",
    "actor": "tenant_token:42"
}}))]
pub struct AnnotateTraceReply {
    /// It was done.
    pub status: OkStatus,
    /// The annotation.
    pub annotation: AnnotationView,
}

/// A page of the annotations of a trace, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "next_cursor": null,
    "annotations": [{
        "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c21", "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "key": "note",
        "value": "The baseline of November.", "created_at": "2026-11-20T10:03:16.397Z", "created_by": "tenant_token:42",
        "actor": "tenant_token:42"
    }]
}))]
pub struct AnnotationList {
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// The annotations.
    pub annotations: Vec<AnnotationView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// Which traces to count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TraceStatsQuery {
    /// Started then or later: a time with its zone, or a date in UTC.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-01")]
    pub start_date: Option<DateOrTime>,
    /// Started then or earlier; a date includes its whole day.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-30")]
    pub end_date: Option<DateOrTime>,
}

/// Totals over traces. They are kept as traces are written, so what retention has dropped since is still counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceStatsView {
    /// How many traces.
    pub total_traces: u64,
    /// Tokens of their prompts and answers.
    pub total_tokens: u64,
    /// Tokens of their prompts.
    pub input_tokens: u64,
    /// Tokens of their answers.
    pub output_tokens: u64,
    /// US dollars.
    pub total_cost: Amount,
    /// Their mean duration in milliseconds; 0 without traces.
    pub avg_duration_ms: f64,
    /// The share of them that has an error, 0 to 1.
    pub error_rate: f64,
}

/// Totals over traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"stats": {
    "total_traces": 1200, "total_tokens": 1_680_000, "input_tokens": 1_500_000, "output_tokens": 180_000, "total_cost": 0.333,
    "avg_duration_ms": 1243.5, "error_rate": 0.01
}}))]
pub struct TraceStatsReply {
    /// The totals.
    pub stats: TraceStatsView,
}

/// Which label traces have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TraceLabelQuery {
    /// The label's key, to the letter.
    #[param(example = "environment")]
    pub label_key: String,
    /// The label's value, to the letter; any when absent.
    #[serde(default)]
    #[param(example = "prod")]
    pub label_value: Option<String>,
}

/// What traces are linked to: name one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TraceEntityQuery {
    /// This task.
    #[serde(default)]
    #[param(example = "task-7")]
    pub task_id: Option<String>,
    /// This document; `task_id` goes first.
    #[serde(default)]
    pub document_id: Option<String>,
    /// This message; the others go first.
    #[serde(default)]
    pub message_id: Option<String>,
}

/// A page of the traces with a label, newest started first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LabelledTraceList {
    /// The traces, without their steps.
    pub traces: Vec<TraceView>,
    /// How many are on this page.
    pub count: usize,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// A page of the traces that are linked to something, newest started first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkedTraceList {
    /// `task`, `document` or `message`.
    #[schema(example = "task")]
    pub entity_type: String,
    /// Its id.
    #[schema(example = "task-7")]
    pub entity_id: String,
    /// The traces, without their steps.
    pub traces: Vec<TraceView>,
    /// How many are on this page.
    pub count: usize,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
}
