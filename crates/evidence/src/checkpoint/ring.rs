//! The log's keys over time: one signs now, others signed before.

use clasper_core::Timestamp;

use crate::note::{KeyKind, VerifierKey};

/// A key of the log and when it was in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey {
    /// The key.
    pub key: VerifierKey,
    /// First moment of its use.
    pub valid_from: Timestamp,
    /// First moment after its use; `None` while it is in use.
    pub valid_until: Option<Timestamp>,
}

impl LogKey {
    /// Whether it was in use at `time`.
    #[must_use]
    pub fn is_valid_at(&self, time: Timestamp) -> bool {
        self.valid_from <= time && self.valid_until.is_none_or(|until| time < until)
    }
}

/// Why keys make no ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// A key ends before it begins.
    #[error("a key's validity ends before it begins")]
    Interval,
    /// The same key twice.
    #[error("the same key is listed twice")]
    Doubled,
    /// A witness's key among the log's.
    #[error("only keys that sign notes can be keys of the log, not those of witnesses")]
    Kind,
}

/// Every key the log has signed with, retired ones too: what they signed stays verifiable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyRing(Vec<LogKey>);

impl KeyRing {
    /// The ring of these keys, oldest first.
    ///
    /// # Errors
    /// [`KeyRingError`].
    pub fn new(mut keys: Vec<LogKey>) -> Result<Self, KeyRingError> {
        keys.sort_by_key(|k| k.valid_from);
        for (place, key) in keys.iter().enumerate() {
            if key.valid_until.is_some_and(|until| until < key.valid_from) {
                return Err(KeyRingError::Interval);
            }
            if key.key.kind() != KeyKind::Ed25519 {
                return Err(KeyRingError::Kind);
            }
            if keys[..place].iter().any(|other| other.key == key.key) {
                return Err(KeyRingError::Doubled);
            }
        }
        Ok(Self(keys))
    }

    /// Every key, oldest first.
    #[must_use]
    pub fn keys(&self) -> &[LogKey] {
        &self.0
    }

    /// The key to sign with at `now`: of those in use the newest.
    #[must_use]
    pub fn current(&self, now: Timestamp) -> Option<&LogKey> {
        self.0.iter().rev().find(|key| key.is_valid_at(now))
    }

    /// The keys that were in use at `time`. A checkpoint carries no time of its own: take it from a witness's cosignature or from the
    /// record of when the checkpoint was received, never from its issuer.
    #[must_use]
    pub fn verifiers_at(&self, time: Timestamp) -> Vec<VerifierKey> {
        let valid = self.0.iter().filter(|key| key.is_valid_at(time));
        valid.map(|key| key.key.clone()).collect()
    }
}
