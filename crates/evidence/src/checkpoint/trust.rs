//! Whom one believes, and opening what they signed.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::note::{KeyKind, NoteError, SignedNote, Verified, VerifierKey};

/// The keys one trusts for one log. They must come from somewhere else than what they verify.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    /// The log's origin; `None` takes the origin that the key is named after.
    pub origin: Option<String>,
    /// Keys of the log. One of them must have signed.
    pub log_keys: Vec<VerifierKey>,
    /// Keys of witnesses.
    pub witnesses: Vec<VerifierKey>,
    /// How many of the witnesses must have cosigned.
    pub quorum: usize,
}

/// A checkpoint that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Who signed it, of those one trusts.
    pub signed_by: Vec<Verified>,
}

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The note does not hold.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is of another log.
    #[error("the checkpoint is of the log {found}, not of {expected}")]
    Origin {
        /// The log asked for.
        expected: String,
        /// The log found.
        found: String,
    },
    /// Witnesses signed, but the log did not.
    #[error("no trusted key of the log signed the checkpoint")]
    NoLogKey,
    /// Too few witnesses signed.
    #[error("{found} of the {expected} witnesses that must cosign did")]
    Quorum {
        /// How many must.
        expected: usize,
        /// How many did.
        found: usize,
    },
}

impl Trust {
    /// Trust in one key of a log whose origin is the key's name.
    #[must_use]
    pub fn in_key(key: VerifierKey) -> Self {
        Self {
            log_keys: vec![key],
            ..Self::default()
        }
    }

    /// Opens a signed checkpoint.
    ///
    /// # Errors
    /// [`OpenError`] when it is not to be believed.
    pub fn open(&self, signed: &str) -> Result<OpenedCheckpoint, OpenError> {
        let note = SignedNote::parse(signed)?;
        let keys = [self.log_keys.as_slice(), &self.witnesses].concat();
        let signed_by = note.verify(&keys)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        let by = |kind: KeyKind, keys: &[VerifierKey]| {
            let counts = |v: &&Verified| v.key.kind() == kind && keys.contains(&v.key);
            signed_by.iter().filter(counts).cloned().collect::<Vec<_>>()
        };
        let by_log = by(KeyKind::Ed25519, &self.log_keys);
        let Some(first) = by_log.first() else {
            return Err(OpenError::NoLogKey);
        };
        let expected = self.origin.as_deref().unwrap_or(first.key.name());
        if checkpoint.origin != expected {
            return Err(OpenError::Origin {
                expected: expected.to_owned(),
                found: checkpoint.origin,
            });
        }
        // One key under two names is one witness.
        let cosigned = by(KeyKind::CosignatureV1, &self.witnesses);
        let mut distinct: Vec<_> = cosigned.iter().map(|v| *v.key.public()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < self.quorum {
            return Err(OpenError::Quorum {
                expected: self.quorum,
                found: distinct.len(),
            });
        }
        Ok(OpenedCheckpoint {
            checkpoint,
            signed_by,
        })
    }
}
