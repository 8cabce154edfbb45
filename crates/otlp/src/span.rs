//! One span, as it is kept.

use std::collections::BTreeMap;

use clasper_core::{Sha256Digest, Timestamp, TraceId};
use serde_json::Value;

use crate::attributes::storable;
use crate::genai::GenAi;

/// The longest span that is kept, in bytes of its JSON.
pub const LONGEST_SPAN: usize = 256 * 1024;
/// What a status says when a span failed.
const FAILED: i64 = 2;

/// A span that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its trace.
    pub trace: TraceId,
    /// Its id within the trace.
    pub id: [u8; 8],
    /// The span it belongs to.
    pub parent: Option<[u8; 8]>,
    /// Its name.
    pub name: String,
    /// When it began, in nanoseconds since 1970.
    pub started_nanos: i64,
    /// When it ended.
    pub ended_nanos: i64,
    /// Why it failed, when it did.
    pub failure: Option<String>,
    /// The hash of its resource and scope.
    pub source: Sha256Digest,
    /// It without what was redacted, as OTLP's JSON.
    pub document: String,
    /// What it says of models, tools and agents.
    pub genai: GenAi,
    /// What was taken out of it, by kind.
    pub redactions: BTreeMap<String, u32>,
}

/// Why a span cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpanError {
    /// A trace id is 16 bytes, not all zero.
    #[error("a trace id is 32 hexadecimal digits, not all zero")]
    TraceId,
    /// A span id is 8 bytes, not all zero.
    #[error("a span id is 16 hexadecimal digits, not all zero")]
    SpanId,
    /// A span begins at a time.
    #[error("a span begins at nanoseconds after 1970 and before 2262")]
    Start,
    /// It is too long.
    #[error("a span has at most {LONGEST_SPAN} bytes")]
    TooLong,
}

impl Span {
    /// Reads a span in OTLP's JSON, out of which `redactions` were taken.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn read(
        span: &Value,
        source: Sha256Digest,
        redactions: BTreeMap<String, u32>,
    ) -> Result<Self, SpanError> {
        let trace = id::<16>(span.get("traceId")).ok_or(SpanError::TraceId)?;
        let own = id::<8>(span.get("spanId")).ok_or(SpanError::SpanId)?;
        let started_nanos = nanos(span.get("startTimeUnixNano"))
            .filter(|nanos| *nanos > 0)
            .ok_or(SpanError::Start)?;
        // A span that its program never ended has no time, and no duration.
        let ended_nanos = nanos(span.get("endTimeUnixNano")).unwrap_or(0);
        let document = span.to_string();
        if document.len() > LONGEST_SPAN {
            return Err(SpanError::TooLong);
        }
        let name = span.get("name").and_then(Value::as_str).unwrap_or_default();
        Ok(Self {
            trace: TraceId::from_bytes(trace),
            id: own,
            parent: id::<8>(span.get("parentSpanId")),
            name: storable(name).into_owned(),
            started_nanos,
            ended_nanos: ended_nanos.max(started_nanos),
            failure: failure(span),
            source,
            document,
            genai: GenAi::of(span),
            redactions,
        })
    }

    /// When it began, to the microsecond.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        Timestamp::from_timestamp_micros(self.started_nanos / 1_000).unwrap_or_default()
    }

    /// When it ended, to the microsecond.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        Timestamp::from_timestamp_micros(self.ended_nanos / 1_000).unwrap_or_default()
    }

    /// How long it took.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        u64::try_from((self.ended_nanos - self.started_nanos) / 1_000_000).unwrap_or(0)
    }
}

/// Bytes from hexadecimal digits; `None` also for nothing but zeros, which stands for no id.
fn id<const N: usize>(text: Option<&Value>) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text?.as_str()?, &mut bytes).ok()?;
    (bytes != [0; N]).then_some(bytes)
}

/// A number of 64 bits, which JSON may hold as text.
fn nanos(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

fn failure(span: &Value) -> Option<String> {
    let status = span.get("status")?;
    let code = status.get("code")?;
    let failed = code.as_i64() == Some(FAILED) || code.as_str() == Some("STATUS_CODE_ERROR");
    failed.then(|| {
        let message = status.get("message").and_then(Value::as_str);
        let message = message.filter(|message| !message.is_empty());
        storable(message.unwrap_or("error"))
            .chars()
            .take(500)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Result<Span, SpanError> {
        let mut span = json!({
            "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "eee19b7ec3c1b174", "parentSpanId": "",
            "name": "chat", "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": 1_544_712_661_500_000_000_i64,
            "attributes": [], "unheardOf": {"kept": [1]},
        });
        change(&mut span);
        Span::read(&span, Sha256Digest::of(b""), BTreeMap::new())
    }

    #[test]
    fn a_span_is_read_and_kept_with_what_nobody_knows() {
        let span = read(|_| {}).expect("a span");
        assert_eq!(
            span.trace.to_string(),
            "5b8efff7-9803-8103-d269-b633813fc60c"
        );
        assert_eq!((span.parent, span.duration_ms()), (None, 1_500));
        assert!(span.document.contains(r#""unheardOf":{"kept":[1]}"#));
    }

    #[test]
    fn a_span_that_cannot_be_kept_says_why() {
        let check = |change: fn(&mut Value), error| assert_eq!(read(change), Err(error));
        check(
            |s| s["traceId"] = json!("00000000000000000000000000000000"),
            SpanError::TraceId,
        );
        check(|s| s["traceId"] = json!("xyz"), SpanError::TraceId);
        check(|s| s["spanId"] = json!("eee19b7ec3c1b1"), SpanError::SpanId);
        check(|s| s["startTimeUnixNano"] = json!("0"), SpanError::Start);
        check(
            |s| s["startTimeUnixNano"] = json!("18446744073709551615"),
            SpanError::Start,
        );
        check(
            |s| s["name"] = json!("x".repeat(LONGEST_SPAN)),
            SpanError::TooLong,
        );
    }

    #[test]
    fn a_failure_has_its_message() {
        let failed = |status: Value| read(|s| s["status"] = status).expect("a span").failure;
        assert_eq!(
            failed(json!({"code": 2, "message": "timeout"})).as_deref(),
            Some("timeout")
        );
        assert_eq!(
            failed(json!({"code": "STATUS_CODE_ERROR"})).as_deref(),
            Some("error")
        );
        assert_eq!(failed(json!({"code": 1})), None);
    }
}
