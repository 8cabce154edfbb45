//! What a tenant wants redacted, and trying it.

use std::collections::BTreeMap;

use clasper_core::{TenantId, TraceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::WireTime;

/// A configuration to save.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "config": {
        "pii": {"patterns": ["EMAIL", "PHONE", "CREDIT_CARD"], "strategy": "mask", "strategies": {"EMAIL": "hash"}},
        "custom": [{"name": "EMPLOYEE_ID", "pattern": "\\bEMP-[0-9]{6}\\b"}],
        "provider": "tokenise"
    },
    "expected_revision": 3
}))]
pub struct PutRedactionBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The configuration: an object, or the same as YAML in a string. `pii.patterns` are the kinds to look for (all when absent),
    /// `pii.strategy` and `pii.strategies` what stands for them (`mask`, `hash`, `tokenise`, `drop`), `custom` patterns of one's
    /// own, `provider` what the model is given (`off`, `redact`, `tokenise`), `answers` what callers are told (`off`, `redact`).
    #[schema(value_type = Object)]
    pub config: Value,
    /// The revision that was read: another one that counts by now is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_revision: Option<i64>,
}

/// The configuration that counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "revision": 4, "config": {"pii": {"strategy": "mask"}, "provider": "off"},
    "updated_at": "2026-11-20T10:03:16.397Z", "updated_by": "api_key:0190c7a2"
}))]
pub struct RedactionReply {
    /// Counted from 1; 0 while none was saved and everything is looked for and masked in what is stored.
    pub revision: i64,
    /// The configuration.
    #[schema(value_type = Object)]
    pub config: Value,
    /// When it was saved.
    pub updated_at: Option<WireTime>,
    /// By whom.
    pub updated_by: Option<String>,
}

/// What stands for what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedactionStrategy {
    /// A fixed word such as `[EMAIL]`.
    Mask,
    /// A pseudonym under the tenant's key.
    Hash,
    /// A token that can be turned back.
    #[serde(alias = "tokenize")]
    Tokenise,
    /// Nothing.
    Drop,
}

/// A text to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "write to bob@example.com", "strategy": "mask"}))]
pub struct PreviewBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The text, at most 1 MiB.
    pub text: String,
    /// What is to stand for everything that is found; as configured when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<RedactionStrategy>,
}

/// One found value: its kind and its place in the text as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"entity": "EMAIL", "start": 9, "end": 24}))]
pub struct FindingView {
    /// `EMAIL`, `PHONE`, `CREDIT_CARD`, `IBAN`, `US_SSN`, `NATIONAL_ID`, `IP_ADDRESS`, `URL_CREDENTIALS`, `API_KEY`, `JWT`,
    /// `PRIVATE_KEY`, `CONNECTION_STRING`, `SECRET`, `PERSON`, `ADDRESS`, `DATE_OF_BIRTH`, or a kind of the tenant's own.
    pub entity: String,
    /// The first character, counted from 0 in Unicode characters.
    pub start: u64,
    /// The character after the last one.
    pub end: u64,
}

/// What became of a text. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"redacted": "write to [EMAIL]", "findings": [{"entity": "EMAIL", "start": 9, "end": 24}]}))]
pub struct PreviewReply {
    /// The text as it would be written.
    pub redacted: String,
    /// What was found, in order, without overlaps.
    pub findings: Vec<FindingView>,
}

/// The messages of a trace with the values behind their tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "trace_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "input_message": "write to bob@example.com",
    "output_message": "Done.", "values": {"EMAIL": 1}
}))]
pub struct OriginalReply {
    /// The trace.
    #[schema(value_type = String, format = Uuid)]
    pub trace_id: TraceId,
    /// What was said to the agent.
    pub input_message: String,
    /// What it answered.
    pub output_message: Option<String>,
    /// How many values of each kind the trace has tokens for.
    pub values: BTreeMap<String, u64>,
}
