//! The one form of every error response: problem details (RFC 9457).

mod classified;
mod listed;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use clasper_core::TraceId;

pub use listed::{ReadProblems, WriteProblems};

/// What a problem's `type` begins with; its code follows.
pub const PROBLEM_BASE: &str = "https://clasper.dev/problems/";

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// One member of the request that is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) into the body; `/query/…`, `/path/…` and `/header/…` point to the other parts.
    #[schema(example = "/message")]
    pub pointer: String,
    /// What is wrong with it.
    #[schema(example = "missing field `message`")]
    pub detail: String,
}

/// An error response (`application/problem+json`).
///
/// Anything that implements [`clasper_core::Classify`] converts into one, so that handlers may use `?`.
#[derive(Debug, Clone)]
pub struct Problem(Box<Members>);

#[derive(Debug, Clone, Serialize, ToSchema)]
struct Members {
    /// A stable URI of the kind of problem, ending in its code.
    #[schema(format = "uri", example = "https://clasper.dev/problems/invalid_input")]
    r#type: String,
    /// The kind of problem in a few words.
    #[schema(value_type = String, example = "Invalid input")]
    title: Cow<'static, str>,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// What is wrong this time.
    #[schema(example = "missing field `message`")]
    detail: String,
    /// A stable code to match on.
    #[schema(value_type = String, example = "invalid_input")]
    code: Cow<'static, str>,
    /// The same as `detail`, for clients that read `error`.
    #[schema(example = "missing field `message`")]
    error: String,
    /// The members of the request at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
    /// Names this request in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    trace_id: Option<TraceId>,
    /// More, by code: `permission`, `retry_after`, …
    #[serde(flatten)]
    extensions: Map<String, Value>,
}

/// What a member named by the standard, or by us, may not be overwritten with.
const RESERVED: [&str; 8] = [
    "type", "title", "status", "detail", "code", "error", "errors", "trace_id",
];

impl Problem {
    /// A problem of `status`, with a stable `code` and what is wrong this time.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        let code = code.into();
        let detail = detail.into();
        Self(Box::new(Members {
            r#type: format!("{PROBLEM_BASE}{code}"),
            title: classified::title(status),
            status: status.as_u16(),
            error: detail.clone(),
            detail,
            code,
            errors: Vec::new(),
            trace_id: None,
            extensions: Map::new(),
        }))
    }

    /// 400 for the member at `pointer`.
    #[must_use]
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(StatusCode::BAD_REQUEST, "invalid_input", detail.clone()).at(pointer, detail)
    }

    /// 404 that does not say whether the thing exists elsewhere.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no such thing in this tenant",
        )
    }

    /// 500 that shows nothing; the caller has logged why.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            classified::HIDDEN,
        )
    }

    /// The same, with one more member at fault.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.0.errors.push(FieldProblem {
            pointer: pointer.into(),
            detail: detail.into(),
        });
        self
    }

    /// The same, of a part of the body: `pointer` leads to the part, and stands before every pointer of the problem.
    #[must_use]
    pub fn under(mut self, pointer: &str) -> Self {
        for error in &mut self.0.errors {
            error.pointer.insert_str(0, pointer);
        }
        self
    }

    /// The same, with the extension member `name`. The standard's members and ours cannot be overwritten.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        debug_assert!(!RESERVED.contains(&name), "{name} is a member of its own");
        if !RESERVED.contains(&name) {
            self.0.extensions.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The same, telling the client when to try again (`Retry-After` and the member `retry_after`).
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with("retry_after", seconds)
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What is wrong this time.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The members of the request at fault.
    #[must_use]
    pub fn errors(&self) -> &[FieldProblem] {
        &self.0.errors
    }

    /// Fills in the trace id. The middleware does this for every problem that passes it.
    pub(crate) fn traced(mut self, trace: TraceId) -> Self {
        self.0.trace_id = Some(trace);
        self
    }

    /// The body's text; also for places that have no response of their own, such as an event of a stream.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "strings, numbers and JSON values always have a JSON form"
    )]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("strings, numbers and JSON values have a JSON form")
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.0.status, self.0.code, self.0.detail)
    }
}

/// Marks a response that was made from a problem, so that the middleware can write it again with its trace id. Without
/// the middleware the response is complete except for that.
#[derive(Clone)]
pub(crate) struct Marker(pub(crate) Problem);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.0.extensions.get("retry_after").and_then(Value::as_u64) {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Marker(self));
        response
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Members::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Members::schemas(schemas);
    }
}
