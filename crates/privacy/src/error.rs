//! Why something about redaction was refused.

use clasper_core::{Classify, ErrorKind, Permission, StoreError};
use clasper_redaction::ConfigError;

/// Something could not be redacted. Nothing of it may be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedactionFailed {
    /// The engine failed.
    #[error(
        "the text could not be redacted, so nothing of it was passed on or stored: try again, and if it stays, tell the operators"
    )]
    Engine,
    /// There are more values in it than one conversation may have tokens.
    #[error(
        "there are too many values to redact in this conversation, so nothing of it was passed on: send less at once"
    )]
    TooManyValues,
    /// The stored configuration cannot be used.
    #[error(
        "the tenant's redaction cannot be used, so nothing was passed on or stored: save it again with PUT /redaction/config"
    )]
    Unusable,
}

impl RedactionFailed {
    /// The stable code.
    pub const CODE: &'static str = "redaction_failed";
}

impl Classify for RedactionFailed {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }

    fn code(&self) -> &'static str {
        Self::CODE
    }
}

impl From<clasper_redaction::Error> for RedactionFailed {
    fn from(error: clasper_redaction::Error) -> Self {
        use clasper_redaction::VaultError;
        match error {
            clasper_redaction::Error::Vault(VaultError::Full) => Self::TooManyValues,
            _ => Self::Engine,
        }
    }
}

/// Why an operation on a tenant's redaction was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The configuration cannot be used; nothing was written.
    #[error("the configuration is refused: {fault}")]
    Config {
        /// What is wrong with it.
        fault: ConfigError,
        /// Where, as a JSON pointer into the request.
        pointer: String,
    },
    /// Somebody else saved one in between.
    #[error("the configuration has been changed since revision {0}: read it again")]
    Changed(i64),
    /// The text of a preview is too long.
    #[error("a preview takes at most {} bytes of text", crate::MAX_PREVIEW_BYTES)]
    TooLong,
    /// The trace has no kept values.
    #[error("this trace has no values that were kept: only tokens can be put back")]
    NothingKept,
    /// Redaction failed.
    #[error(transparent)]
    Redaction(#[from] RedactionFailed),
    /// The database failed.
    #[error("the redaction could not be read or written")]
    Store(#[from] StoreError),
    /// An audit entry could not be put into words; never for values that came from JSON.
    #[error("the audit entry has no JSON form")]
    Entry(#[from] serde_json::Error),
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::Config { .. } => ErrorKind::InvalidInput,
            Self::Changed(_) => ErrorKind::Conflict,
            Self::TooLong => ErrorKind::TooLarge,
            Self::NothingKept => ErrorKind::NotFound,
            Self::Redaction(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Entry(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::Config { .. } => "invalid_redaction",
            Self::Changed(_) => "redaction_changed",
            Self::TooLong => "text_too_long",
            Self::NothingKept => "nothing_kept",
            Self::Redaction(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Entry(_) => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Config { pointer, .. } => Some(pointer),
            Self::TooLong => Some("/text"),
            _ => None,
        }
    }
}
