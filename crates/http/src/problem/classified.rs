//! The one place that turns an [`ErrorKind`] into a status.

use std::borrow::Cow;
use std::fmt;

use axum::http::StatusCode;

use clasper_core::{Classify, ErrorKind};

use crate::Problem;

/// What a client sees instead of the cause of an internal error.
pub(super) const HIDDEN: &str =
    "something went wrong on our side: the trace id names it in our logs";

/// How long a client should wait when we do not know better.
const RETRY_SECONDS: u64 = 1;

impl Problem {
    /// The problem that `error` is to a client. Its cause is logged here, once, when we must act on it (5xx), and never
    /// shown.
    #[must_use]
    pub fn from_classified(error: &dyn Classify) -> Self {
        let kind = error.kind();
        let status = status(kind);
        if status.is_server_error() {
            tracing::error!(code = error.code(), error = %Chain(error), "a request failed");
        }
        let detail = match kind {
            ErrorKind::Internal => HIDDEN.to_owned(),
            _ => error.to_string(),
        };
        let mut problem = Self::new(status, error.code(), detail.clone());
        if let Some(pointer) = error.pointer() {
            problem = problem.at(pointer, detail);
        }
        match kind {
            ErrorKind::RateLimited | ErrorKind::Unavailable => problem.retry_after(RETRY_SECONDS),
            _ => problem,
        }
    }
}

impl<E: Classify> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::from_classified(&error)
    }
}

const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Gone => StatusCode::GONE,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Upstream => StatusCode::BAD_GATEWAY,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        // A kind that was added without a line here is treated as our fault, which shows nothing.
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The title of every problem with `status`.
pub(super) fn title(status: StatusCode) -> Cow<'static, str> {
    Cow::Borrowed(match status {
        StatusCode::BAD_REQUEST => "Invalid input",
        StatusCode::UNAUTHORIZED => "Not authenticated",
        StatusCode::PAYMENT_REQUIRED => "Budget exhausted",
        StatusCode::FORBIDDEN => "Not permitted",
        StatusCode::PAYLOAD_TOO_LARGE => "Too large",
        StatusCode::BAD_GATEWAY => "A system we depend on failed",
        StatusCode::SERVICE_UNAVAILABLE => "Not available now",
        StatusCode::GATEWAY_TIMEOUT => "Took too long",
        StatusCode::INTERNAL_SERVER_ERROR => "Internal error",
        other => other.canonical_reason().unwrap_or("Error"),
    })
}

/// An error with its causes on one line.
struct Chain<'a>(&'a dyn Classify);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
