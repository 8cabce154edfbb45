//! An export from its request to its end.

use clasper_core::{ExportId, Sha256Digest, TenantId, Timestamp};

use crate::error::Failure;
use crate::scope::ExportScope;

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// Whose log.
    pub tenant: TenantId,
    /// What was asked for.
    pub scope: ExportScope,
    /// Who asked, as the audit log says it.
    pub requested_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Place of the audit entry that asked for it; the bundle of a whole log reaches at least so far.
    pub audit_seq: u64,
    /// What has become of it.
    pub state: ExportState,
}

/// What has become of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportState {
    /// It waits for its turn.
    Queued,
    /// It is being made.
    Running {
        /// Since when.
        started_at: Timestamp,
        /// How far it is.
        progress: Progress,
    },
    /// It can be fetched.
    Ready {
        /// Since when.
        at: Timestamp,
        /// Until when.
        expires_at: Timestamp,
        /// What is there.
        archive: Archive,
    },
    /// It could not be made.
    Failed {
        /// When it was given up.
        at: Timestamp,
        /// Why.
        failure: Failure,
    },
    /// It was called off, or removed by a person.
    Cancelled {
        /// When.
        at: Timestamp,
    },
    /// It was there to be fetched, and is not any more.
    Expired {
        /// Since when.
        at: Timestamp,
    },
}

impl ExportState {
    /// Its name on the wire and in the database.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running { .. } => "running",
            Self::Ready { .. } => "ready",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
            Self::Expired { .. } => "expired",
        }
    }
}

/// How far the making is, in entries of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries that were written.
    pub done: u64,
    /// Entries that there are to write; 0 until that is known.
    pub total: u64,
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Archive {
    /// Entries that the bundle shows.
    pub entries: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256Digest,
}
