//! Why a log is not signed or a question about it has no answer.

use clasper_core::{AuditEntryId, Classify, ErrorKind, Permission, StoreError, TenantId};

use crate::checkpoint::OriginError;
use crate::note::{KeyError, NoteError};

/// Why a longer tree is not signed. All but [`SignError::Store`] stay until somebody acts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored tiles do not make the root that was signed.
    #[error("the stored tiles do not make the tree of {size} entries that was signed")]
    Tiles {
        /// The size of the signed tree.
        size: u64,
    },
    /// An entry is missing, out of place or links to other bytes than those before it.
    #[error("entry {seq} does not continue the signed log")]
    Unlinked {
        /// Its place.
        seq: u64,
    },
    /// The log ends before its checkpoint or before its head.
    #[error("the log has {found} entries, but {expected} were promised")]
    Short {
        /// How many there are.
        found: u64,
        /// How many its checkpoint or head says.
        expected: u64,
    },
    /// The log has been signed under another name.
    #[error(
        "the log is called {found}, not {expected}: set audit.log_name (CLASPER_AUDIT_LOG_NAME) to what it was"
    )]
    Renamed {
        /// Its name on the newest checkpoint.
        found: String,
        /// The name configured now.
        expected: String,
    },
    /// Another process has put another key in use.
    #[error("this process's signing key was retired: restart it with the key that is in use")]
    KeyRetired,
    /// Other processes are first again and again.
    #[error("other processes sign this log at the same time")]
    Contended,
    /// The configured name makes no origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The checkpoint makes no note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// Why a question about a log has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// No such entry in the caller's tenant.
    #[error("there is no audit entry {0}")]
    NoEntry(AuditEntryId),
    /// Nothing was signed yet.
    #[error("the log has no signed checkpoint yet")]
    NoCheckpoint,
    /// The tree has no such tile, or not as wide.
    #[error("the log has no such tile")]
    NoTile,
    /// The entry is newer than the newest checkpoint.
    #[error("entry {seq} is not under a signed checkpoint yet: try again in a second")]
    NotSigned {
        /// Its place.
        seq: u64,
    },
    /// A size lies beyond the signed tree, or sizes are in the wrong order.
    #[error("must be at most {most}")]
    Beyond {
        /// Which size, as a JSON pointer.
        pointer: &'static str,
        /// The largest there is.
        most: u64,
    },
    /// An entry is too long for an entry bundle, whose lengths have 16 bits.
    #[error("an entry of this bundle has more than 65535 bytes: read it by GET /audit")]
    EntryTooLong,
    /// What is stored contradicts what was signed: somebody changed it.
    #[error("the stored log of {tenant} contradicts its signed checkpoint at {place}")]
    Contradiction {
        /// Whose log.
        tenant: TenantId,
        /// Where.
        place: String,
    },
    /// The configured name makes no origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A stored key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Classify for LogError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NoEntry(_) | Self::NoCheckpoint | Self::NoTile => ErrorKind::NotFound,
            Self::NotSigned { .. } => ErrorKind::Conflict,
            Self::Beyond { .. } => ErrorKind::InvalidInput,
            Self::EntryTooLong => ErrorKind::TooLarge,
            Self::Contradiction { .. } | Self::Origin(_) | Self::Key(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Forbidden(_) => "permission_denied",
            Self::NoEntry(_) | Self::NoTile => "not_found",
            Self::NoCheckpoint => "no_checkpoint",
            Self::NotSigned { .. } => "not_signed_yet",
            Self::Beyond { .. } => "invalid_input",
            Self::EntryTooLong => "entry_too_long",
            Self::Contradiction { .. } | Self::Origin(_) | Self::Key(_) => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Beyond { pointer, .. } => Some(pointer),
            _ => None,
        }
    }
}
