//! What the middleware knows about a request before any handler runs.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use clasper_core::{IdSource, TraceId};

use crate::Problem;

/// The header that carries a request's trace id, both ways.
pub(crate) const TRACE_HEADER: HeaderName = HeaderName::from_static("x-trace-id");

/// The request's own context, an extension of every request that passes [`crate::layers`], and an extractor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestContext {
    /// The trace id: the request's own `x-trace-id` where that is a UUID, else a new one.
    pub trace: TraceId,
    /// The id for a trace that this request makes: the same, unless the client chose its own. A client may send one id
    /// with many requests, but a trace is written once, so theirs never becomes the key of a record.
    pub record: TraceId,
}

/// The size that bodies are limited to, for extractors that read one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimit(pub(crate) usize);

impl RequestContext {
    pub(crate) fn read(headers: &HeaderMap, ids: &dyn IdSource) -> Self {
        let own = headers
            .get(TRACE_HEADER)
            .and_then(|value| Uuid::try_parse_ascii(value.as_bytes()).ok())
            .filter(|uuid| !uuid.is_nil());
        let record = TraceId::generate(ids);
        Self {
            trace: own.map_or(record, TraceId::from_uuid),
            record,
        }
    }

    pub(crate) fn header_value(self) -> HeaderValue {
        let mut buffer = Uuid::encode_buffer();
        let text = self.trace.as_uuid().hyphenated().encode_lower(&mut buffer);
        HeaderValue::from_str(text).expect("hexadecimal digits and hyphens fit a header")
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().copied().ok_or_else(|| {
            tracing::error!("a route is served without clasper_http::layers around it");
            Problem::internal()
        })
    }
}
