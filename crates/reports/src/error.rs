//! Why a report is refused.

use clasper_core::{Classify, ErrorKind, Permission, StoreError};

use crate::key::KeyError;

/// Why one report is refused. Nothing of it is stored; others that came with it are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It names another adapter, tenant or workspace than its credential.
    #[error("the report names another {} than the adapter's token", .pointer.trim_start_matches('/').trim_end_matches("_id"))]
    ScopeMismatch {
        /// JSON pointer to the member.
        pointer: &'static str,
    },
    /// The execution belongs to another workspace.
    #[error("the execution belongs to another workspace than the adapter's token")]
    OtherWorkspace,
    /// The signed envelope cannot be believed.
    #[error("{detail}")]
    Envelope {
        /// The stable code.
        code: &'static str,
        /// JSON pointer to the member at fault.
        pointer: &'static str,
        /// What to do about it.
        detail: String,
    },
    /// A member that cannot be taken.
    #[error("{detail}")]
    Invalid {
        /// JSON pointer to it.
        pointer: String,
        /// What to write instead.
        detail: String,
    },
    /// An event with this id, or of this kind for this execution, was stored with other content.
    #[error(
        "this event was reported before with other content: send a changed or a further report under an `event_id` of its own"
    )]
    EventReused,
    /// There is a trace with this id.
    #[error("there is another trace with this id: traces are written once")]
    TraceExists,
}

impl Refusal {
    pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }

    pub(crate) fn envelope(
        code: &'static str,
        pointer: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self::Envelope {
            code,
            pointer,
            detail: detail.into(),
        }
    }
}

impl Classify for Refusal {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::ScopeMismatch { .. } | Self::OtherWorkspace => ErrorKind::Forbidden,
            Self::Envelope { .. } | Self::Invalid { .. } => ErrorKind::InvalidInput,
            Self::EventReused | Self::TraceExists => ErrorKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ScopeMismatch { .. } | Self::OtherWorkspace => "adapter_scope_mismatch",
            Self::Envelope { code, .. } => code,
            Self::Invalid { .. } => "invalid_input",
            Self::EventReused => "event_reused",
            Self::TraceExists => "trace_exists",
        }
    }

    fn pointer(&self) -> Option<&str> {
        Some(match self {
            Self::ScopeMismatch { pointer } | Self::Envelope { pointer, .. } => pointer,
            Self::Invalid { pointer, .. } => pointer,
            Self::OtherWorkspace => "/execution_id",
            Self::EventReused => "/event_id",
            Self::TraceExists => "/trace_id",
        })
    }
}

/// Why a request is refused as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The adapter has not registered.
    #[error("this adapter is not registered: POST /adapters/register first")]
    NotRegistered,
    /// An operator has switched the adapter off.
    #[error("this adapter is disabled: an operator has to enable it")]
    Disabled,
    /// There is no such thing in the tenant.
    #[error("there is no such {0} in this tenant")]
    NotFound(&'static str),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A member that cannot be taken.
    #[error("{detail}")]
    Invalid {
        /// JSON pointer to it.
        pointer: &'static str,
        /// What to write instead.
        detail: &'static str,
    },
    /// Something could not be redacted, so nothing was stored.
    #[error(transparent)]
    Redaction(#[from] clasper_privacy::Error),
    /// The database failed.
    #[error("the reports could not be read or written")]
    Store(#[from] StoreError),
    /// A value could not be put into words; never for values that came from JSON.
    #[error("a value has no JSON form")]
    Encoding(#[from] serde_json::Error),
}

impl From<clasper_privacy::RedactionFailed> for Error {
    fn from(failure: clasper_privacy::RedactionFailed) -> Self {
        Self::Redaction(failure.into())
    }
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) | Self::NotRegistered | Self::Disabled => ErrorKind::Forbidden,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Key(_) | Self::Invalid { .. } => ErrorKind::InvalidInput,
            Self::Redaction(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Encoding(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::NotRegistered => "adapter_not_registered",
            Self::Disabled => "adapter_disabled",
            Self::NotFound(_) => "not_found",
            Self::Key(error) => error.code(),
            Self::Invalid { .. } => "invalid_input",
            Self::Redaction(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Encoding(_) => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Key(error) => Some(error.pointer()),
            Self::Invalid { pointer, .. } => Some(pointer),
            _ => None,
        }
    }
}
