//! The check for routes that read a store directly, without a service that would do it.

use clasper_core::{Caller, Classify, ErrorKind, Permission};

/// The caller lacks a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the permission {0} is needed")]
pub struct PermissionDenied(Permission);

impl Classify for PermissionDenied {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Forbidden
    }

    fn code(&self) -> &'static str {
        "permission_denied"
    }
}

/// Refuses a caller that lacks `permission`.
///
/// # Errors
///
/// [`PermissionDenied`].
pub const fn require(caller: &Caller, permission: Permission) -> Result<(), PermissionDenied> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(PermissionDenied(permission))
    }
}
