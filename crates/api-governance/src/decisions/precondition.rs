//! The header `If-Match`, and what its failure is.

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use clasper_core::Classify;
use clasper_delegated::Error;
use clasper_governance::approval::VoteRefusal;
use clasper_http::Problem;

/// The revision that the client has read; `None` when it takes the decision as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct IfMatch(pub(super) Option<i64>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(IF_MATCH).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default().trim();
        let revision = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .and_then(|digits| digits.parse().ok());
        match (text, revision, values.next()) {
            ("*", _, None) => Ok(Self(None)),
            (_, Some(revision), None) => Ok(Self(Some(revision))),
            _ => Err(Problem::invalid(
                "/header/if-match",
                "must be sent once, as the `ETag` of the decision that you read, such as \"3\"",
            )),
        }
    }
}

/// The header that names a revision.
pub(super) fn etag(revision: i64) -> [(HeaderName, String); 1] {
    [(ETAG, format!("\"{revision}\""))]
}

/// The problem of an error: a revision that the client named and that is past fails its precondition.
pub(super) fn problem(error: Error, expected: Option<i64>) -> Problem {
    match (&error, expected) {
        (Error::Vote(refusal @ VoteRefusal::RevisionConflict { current }), Some(_)) => {
            Problem::new(
                StatusCode::PRECONDITION_FAILED,
                error.code(),
                refusal.to_string(),
            )
            .with("revision", *current)
        }
        _ => error.into(),
    }
}
