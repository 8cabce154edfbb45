//! Verifies a tenant's audit chain entry by entry, in bounded memory.

use clasper_core::{ChainHead, LoggedEntry};

/// The first thing wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// An entry is missing, doubled or out of order.
    #[error("entry {expected} is missing: found {found} in its place")]
    Gap {
        /// The place expected.
        expected: i64,
        /// The place found.
        found: i64,
    },
    /// An entry does not name the hash of the entry before it.
    #[error("entry {seq} does not link to the entry before it")]
    Link {
        /// Its place.
        seq: i64,
    },
    /// An entry's columns do not have its leaf hash.
    #[error("entry {seq} was changed: its leaf hash does not fit its columns")]
    Leaf {
        /// Its place.
        seq: i64,
    },
    /// The log ends before or after the head that the account claims, or with another hash.
    #[error("the log ends at entry {found}, but its head says {claimed}")]
    Head {
        /// Where it ends.
        found: i64,
        /// What the head claims.
        claimed: i64,
    },
}

/// Takes entries in order.
#[derive(Debug)]
pub struct ChainVerifier {
    head: ChainHead,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self {
            head: ChainHead::EMPTY,
        }
    }
}

impl ChainVerifier {
    /// Takes the next entry.
    ///
    /// # Errors
    /// The [`ChainFault`] it reveals.
    pub fn next(&mut self, entry: &LoggedEntry) -> Result<(), ChainFault> {
        let expected = self.head.seq + 1;
        if entry.seq != expected {
            return Err(ChainFault::Gap {
                expected,
                found: entry.seq,
            });
        }
        if entry.prev_hash != self.head.hash {
            return Err(ChainFault::Link { seq: entry.seq });
        }
        if !entry.is_intact() {
            return Err(ChainFault::Leaf { seq: entry.seq });
        }
        self.head = entry.head();
        Ok(())
    }

    /// How many entries were taken.
    #[must_use]
    pub const fn count(&self) -> i64 {
        self.head.seq
    }

    /// Compares the end with the head that is claimed.
    ///
    /// # Errors
    /// [`ChainFault::Head`].
    pub fn finish(self, claimed: ChainHead) -> Result<ChainHead, ChainFault> {
        if self.head == claimed {
            Ok(claimed)
        } else {
            Err(ChainFault::Head {
                found: self.head.seq,
                claimed: claimed.seq,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use clasper_core::{
        AuditEntry, AuditEntryId, AuditEvent, SystemIds, TenantId, Timestamp, canonical_json,
    };

    use super::*;

    fn chain(length: usize) -> Vec<LoggedEntry> {
        let mut head = ChainHead::EMPTY;
        (0..length)
            .map(|n| {
                let logged = head.append(AuditEntry {
                    id: AuditEntryId::generate(&SystemIds),
                    tenant: TenantId::new("acme").expect("a name"),
                    workspace: None,
                    trace: None,
                    user: None,
                    actor: "daemon_key".into(),
                    event: AuditEvent::BudgetChanged,
                    target: None,
                    detail: canonical_json(&serde_json::json!({"n": n})).expect("JSON"),
                    occurred_at: Timestamp::UNIX_EPOCH,
                });
                head = logged.head();
                logged
            })
            .collect()
    }

    fn verify(entries: &[LoggedEntry], claimed: ChainHead) -> Result<ChainHead, ChainFault> {
        let mut verifier = ChainVerifier::default();
        entries.iter().try_for_each(|entry| verifier.next(entry))?;
        verifier.finish(claimed)
    }

    #[test]
    fn an_untouched_chain_is_whole() {
        let entries = chain(5);
        let head = entries[4].head();
        assert_eq!(verify(&entries, head), Ok(head));
    }

    #[test]
    fn edits_drops_swaps_and_truncation_are_named() {
        let entries = chain(5);
        let head = entries[4].head();
        let mut edited = entries.clone();
        edited[2].entry.actor = "someone_else".into();
        assert_eq!(verify(&edited, head), Err(ChainFault::Leaf { seq: 3 }));
        let mut dropped = entries.clone();
        dropped.remove(1);
        assert_eq!(
            verify(&dropped, head),
            Err(ChainFault::Gap {
                expected: 2,
                found: 3
            })
        );
        let mut swapped = entries.clone();
        swapped.swap(0, 1);
        assert_eq!(
            verify(&swapped, head),
            Err(ChainFault::Gap {
                expected: 1,
                found: 2
            })
        );
        assert_eq!(
            verify(&entries[..3], head),
            Err(ChainFault::Head {
                found: 3,
                claimed: 5
            })
        );
        let mut forked = entries.clone();
        forked[3] = chain(5)[3].clone();
        assert_eq!(verify(&forked, head), Err(ChainFault::Link { seq: 4 }));
    }
}
