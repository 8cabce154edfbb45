//! A compact record of amounts that were seen: enough to say between which bounds the next one will lie.

use serde::{Deserialize, Serialize};

/// How often, in per cent, the next amount lies within [`Sketch::interval`].
pub const COVERAGE_PERCENT: u8 = 90;
/// Per cent of next amounts that may lie beyond each end.
const TAIL_PERCENT: u64 = 5;
/// Buckets of one doubling. An amount and the edges of its bucket differ by at most an eighth.
const PER_DOUBLING: u64 = 8;
/// Buckets: eight for the amounts 0 to 7, then eight for each doubling up to the largest 64-bit number.
const BUCKETS: usize = 8 + 61 * 8;
/// Weight at which everything seen counts half: recent amounts count for more, and counts stay small.
const FULL_WEIGHT: u64 = 1_024;

/// Counts of amounts in buckets of logarithmic width (an eighth of a doubling; the smallest eight amounts are exact).
///
/// Adding is constant work. Two sketches merge into that of both. As JSON it has an entry per bucket in use; amounts within
/// three orders of magnitude take some 80 of them, under 700 bytes.
///
/// The interval is the split-conformal one of order statistics: over histories whose amounts come in no particular order, the
/// next amount lies within it at least [`COVERAGE_PERCENT`] times in a hundred, whatever the distribution. Bucket edges are taken
/// outwards, so bucketing never costs coverage. When what is typical changes, coverage suffers until the new amounts weigh
/// enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredSketch", into = "StoredSketch")]
pub struct Sketch {
    counts: Vec<u32>,
    weight: u64,
    /// How many of the amounts are only known to be at least what was counted.
    cut_short: u64,
}

/// A stored sketch contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored sketch has buckets out of order, out of range or without a count")]
pub struct SketchError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSketch {
    buckets: Vec<(u16, u32)>,
    cut_short: u64,
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            weight: 0,
            cut_short: 0,
        }
    }
}

impl Sketch {
    /// Adds an amount.
    pub fn add(&mut self, amount: u64) {
        if let Some(count) = self.counts.get_mut(bucket(amount)) {
            *count = count.saturating_add(1);
            self.weight += 1;
        }
        self.forget();
    }

    /// Adds an amount that would have been larger, had it not been stopped by a limit.
    pub fn add_cut_short(&mut self, amount: u64) {
        self.cut_short += 1;
        self.add(amount);
    }

    /// Adds everything that `other` has seen.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
        self.cut_short = self.cut_short.saturating_add(other.cut_short);
        self.weigh();
        self.forget();
    }

    /// How many amounts it holds; what was forgotten does not count.
    #[must_use]
    pub const fn weight(&self) -> u64 {
        self.weight
    }

    /// The middle amount, within an eighth; `None` before the first.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        let (low, high) = self.at_rank(self.weight.div_ceil(2))?;
        Some(low + (high - low) / 2)
    }

    /// Between what the next amount lies, [`COVERAGE_PERCENT`] times in a hundred. An end is `None` as long as too little was
    /// seen to say: fewer than 19 amounts, or too many of them cut short.
    #[must_use]
    pub fn interval(&self) -> (Option<u64>, Option<u64>) {
        let places = self.weight + 1;
        let low = places * TAIL_PERCENT / 100;
        // Of the amounts cut short nobody knows how large they would have been: any of them could be above all others.
        let high = (places * (100 - TAIL_PERCENT)).div_ceil(100) + self.cut_short;
        (
            self.at_rank(low).map(|(edge, _)| edge),
            self.at_rank(high).map(|(_, edge)| edge),
        )
    }

    /// The bucket of the amount with this rank, counted from 1 for the smallest.
    fn at_rank(&self, rank: u64) -> Option<(u64, u64)> {
        if rank == 0 {
            return None;
        }
        let mut seen = 0;
        let is_there = |count: &u32| {
            seen += u64::from(*count);
            seen >= rank
        };
        self.counts.iter().position(is_there).map(edges)
    }

    fn weigh(&mut self) {
        self.weight = self.counts.iter().copied().map(u64::from).sum();
    }

    /// Halves everything once it weighs enough. Halves are rounded up, so that what was seen once is not lost: the interval
    /// becomes rather too wide than too narrow.
    fn forget(&mut self) {
        while self.weight >= FULL_WEIGHT {
            for count in &mut self.counts {
                *count = count.div_ceil(2);
            }
            self.cut_short = self.cut_short.div_ceil(2);
            self.weigh();
        }
    }
}

/// The bucket of an amount.
fn bucket(amount: u64) -> usize {
    let index = if amount < PER_DOUBLING {
        amount
    } else {
        let doubling = u64::from(amount.ilog2()) - 3;
        (doubling + 1) * PER_DOUBLING + (amount >> doubling) % PER_DOUBLING
    };
    usize::try_from(index).unwrap_or(BUCKETS - 1)
}

/// The smallest and the largest amount of a bucket.
fn edges(bucket: usize) -> (u64, u64) {
    let index = u64::try_from(bucket).unwrap_or(u64::MAX);
    if index < PER_DOUBLING {
        return (index, index);
    }
    let doubling = index / PER_DOUBLING - 1;
    let low = (PER_DOUBLING + index % PER_DOUBLING) << doubling;
    (low, low + ((1 << doubling) - 1))
}

impl From<Sketch> for StoredSketch {
    fn from(sketch: Sketch) -> Self {
        let used = sketch
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        Self {
            buckets: used
                .filter_map(|(bucket, count)| Some((u16::try_from(bucket).ok()?, *count)))
                .collect(),
            cut_short: sketch.cut_short,
        }
    }
}

impl TryFrom<StoredSketch> for Sketch {
    type Error = SketchError;

    fn try_from(stored: StoredSketch) -> Result<Self, SketchError> {
        let mut sketch = Self::default();
        let mut next = 0;
        for (bucket, count) in stored.buckets {
            let place = sketch.counts.get_mut(usize::from(bucket));
            match place {
                Some(place) if bucket >= next && count > 0 => *place = count,
                _ => return Err(SketchError),
            }
            next = bucket + 1;
        }
        sketch.weigh();
        sketch.cut_short = stored.cut_short;
        if sketch.cut_short > sketch.weight {
            return Err(SketchError);
        }
        sketch.forget();
        Ok(sketch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sketch(amounts: &[u64]) -> Sketch {
        let mut sketch = Sketch::default();
        for amount in amounts {
            sketch.add(*amount);
        }
        sketch
    }

    #[test]
    fn the_buckets_follow_one_another_from_nothing_to_the_largest_amount() {
        let mut next = Some(0);
        for bucket in 0..BUCKETS {
            let (low, high) = edges(bucket);
            assert_eq!((Some(low), low <= high), (next, true), "{bucket}");
            next = high.checked_add(1);
        }
        assert_eq!(next, None, "the last bucket ends at the largest amount");
    }

    #[test]
    fn too_few_amounts_say_nothing_about_the_next() {
        let few: Vec<u64> = (1..=18).collect();
        assert_eq!(sketch(&few).interval(), (None, None));
        let enough: Vec<u64> = (1..=19).collect();
        assert_eq!(sketch(&enough).interval(), (Some(1), Some(19)));
    }

    #[test]
    fn amounts_that_were_cut_short_leave_the_upper_end_open() {
        let mut sketch = sketch(&[100; 50]);
        assert!(sketch.interval().1.is_some());
        (0..50).for_each(|_| sketch.add_cut_short(100));
        let (low, high) = sketch.interval();
        assert!(low.is_some() && high.is_none());
    }

    #[test]
    fn stored_sketches_that_contradict_themselves_are_refused() {
        for bad in [
            r#"{"buckets":[[3,1],[2,1]],"cut_short":0}"#,
            r#"{"buckets":[[3,1],[3,1]],"cut_short":0}"#,
            r#"{"buckets":[[3,0]],"cut_short":0}"#,
            r#"{"buckets":[[496,1]],"cut_short":0}"#,
            r#"{"buckets":[[65535,1]],"cut_short":0}"#,
            r#"{"buckets":[[3,1]],"cut_short":2}"#,
            r#"{"buckets":[],"cut_short":0,"more":1}"#,
        ] {
            assert!(serde_json::from_str::<Sketch>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_long_history_stays_a_few_hundred_bytes() {
        let mut sketch = Sketch::default();
        for n in 0..100_000_u64 {
            sketch.add(1_000_000 + n * n % 999_000_000);
        }
        let stored = serde_json::to_string(&sketch).expect("JSON");
        assert!(stored.len() < 1_000, "{} bytes", stored.len());
        assert!(sketch.weight() < FULL_WEIGHT);
    }

    proptest! {
        #[test]
        fn an_amount_lies_in_its_bucket_and_its_bucket_is_narrow(amount in any::<u64>()) {
            let (low, high) = edges(bucket(amount));
            prop_assert!(low <= amount && amount <= high);
            prop_assert!(high - low <= low / PER_DOUBLING);
        }

        #[test]
        fn a_sketch_survives_its_stored_form(amounts in prop::collection::vec(any::<u64>(), 0..300), cut in 0usize..20) {
            let mut sketch = sketch(&amounts);
            (0..cut).for_each(|_| sketch.add_cut_short(7));
            let stored = serde_json::to_string(&sketch).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Sketch>(&stored).expect("reads"), sketch);
        }

        #[test]
        fn merging_is_seeing_both(a in prop::collection::vec(any::<u64>(), 0..400), b in prop::collection::vec(any::<u64>(), 0..400)) {
            let mut merged = sketch(&a);
            merged.merge(&sketch(&b));
            prop_assert_eq!(merged, sketch(&[a, b].concat()));
        }

        #[test]
        fn the_middle_lies_within_the_interval(amounts in prop::collection::vec(any::<u64>(), 19..300)) {
            let sketch = sketch(&amounts);
            let (low, high) = sketch.interval();
            let median = sketch.median().expect("not empty");
            prop_assert!(low.expect("enough") <= median && median <= high.expect("enough"));
        }
    }
}
