//! Why a use case of webhooks was refused.

use clasper_core::{Classify, ErrorKind, Permission, StoreError};

use crate::ports::{AddressRefused, NoKey};

/// Why a use case of webhooks was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// There is no such endpoint or message in the tenant.
    #[error("there is no such {0} in this tenant")]
    NotFound(&'static str),
    /// The address may not be called.
    #[error("{}", .0.detail)]
    Address(AddressRefused),
    /// No event is named, or one that nobody can be told about.
    #[error("name at least one event of the list in the documentation, and none twice")]
    Events,
    /// The tenant has as many as it may.
    #[error("a tenant has at most {most} endpoints: remove one")]
    TooMany {
        /// How many.
        most: u64,
    },
    /// The endpoint is switched off.
    #[error("this endpoint is disabled: enable it first")]
    Disabled,
    /// The message is not settled yet.
    #[error("this message still waits to be delivered")]
    Waiting,
    /// Nothing is to be changed.
    #[error("name at least one of `url`, `events` and `enabled`")]
    Nothing,
    /// No secret could be made.
    #[error("no secret could be made")]
    Key(#[from] NoKey),
    /// The database failed.
    #[error("webhooks could not be read or written")]
    Store(#[from] StoreError),
    /// A value could not be put into words; never for values that came from JSON.
    #[error("a value has no JSON form")]
    Encoding(#[from] serde_json::Error),
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Address(_) | Self::Events | Self::Nothing => ErrorKind::InvalidInput,
            Self::TooMany { .. } | Self::Disabled | Self::Waiting => ErrorKind::Conflict,
            Self::Key(_) | Self::Encoding(_) => ErrorKind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::NotFound(_) => "not_found",
            Self::Address(refused) => refused.code,
            Self::Events => "invalid_events",
            Self::Nothing => "invalid_request",
            Self::TooMany { .. } => "too_many_webhooks",
            Self::Disabled => "webhook_disabled",
            Self::Waiting => "delivery_waiting",
            Self::Key(_) | Self::Encoding(_) => "internal_error",
            Self::Store(error) => error.code(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Address(_) => Some("/url"),
            Self::Events => Some("/events"),
            Self::Nothing => Some(""),
            _ => None,
        }
    }
}
