//! OTLP in JSON, as far as it is documented here: the specification of OpenTelemetry has the rest.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An `ExportTraceServiceRequest` in OTLP's JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
    "scopeSpans": [{"scope": {"name": "my.instrumentation"}, "spans": [{
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "chat gpt-4o", "kind": 3,
        "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "120"}}
        ]
    }]}]
}]}))]
pub struct OtlpTraceRequest {
    /// Spans by resource and scope.
    #[schema(value_type = Vec<Object>)]
    pub resource_spans: Vec<Value>,
}

/// Spans that were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtlpPartialSuccess {
    /// How many, as text.
    #[schema(example = "1")]
    pub rejected_spans: String,
    /// Why the first of them was.
    pub error_message: String,
}

/// An `ExportTraceServiceResponse` in OTLP's JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"partialSuccess": {
    "rejectedSpans": "1", "errorMessage": "a span id is 16 hexadecimal digits, not all zero"
}}))]
pub struct OtlpTraceReply {
    /// What was refused; absent when everything was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial_success: Option<OtlpPartialSuccess>,
}
