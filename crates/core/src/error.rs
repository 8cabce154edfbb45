//! What kind of situation an error is, without a word of HTTP.

/// The meaning of an error to its caller. `clasper-http` alone turns it into a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is wrong; the same input will stay wrong.
    InvalidInput,
    /// No valid credential came with the request.
    Unauthenticated,
    /// The credential does not permit this.
    Forbidden,
    /// There is no such thing in the caller's tenant.
    NotFound,
    /// There was such a thing in the caller's tenant, and it is kept no more.
    Gone,
    /// The state does not permit it, or someone else was first.
    Conflict,
    /// The budget does not cover it.
    PaymentRequired,
    /// The input is larger than the limit.
    TooLarge,
    /// Too many requests from this credential.
    RateLimited,
    /// A system that we depend on failed (model provider, backend).
    Upstream,
    /// We cannot serve this now; trying again later may help.
    Unavailable,
    /// It took longer than its limit.
    Timeout,
    /// Our fault.
    Internal,
}

/// An error that knows its kind and a stable code.
pub trait Classify: std::error::Error {
    /// The kind of situation.
    fn kind(&self) -> ErrorKind;

    /// A stable `snake_case` code that clients may match on.
    fn code(&self) -> &'static str;

    /// JSON pointer (RFC 6901) to the member at fault, when there is one.
    fn pointer(&self) -> Option<&str> {
        None
    }
}

/// Why a port to the database could not do its work. Refusals that are part of the domain (a lost race, an exhausted
/// budget) are values, never this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database cannot be reached, is overloaded or is shutting down; trying again may help.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row contradicts what we know to be true.
    #[error("table {table} holds a row that cannot be read: {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The database refused a statement that should have worked.
    #[error("the database refused a statement")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The writer has more waiting than it may; the request was not accepted and nothing was written.
    #[error("too many writes are waiting")]
    Overloaded,
}

impl Classify for StoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable(_) | Self::Overloaded => ErrorKind::Unavailable,
            Self::Corrupt { .. } | Self::Refused(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "database_unavailable",
            Self::Overloaded => "overloaded",
            Self::Corrupt { .. } | Self::Refused(_) => "internal_error",
        }
    }
}
