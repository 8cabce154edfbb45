//! Why a use case of identity was refused.

use clasper_core::{Classify, ErrorKind, Permission, Role, StoreError, TenantId};

use crate::{NoRandomness, TenantMismatch};

/// Why a use case of identity was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("this needs the permission {0}")]
    PermissionDenied(Permission),
    /// The caller may issue keys, but not one that may do more than the caller.
    #[error(
        "a key with the role {role} would hold the permission {missing}, which its maker lacks"
    )]
    RoleTooHigh {
        /// The role asked for.
        role: Role,
        /// The first permission that the caller lacks.
        missing: Permission,
    },
    /// The scope is not the caller's tenant.
    #[error(transparent)]
    TenantMismatch(#[from] TenantMismatch),
    /// The tenant does not exist and may not come into being by being named.
    #[error(
        "the tenant {0} does not exist: create it with `clasperd tenant create` or POST /tenants"
    )]
    UnknownTenant(TenantId),
    /// The tenant is the server's own.
    #[error(
        "the tenant {0} is the server's own, whose log tells of starts, stops and refused credentials: name a tenant of yours"
    )]
    ReservedTenant(TenantId),
    /// The tenant has no such key.
    #[error("there is no such API key")]
    NoSuchKey,
    /// The name for people is empty, too long or not printable.
    #[error("the name must have 1 to 200 characters and no control characters")]
    InvalidName,
    /// No secret could be made.
    #[error("no secret could be made")]
    NoRandomness(#[from] NoRandomness),
    /// The database could not answer.
    #[error("tenants and keys cannot be reached now")]
    Store(#[from] StoreError),
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::PermissionDenied(_)
            | Self::RoleTooHigh { .. }
            | Self::UnknownTenant(_)
            | Self::ReservedTenant(_) => ErrorKind::Forbidden,
            Self::TenantMismatch(error) => error.kind(),
            Self::NoSuchKey => ErrorKind::NotFound,
            Self::InvalidName => ErrorKind::InvalidInput,
            Self::NoRandomness(_) => ErrorKind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::PermissionDenied(_) => "permission_denied",
            Self::RoleTooHigh { .. } => "role_too_high",
            Self::TenantMismatch(error) => error.code(),
            Self::UnknownTenant(_) => "unknown_tenant",
            Self::ReservedTenant(_) => "reserved_tenant",
            Self::NoSuchKey => "api_key_not_found",
            Self::InvalidName => "invalid_name",
            Self::NoRandomness(_) => "internal_error",
            Self::Store(error) => error.code(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::InvalidName => Some("/name"),
            Self::RoleTooHigh { .. } => Some("/role"),
            _ => None,
        }
    }
}
