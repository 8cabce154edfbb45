//! Why something about retention was refused.

use clasper_core::{Classify, ErrorKind, Permission, StoreError};

use crate::LONGEST_DAYS;

/// Why an operation on a tenant's retention was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetentionError {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The days are outside what can be kept.
    #[error("must be between 1 and {LONGEST_DAYS}")]
    Days,
    /// The tenant has set no policy.
    #[error(
        "this tenant has no retention policy, so its traces are kept: set one with POST /retention/policy"
    )]
    NoPolicy,
    /// Somebody else changed it in between.
    #[error("the retention policy has been changed since revision {0}: read it again")]
    Changed(i64),
    /// The tenant is under a legal hold.
    #[error(
        "this tenant is under a legal hold, so nothing of it is dropped: an operator has to lift it first"
    )]
    Held,
    /// There is no such tenant.
    #[error("there is no such tenant")]
    NoTenant,
    /// The database failed.
    #[error("the retention policy could not be read or applied")]
    Store(#[from] StoreError),
    /// An audit entry could not be put into words; never for values of ours.
    #[error("the audit entry has no JSON form")]
    Entry(#[from] serde_json::Error),
}

impl Classify for RetentionError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::Days => ErrorKind::InvalidInput,
            Self::NoPolicy | Self::NoTenant => ErrorKind::NotFound,
            Self::Changed(_) | Self::Held => ErrorKind::Conflict,
            Self::Store(error) => error.kind(),
            Self::Entry(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::Days => "invalid_input",
            Self::NoPolicy => "no_retention_policy",
            Self::NoTenant => "not_found",
            Self::Changed(_) => "retention_changed",
            Self::Held => "legal_hold",
            Self::Store(error) => error.code(),
            Self::Entry(_) => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Days => Some("/retention_days"),
            _ => None,
        }
    }
}
