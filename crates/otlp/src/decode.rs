//! OTLP requests in both encodings, and the answer to them.

use std::collections::BTreeMap;

use clasper_core::Sha256Digest;
use clasper_privacy::{Privacy, RedactionFailed};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::redact::Mask;
use crate::span::{Span, SpanError};

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Protocol buffers.
    Protobuf,
    /// OTLP's JSON.
    Json,
}

/// What a request holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// The spans that can be kept.
    pub spans: Vec<Span>,
    /// Resources with scopes, as JSON, by their hash.
    pub sources: BTreeMap<Sha256Digest, String>,
    /// How many spans cannot be kept.
    pub rejected: u64,
    /// Why the first of them cannot.
    pub reason: Option<SpanError>,
}

/// The body is no request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is not protocol buffers, or another message.
    #[error("the body is not an ExportTraceServiceRequest in protocol buffers: {0}")]
    Protobuf(prost::DecodeError),
    /// It is not JSON, or another shape.
    #[error("the body is not an ExportTraceServiceRequest in JSON: {0}")]
    Json(serde_json::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans {
    #[serde(default)]
    resource: Value,
    #[serde(default, alias = "instrumentationLibrarySpans")]
    scope_spans: Vec<ScopeSpans>,
    #[serde(default)]
    schema_url: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeSpans {
    #[serde(default, alias = "instrumentationLibrary")]
    scope: Value,
    #[serde(default)]
    spans: Vec<Value>,
    #[serde(default)]
    schema_url: Value,
}

/// A request that was read; nothing of it may be kept before it is redacted.
#[derive(Debug)]
pub struct Export {
    sources: Vec<Source>,
    spans: std::vec::IntoIter<(usize, Value)>,
    received: Received,
}

/// A resource with a scope: as it came, or as it is kept.
#[derive(Debug)]
enum Source {
    Raw(Value),
    Kept(Sha256Digest),
}

/// Reads a request.
///
/// # Errors
/// [`DecodeError`] when the body is none.
pub fn decode(body: &[u8], encoding: Encoding) -> Result<Export, DecodeError> {
    let request: Request = match encoding {
        Encoding::Json if body.trim_ascii_start().first() == Some(&b'[') => {
            // A list would be read as the members in their order.
            let error = serde::de::Error::custom("expected an object");
            return Err(DecodeError::Json(error));
        }
        Encoding::Json => serde_json::from_slice(body).map_err(DecodeError::Json)?,
        Encoding::Protobuf => {
            let request = ExportTraceServiceRequest::decode(body).map_err(DecodeError::Protobuf)?;
            // Through the one form in which spans are kept, so that both encodings become the same.
            serde_json::to_value(request)
                .and_then(serde_json::from_value)
                .map_err(DecodeError::Json)?
        }
    };
    Ok(Export::of(request))
}

impl Export {
    fn of(request: Request) -> Self {
        let (mut sources, mut spans) = (Vec::new(), Vec::new());
        for group in request.resource_spans {
            for scoped in group.scope_spans {
                let number = sources.len();
                sources.push(Source::Raw(json!({
                    "resource": group.resource,
                    "resource_schema_url": group.schema_url,
                    "scope": scoped.scope,
                    "schema_url": scoped.schema_url,
                })));
                spans.extend(scoped.spans.into_iter().map(|span| (number, span)));
            }
        }
        Self {
            sources,
            spans: spans.into_iter(),
            received: Received::default(),
        }
    }

    /// How many spans have not been redacted yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.spans.len()
    }

    /// Redacts up to `most` spans, with the resources and scopes that they came from. A span that cannot be kept is counted,
    /// not an error.
    ///
    /// # Errors
    /// [`RedactionFailed`]: nothing of the request may be kept.
    pub fn redact(&mut self, privacy: &Privacy, most: usize) -> Result<(), RedactionFailed> {
        for (number, mut span) in self.spans.by_ref().take(most) {
            let mut mask = Mask::new(privacy);
            let source = match &mut self.sources[number] {
                Source::Kept(hash) => *hash,
                raw @ Source::Raw(_) => {
                    let Source::Raw(mut source) = std::mem::replace(raw, Source::Raw(Value::Null))
                    else {
                        continue;
                    };
                    mask.owner(&mut source)?;
                    let source = source.to_string();
                    let hash = Sha256Digest::of(source.as_bytes());
                    self.received.sources.insert(hash, source);
                    *raw = Source::Kept(hash);
                    hash
                }
            };
            mask.owner(&mut span)?;
            match Span::read(&span, source, mask.counts()) {
                Ok(span) => self.received.spans.push(span),
                Err(error) => {
                    self.received.rejected += 1;
                    self.received.reason.get_or_insert(error);
                }
            }
        }
        Ok(())
    }

    /// What may be kept of it: what was redacted so far.
    #[must_use]
    pub fn finish(self) -> Received {
        self.received
    }

    /// All of it at once.
    ///
    /// # Errors
    /// As [`Export::redact`].
    pub fn redacted(mut self, privacy: &Privacy) -> Result<Received, RedactionFailed> {
        self.redact(privacy, usize::MAX)?;
        Ok(self.finish())
    }
}

/// The answer to a request of which `rejected` spans were refused because of `reason`.
#[must_use]
pub fn reply(rejected: u64, reason: Option<&str>, encoding: Encoding) -> Vec<u8> {
    let refused = rejected > 0;
    match encoding {
        Encoding::Protobuf => {
            let partial = ExportTracePartialSuccess {
                rejected_spans: i64::try_from(rejected).unwrap_or(i64::MAX),
                error_message: reason.unwrap_or_default().to_owned(),
            };
            let response = ExportTraceServiceResponse {
                partial_success: refused.then_some(partial),
            };
            response.encode_to_vec()
        }
        Encoding::Json if refused => {
            // Numbers of 64 bits are texts in this encoding.
            let partial = json!({"rejectedSpans": rejected.to_string(), "errorMessage": reason});
            json!({"partialSuccess": partial}).to_string().into_bytes()
        }
        Encoding::Json => b"{}".to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1 as otlp;

    use clasper_redaction::Redactor;

    use super::*;
    use crate::genai::Operation;

    fn text(key: &str, value: &str) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue {
                value: Some(any_value::Value::StringValue(value.to_owned())),
            }),
            ..KeyValue::default()
        }
    }

    /// What is kept of a body under the standard rules.
    fn read(body: &[u8], encoding: Encoding) -> Result<Received, DecodeError> {
        let export = decode(body, encoding)?;
        let privacy = Privacy::plain(Redactor::standard());
        Ok(export.redacted(&privacy).expect("rules that work"))
    }

    fn request(spans: Vec<otlp::Span>) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest {
            resource_spans: vec![otlp::ResourceSpans {
                resource: Some(Resource {
                    attributes: vec![text("service.name", "shop")],
                    ..Resource::default()
                }),
                scope_spans: vec![otlp::ScopeSpans {
                    spans,
                    ..otlp::ScopeSpans::default()
                }],
                schema_url: "https://opentelemetry.io/schemas/1.37.0".to_owned(),
            }],
        }
    }

    fn span(id: u8) -> otlp::Span {
        otlp::Span {
            trace_id: vec![7; 16],
            span_id: vec![id; 8],
            name: "chat".to_owned(),
            start_time_unix_nano: 1_544_712_660_000_000_000,
            end_time_unix_nano: 1_544_712_661_000_000_000,
            attributes: vec![
                text("gen_ai.operation.name", "chat"),
                text("of.my.own", "kept"),
            ],
            ..otlp::Span::default()
        }
    }

    #[test]
    fn both_encodings_become_the_same_spans() {
        let request = request(vec![span(1), span(2)]);
        let binary = read(&request.encode_to_vec(), Encoding::Protobuf).expect("a request");
        let json = serde_json::to_vec(&request).expect("JSON");
        assert_eq!(read(&json, Encoding::Json).expect("a request"), binary);
        assert_eq!(binary.spans.len(), 2);
        let first = &binary.spans[0];
        assert_eq!(first.genai.operation, Operation::Model);
        assert!(first.document.contains("of.my.own"), "{}", first.document);
        let source = &binary.sources[&first.source];
        assert!(
            source.contains("shop") && source.contains("1.37.0"),
            "{source}"
        );
    }

    #[test]
    fn a_span_that_cannot_be_kept_does_not_take_the_others_with_it() {
        let request = request(vec![span(1), span(0), span(2)]);
        let received = read(&request.encode_to_vec(), Encoding::Protobuf).expect("a request");
        assert_eq!((received.spans.len(), received.rejected), (2, 1));
        assert_eq!(received.reason, Some(SpanError::SpanId));
        let answer = reply(1, Some("a span id"), Encoding::Protobuf);
        let answer = ExportTraceServiceResponse::decode(&*answer).expect("a response");
        assert_eq!(answer.partial_success.expect("a part").rejected_spans, 1);
        assert_eq!(reply(0, None, Encoding::Json), b"{}");
        let answer = reply(1, Some("why"), Encoding::Json);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(answer["partialSuccess"]["rejectedSpans"], "1");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        assert!(read(b"\xff\xff\xff", Encoding::Protobuf).is_err());
        for body in ["", "[]", "{\"resourceSpans\": 1}", "nonsense"] {
            assert!(read(body.as_bytes(), Encoding::Json).is_err(), "{body}");
        }
        let nothing = read(b"{}", Encoding::Json).expect("an empty request");
        assert_eq!(nothing, Received::default());
        assert_eq!(read(b"", Encoding::Protobuf).expect("empty"), nothing);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_the_reader(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read(&body, Encoding::Protobuf);
            let _ = read(&body, Encoding::Json);
        }
    }
}
