//! Why nothing runs.

use serde_json::Value;

/// Why an adapter cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
    /// The token or key cannot stand in a header.
    #[error("the adapter token contains characters that no header may have")]
    Token,
}

/// Why a request got no usable answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No answer, or none in time.
    #[error("the server did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// A refusal of the request itself.
    #[error("the server refused the request: {status} {code}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code.
        code: String,
        /// What to do about it.
        detail: String,
    },
    /// An answer that is not one of those that are agreed upon.
    #[error("the server's answer cannot be relied upon: {0}")]
    Unexpected(String),
}

impl Fault {
    /// Whether the same request may get another answer.
    pub(crate) const fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => matches!(*status, 408 | 425 | 429 | 500..),
            Self::Unexpected(_) => false,
        }
    }
}

/// Why an effect must not happen. Whatever the reason, the only right thing to do is nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Blocked {
    /// Policies, risk, the budget or people refuse it.
    #[error("denied: {reason}")]
    Denied {
        /// The decision, for people who want to know why.
        decision: Option<String>,
        /// The stable code.
        reason: String,
    },
    /// Nobody answered in time.
    #[error("nobody has approved it in time")]
    NotApproved {
        /// The decision that still waits.
        decision: String,
    },
    /// People approved other arguments than were asked for.
    #[error("other arguments were approved than were asked for")]
    Edited {
        /// The decision.
        decision: String,
        /// What was approved.
        request: Value,
    },
    /// The answer was given before, so somebody may have acted on it.
    #[error("this was decided before, and the answer permits nothing new")]
    Replayed {
        /// The decision.
        decision: String,
    },
    /// The grant's time is over.
    #[error("the grant has run out of time")]
    Expired,
    /// There was no usable answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What became of a governed effect that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Governed<E> {
    /// It did not happen.
    #[error("blocked")]
    Blocked(#[source] Blocked),
    /// It was permitted, and failed.
    #[error("the effect failed")]
    Effect(#[source] E),
}
