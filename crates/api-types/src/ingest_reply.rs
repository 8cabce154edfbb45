//! Reports that come together, or signed, and what adapters are told of theirs.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A report in a signed envelope. The signature is over the canonical JSON (RFC 8785) of the members without `payload` and
/// `signature`; `payload_hash` is `sha256:` and the hash of the payload's.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "envelope_version": "v1", "adapter_id": "openclaw-local", "adapter_version": "0.1.0",
    "issued_at": "2026-11-20T10:13:51.787Z", "execution_id": "run-1", "trace_id": "d92e54a7-b258-4f3f-8201-1805707eda29",
    "payload_type": "metrics", "payload": {}, "payload_hash": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "signature": "MEUCIQ…"
}))]
pub struct SignedEnvelopeBody {
    /// `v1`.
    pub envelope_version: String,
    /// The adapter that signs.
    pub adapter_id: String,
    /// Its version.
    pub adapter_version: String,
    /// When it was signed: within minutes of the server's time.
    #[schema(format = DateTime)]
    pub issued_at: String,
    /// The execution, as in the payload.
    pub execution_id: String,
    /// The trace, as in the payload.
    pub trace_id: String,
    /// `trace`, `audit`, `cost`, `metrics` or `violations`.
    pub payload_type: String,
    /// The report, as it is sent without an envelope.
    #[schema(value_type = Object)]
    pub payload: Box<serde_json::value::RawValue>,
    /// `sha256:` and hexadecimal digits.
    pub payload_hash: String,
    /// Ed25519, or ES256 in ASN.1 or as 64 bytes; in base64 or base64url.
    pub signature: String,
}

/// Reports that come together. A list alone is accepted, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"events": [{
    "type": "metrics", "tenant_id": "acme", "workspace_id": "main", "adapter_id": "openclaw-local",
    "execution_id": "run-1", "trace_id": "d92e54a7-b258-4f3f-8201-1805707eda29",
    "step_count": 3, "duration_ms": 1250, "recorded_at": "2026-11-20T10:13:51.787Z"
}]}))]
pub struct IngestBatchBody {
    /// At most 1,000 reports: each as on its own route with the member `type` (`trace`, `audit`, `cost`, `metrics` or
    /// `violations`), or a signed envelope.
    #[schema(value_type = Vec<Object>, max_items = 1000)]
    pub events: Vec<Value>,
}

/// What became of a report that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IngestStatus {
    /// It is stored.
    Ok,
    /// It was stored before.
    Duplicate,
}

/// What an adapter is told of its report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "ok", "violations": []}))]
pub struct IngestReply {
    /// What became of it.
    pub status: IngestStatus,
    /// What was found beyond the grant of the execution. It is stored as that.
    pub violations: Vec<FoundView>,
}

/// Something beyond a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"type": "cost_exceeded", "message": "0.2 USD were spent of 0.1 granted"}))]
pub struct FoundView {
    /// A stable code.
    pub r#type: String,
    /// A sentence.
    pub message: String,
}

/// What became of a report of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IngestResultStatus {
    /// It is stored.
    Stored,
    /// It was stored before.
    Duplicate,
    /// It is refused, and nothing of it is stored.
    Refused,
}

/// What an adapter is told of one report of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"index": 0, "status": "stored", "violations": []}))]
pub struct IngestResultView {
    /// Its place in the batch, counted from 0.
    pub index: usize,
    /// Its `event_id`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// What became of it.
    pub status: IngestResultStatus,
    /// What was found beyond the grant of the execution.
    pub violations: Vec<FoundView>,
    /// Why it is refused: a problem as on its own route, its pointers from the body of the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub problem: Option<Value>,
}

/// What became of the reports of a batch, in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"stored": 1, "duplicates": 0, "refused": 0, "results": [{"index": 0, "status": "stored", "violations": []}]}))]
pub struct IngestBatchReply {
    /// How many are stored.
    pub stored: usize,
    /// How many were stored before.
    pub duplicates: usize,
    /// How many are refused.
    pub refused: usize,
    /// Each of them.
    pub results: Vec<IngestResultView>,
}
