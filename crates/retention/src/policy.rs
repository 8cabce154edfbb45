//! What a tenant wants kept, and what follows for one trace.

use clasper_core::{Timestamp, TraceId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sample::SampleRate;

/// Days that traces are kept where a policy does not say (reference section 13.6).
pub const DEFAULT_DAYS: u32 = 90;
/// The most days that a policy may say: ten years (reference section 4.8).
pub const LONGEST_DAYS: u32 = 3_650;

/// Which traces are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// All.
    #[default]
    Full,
    /// A share of them, and those that matter.
    Sampled,
    /// Those that matter.
    ErrorsOnly,
}

/// How much of a trace is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageMode {
    /// Everything.
    #[default]
    Full,
    /// Everything but texts, of which the hashes are kept.
    Summary,
    /// What lists show of it: who, when, how it ended, what it cost.
    Minimal,
}

/// Whether a trace may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It may.
    Ordinary,
    /// It failed, was refused, or went beyond its grant: it is always kept.
    Notable,
}

/// Why a trace was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// It is not among the share that is kept.
    SampledOut,
    /// Only errors are kept.
    ErrorsOnly,
}

/// What is done with a trace when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is kept as it is.
    Whole,
    /// It is kept without its texts.
    Summary,
    /// Only its summary is kept.
    Minimal,
    /// It is not kept.
    Not(LeftOut),
}

impl Keep {
    /// What the entry of a trace says of it, beside the hash of what is stored; nothing when it is whole.
    #[must_use]
    pub fn said(self, policy: &RetentionPolicy) -> Option<Value> {
        let revision = policy.revision;
        match self {
            Self::Whole => None,
            Self::Summary => Some(json!({"stored": "summary", "policy_revision": revision})),
            Self::Minimal => Some(json!({"stored": "minimal", "policy_revision": revision})),
            Self::Not(reason) => {
                Some(json!({"stored": "no", "reason": reason, "policy_revision": revision}))
            }
        }
    }
}

/// What a tenant wants kept. It is stored with the tenant's account, so that every write sees the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionPolicy {
    /// Counted from 1.
    pub revision: i64,
    /// How many days traces are kept, from their start.
    pub days: u32,
    /// Which are kept.
    pub sampling: Sampling,
    /// The share of those that may be left out; of meaning with [`Sampling::Sampled`].
    pub rate: SampleRate,
    /// How much of each.
    pub storage: StorageMode,
    /// Whether nothing may be forgotten.
    pub legal_hold: bool,
    /// When it was first set.
    pub created_at: Timestamp,
    /// When it was last set.
    pub updated_at: Timestamp,
    /// By whom ([`clasper_core::Principal::actor`]).
    pub updated_by: String,
}

/// What is to change in a policy; what is absent stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PolicyChange {
    /// Days.
    pub days: Option<u32>,
    /// Which traces.
    pub sampling: Option<Sampling>,
    /// The share of them.
    pub rate: Option<SampleRate>,
    /// How much of each.
    pub storage: Option<StorageMode>,
    /// Whether nothing may be forgotten.
    pub legal_hold: Option<bool>,
}

impl RetentionPolicy {
    /// The policy after `change`; where there was none, from the defaults: 90 days, everything.
    #[must_use]
    pub fn changed(
        before: Option<&Self>,
        change: &PolicyChange,
        now: Timestamp,
        actor: &str,
    ) -> Self {
        Self {
            revision: before.map_or(0, |p| p.revision) + 1,
            days: change
                .days
                .or(before.map(|p| p.days))
                .unwrap_or(DEFAULT_DAYS),
            sampling: change
                .sampling
                .or(before.map(|p| p.sampling))
                .unwrap_or_default(),
            rate: change.rate.or(before.map(|p| p.rate)).unwrap_or_default(),
            storage: change
                .storage
                .or(before.map(|p| p.storage))
                .unwrap_or_default(),
            legal_hold: change
                .legal_hold
                .or(before.map(|p| p.legal_hold))
                .unwrap_or(false),
            created_at: before.map_or(now, |p| p.created_at),
            updated_at: now,
            updated_by: actor.to_owned(),
        }
    }

    /// What is done with a trace that is being written.
    #[must_use]
    pub fn keep(&self, trace: TraceId, weight: Weight) -> Keep {
        if self.legal_hold {
            return Keep::Whole;
        }
        if weight == Weight::Ordinary {
            match self.sampling {
                Sampling::Full => {}
                Sampling::Sampled if self.rate.takes(trace) => {}
                Sampling::Sampled => return Keep::Not(LeftOut::SampledOut),
                Sampling::ErrorsOnly => return Keep::Not(LeftOut::ErrorsOnly),
            }
        }
        match self.storage {
            StorageMode::Full => Keep::Whole,
            StorageMode::Summary => Keep::Summary,
            StorageMode::Minimal => Keep::Minimal,
        }
    }

    /// What began before this is past its days; `None` under a legal hold, when nothing is.
    #[must_use]
    pub fn cutoff(&self, now: Timestamp) -> Option<Timestamp> {
        const DAY_MICROS: i64 = 86_400_000_000;
        let past = i64::from(self.days) * DAY_MICROS;
        let micros = now.timestamp_micros().checked_sub(past)?;
        Timestamp::from_timestamp_micros(micros).filter(|_| !self.legal_hold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(change: PolicyChange) -> RetentionPolicy {
        let now = "2026-11-20T10:00:00Z".parse().expect("a time");
        RetentionPolicy::changed(None, &change, now, "system")
    }

    const TRACE: TraceId = TraceId::from_bytes([7; 16]);

    #[test]
    fn what_matters_is_kept_whatever_the_sampling() {
        for sampling in [Sampling::Full, Sampling::Sampled, Sampling::ErrorsOnly] {
            let policy = policy(PolicyChange {
                sampling: Some(sampling),
                rate: SampleRate::from_millionths(0),
                ..PolicyChange::default()
            });
            assert_eq!(policy.keep(TRACE, Weight::Notable), Keep::Whole);
            let ordinary = policy.keep(TRACE, Weight::Ordinary);
            assert_eq!(ordinary == Keep::Whole, sampling == Sampling::Full);
        }
    }

    #[test]
    fn a_legal_hold_keeps_everything_whole_and_for_ever() {
        let policy = policy(PolicyChange {
            sampling: Some(Sampling::ErrorsOnly),
            storage: Some(StorageMode::Minimal),
            legal_hold: Some(true),
            ..PolicyChange::default()
        });
        assert_eq!(policy.keep(TRACE, Weight::Ordinary), Keep::Whole);
        assert_eq!(policy.cutoff(policy.updated_at), None);
    }

    #[test]
    fn a_change_leaves_the_rest_and_counts_the_revision() {
        let first = policy(PolicyChange {
            storage: Some(StorageMode::Summary),
            ..PolicyChange::default()
        });
        assert_eq!((first.revision, first.days), (1, DEFAULT_DAYS));
        let later = first.updated_at + std::time::Duration::from_mins(1);
        let days = PolicyChange {
            days: Some(7),
            ..PolicyChange::default()
        };
        let second = RetentionPolicy::changed(Some(&first), &days, later, "ops");
        assert_eq!((second.revision, second.days), (2, 7));
        assert_eq!(second.storage, StorageMode::Summary);
        assert_eq!(
            (second.created_at, second.updated_at),
            (first.created_at, later)
        );
        let week = second.cutoff(later).expect("no hold");
        assert_eq!((later - week).num_days(), 7);
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let policy = policy(PolicyChange::default());
        let text = serde_json::to_string(&policy).expect("JSON");
        let read: RetentionPolicy = serde_json::from_str(&text).expect("its own text");
        assert_eq!(read, policy);
    }
}
