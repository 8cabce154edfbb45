//! The share of traces that are kept, decided from their ids.

use std::fmt;

use clasper_core::{Sha256Digest, TraceId};
use serde::{Deserialize, Deserializer, Serialize, de};

/// All of them.
const WHOLE: u32 = 1_000_000;

/// What is hashed before the id, so that the choice has nothing to do with any other hash of ids.
const PURPOSE: &[u8] = b"clasper retention sample v1\n";

/// A share of traces, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SampleRate(u32);

impl Default for SampleRate {
    /// A tenth, as in the reference (section 13.6).
    fn default() -> Self {
        Self(WHOLE / 10)
    }
}

impl SampleRate {
    /// So many millionths; `None` when that is more than all.
    #[must_use]
    pub fn from_millionths(millionths: u32) -> Option<Self> {
        (millionths <= WHOLE).then_some(Self(millionths))
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// Whether the trace is among those that are kept: always the same for the same id, and for a higher rate too.
    #[must_use]
    pub fn takes(self, trace: TraceId) -> bool {
        let mut input = PURPOSE.to_vec();
        input.extend_from_slice(trace.as_uuid().as_bytes());
        let digest = Sha256Digest::of(&input);
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        // The first 64 bits as a fraction of one, in millionths, rounded down.
        let place = (u128::from(u64::from_be_bytes(first)) * u128::from(WHOLE)) >> 64;
        place < u128::from(self.0)
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {WHOLE}", self.0)
    }
}

impl<'de> Deserialize<'de> for SampleRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millionths = u32::deserialize(deserializer)?;
        Self::from_millionths(millionths).ok_or_else(|| de::Error::custom("more than all traces"))
    }
}

#[cfg(test)]
mod tests {
    use clasper_core::SequentialIds;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn about_as_many_are_taken_as_asked() {
        let ids = SequentialIds::default();
        let traces: Vec<TraceId> = (0..20_000).map(|_| TraceId::generate(&ids)).collect();
        for (millionths, expected) in [(0, 0), (100_000, 2_000), (500_000, 10_000), (WHOLE, 20_000)]
        {
            let rate = SampleRate::from_millionths(millionths).expect("at most all");
            let taken = traces.iter().filter(|trace| rate.takes(**trace)).count();
            // Four standard deviations of the widest.
            assert!(taken.abs_diff(expected) <= 285, "{rate}: {taken}");
        }
        assert_eq!(SampleRate::from_millionths(WHOLE + 1), None);
    }

    proptest! {
        #[test]
        fn who_is_taken_at_a_rate_is_taken_at_every_higher_one(
            id in any::<u128>(), low in 0..=WHOLE, high in 0..=WHOLE,
        ) {
            let trace = TraceId::from_bytes(id.to_be_bytes());
            let (low, high) = (low.min(high), low.max(high));
            prop_assert!(!SampleRate(low).takes(trace) || SampleRate(high).takes(trace));
        }
    }
}
