//! Why something about exports was refused, and why one could not be made.

use std::str::FromStr;

use clasper_core::{Classify, ErrorKind, Permission, StoreError};

/// Why a use case of exports was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// There is no such export in the tenant.
    #[error("there is no such export in this tenant")]
    NotFound,
    /// The moments are the wrong way round.
    #[error("`end_date` is before `start_date`")]
    Dates,
    /// The tenant has as many as it may.
    #[error(
        "a tenant has at most {most} exports that wait, are being made or can be fetched: delete one, or wait"
    )]
    TooMany {
        /// How many.
        most: u64,
    },
    /// It is over already.
    #[error("this export is {0} already")]
    Over(&'static str),
    /// There is nothing to fetch yet.
    #[error("this export is {0}: ask for it again until it is ready")]
    NotReady(&'static str),
    /// There is nothing to fetch any more, or never was.
    #[error("this export is {0}: ask for a new one")]
    Gone(&'static str),
    /// The archive is not where this process looks.
    #[error(
        "the archive is not on this server: let all servers share the folder of exports (exports.directory)"
    )]
    Elsewhere,
    /// The archive cannot be read.
    #[error("the archive cannot be read")]
    Read(#[source] std::io::Error),
    /// The database failed.
    #[error("exports could not be read or written")]
    Store(#[from] StoreError),
    /// A value could not be put into words; never for values that came from JSON.
    #[error("a value has no JSON form")]
    Encoding(#[from] serde_json::Error),
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NotFound => ErrorKind::NotFound,
            Self::Dates => ErrorKind::InvalidInput,
            Self::TooMany { .. } | Self::Over(_) | Self::NotReady(_) | Self::Gone(_) => {
                ErrorKind::Conflict
            }
            Self::Elsewhere => ErrorKind::Unavailable,
            Self::Read(_) | Self::Encoding(_) => ErrorKind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::NotFound => "not_found",
            Self::Dates => "invalid_dates",
            Self::TooMany { .. } => "too_many_exports",
            Self::Over(_) => "export_over",
            Self::NotReady(_) => "export_not_ready",
            Self::Gone(_) => "export_gone",
            Self::Elsewhere => "export_elsewhere",
            Self::Read(_) | Self::Encoding(_) => "internal_error",
            Self::Store(error) => error.code(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        matches!(self, Self::Dates).then_some("/end_date")
    }
}

macro_rules! failures {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $text:literal;)*) => {
        /// Why an export could not be made.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum Failure {
            $($(#[$doc])* #[error($text)] $variant,)*
        }

        impl Failure {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }

        impl FromStr for Failure {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($code => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    };
}

failures! {
    /// No checkpoint covers the request.
    NotSigned = "not_signed", "the log was not signed up to the request: look for errors of signing in the server's log";
    /// No entry fits.
    NothingSelected = "nothing_selected", "no entry of the log is in this scope";
    /// The stored log is not the signed one.
    LogDamaged = "log_damaged", "the stored entries do not make the signed log: run `clasperd audit verify`";
    /// The process signs with a key that was retired.
    KeyRetired = "key_retired", "this server's signing key was retired: restart it with the key that is in use";
    /// The disk refused.
    NotWritten = "not_written", "the archive cannot be written: look at the disk and the folder of exports";
    /// Its makers died.
    Interrupted = "interrupted", "the server stopped three times while it was made";
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn failures_survive_their_codes() {
        for failure in Failure::ALL {
            assert_eq!(failure.code().parse(), Ok(*failure));
        }
    }
}
