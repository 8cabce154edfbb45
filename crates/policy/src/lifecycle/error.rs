//! Why a use case of policies was refused.

use clasper_core::{Classify, ErrorKind, Permission, StoreError};

use crate::fault::PolicyFault;

/// Why a use case of policies was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// Policies that cannot be saved. Every fault of every policy.
    #[error("{}", in_words(.0))]
    Faults(Vec<PolicyFault>),
    /// There is no such policy in force.
    #[error("no policy of this id is in force in this tenant")]
    NoSuchPolicy,
    /// There is no such bundle.
    #[error("there is no such policy bundle in this tenant")]
    NoSuchBundle,
    /// There is no such pack.
    #[error("there is no policy pack of this name: the packs are {0}")]
    NoSuchPack(String),
    /// Too many policies in one bundle.
    #[error("a bundle holds at most {0} policies")]
    TooMany(usize),
    /// Others kept changing the policies at the same time.
    #[error("the policies were changed by somebody else at the same time: read them again")]
    Conflict,
    /// The policies in force cannot be compiled: everything is denied until that is repaired.
    #[error("the policies in force cannot be evaluated ({}): activate a bundle that can", in_words(.0))]
    Unusable(Vec<PolicyFault>),
    /// The database failed.
    #[error("the policies could not be read or written")]
    Store(#[from] StoreError),
    /// An audit entry could not be put into words; never for values that came from JSON.
    #[error("the audit entry has no JSON form")]
    Entry(#[from] serde_json::Error),
}

fn in_words(faults: &[PolicyFault]) -> String {
    let Some(first) = faults.first() else {
        return "the policy cannot be used".to_owned();
    };
    let more = match faults.len() {
        1 => String::new(),
        n => format!(" ({} more)", n - 1),
    };
    format!("policy {:?}: {}{more}", first.policy_id, first.detail)
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::Faults(_) | Self::TooMany(_) => ErrorKind::InvalidInput,
            Self::NoSuchPolicy | Self::NoSuchBundle | Self::NoSuchPack(_) => ErrorKind::NotFound,
            Self::Conflict => ErrorKind::Conflict,
            Self::Unusable(_) => ErrorKind::Unavailable,
            Self::Store(error) => error.kind(),
            Self::Entry(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::Faults(_) => "invalid_policy",
            Self::TooMany(_) => "too_many_policies",
            Self::NoSuchPolicy => "policy_not_found",
            Self::NoSuchBundle => "policy_bundle_not_found",
            Self::NoSuchPack(_) => "policy_pack_not_found",
            Self::Conflict => "policy_conflict",
            Self::Unusable(_) => "policies_unusable",
            Self::Store(error) => error.code(),
            Self::Entry(_) => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Faults(faults) => faults.first().map(|fault| fault.pointer.as_str()),
            _ => None,
        }
    }
}
