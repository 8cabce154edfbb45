//! What goes wrong, as the contract words it: a status and `{"error": "…"}`; and the extractors that speak so.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{error::Category, json};

use crate::store::Error;

/// A request that is not carried out, and why.
#[derive(Debug)]
pub(crate) enum Refusal {
    Unauthorized,
    Invalid(String),
    TooLarge,
    NotFound(&'static str),
    WrongMethod,
    KeyReused,
    Failed(Error),
}

impl Refusal {
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "a valid X-Agent-Token is required: HS256, type \"agent\", user_id, agent_role and an exp in the future".into(),
            ),
            Self::Invalid(reason) => (StatusCode::BAD_REQUEST, reason),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large".into()),
            Self::NotFound(what) => (StatusCode::NOT_FOUND, format!("{what} not found")),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "method not allowed".into()),
            Self::KeyReused => {
                (StatusCode::CONFLICT, "idempotency_key conflict: it was used before with a different body".into())
            }
            Self::Failed(error) => {
                // The caller is told nothing of the cause; this line is where it can be found.
                tracing::error!(error = %Chain(&error), "request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error".into())
            }
        };
        (status, Json(json!({ "error": error }))).into_response()
    }
}

/// An error with its sources, on one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        self.0
            .source()
            .map_or(Ok(()), |source| write!(f, ": {}", Chain(source)))
    }
}

pub(crate) async fn no_such_route() -> Refusal {
    Refusal::NotFound("route")
}

pub(crate) async fn method_not_allowed() -> Refusal {
    Refusal::WrongMethod
}

/// A JSON body; members that the type does not name are ignored, so that the contract can grow.
pub(crate) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                    Refusal::TooLarge
                } else {
                    Refusal::invalid("the body could not be read")
                }
            })?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| misshapen(&error))
    }
}

/// Says where the body went wrong but never quotes it: it may hold what a person wrote.
fn misshapen(error: &serde_json::Error) -> Refusal {
    let what = match error.classify() {
        Category::Data => "has a value of the wrong type",
        Category::Io | Category::Syntax | Category::Eof => "is not valid JSON",
    };
    Refusal::Invalid(format!(
        "the body {what} at line {}, column {}",
        error.line(),
        error.column()
    ))
}

/// Query parameters.
pub(crate) struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, state).await;
        query
            .map(|Query(params)| Self(params))
            .map_err(|_| Refusal::invalid("the query has a parameter of the wrong type"))
    }
}

/// A member that must be there and say something.
pub(crate) fn required(value: Option<String>, name: &str) -> Result<String, Refusal> {
    value
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| Refusal::Invalid(format!("{name} is required and must not be blank")))
}
