//! Totals over traces.

use clasper_core::{Timestamp, Usd};

use crate::trace::Trace;

/// How many microseconds of starts one stored total covers: an hour.
pub const TOTAL_MICROS: i64 = 3_600_000_000;

/// The first microsecond of the stored total that a start at `micros` belongs to.
#[must_use]
pub const fn total_of(micros: i64) -> i64 {
    micros - micros.rem_euclid(TOTAL_MICROS)
}

/// Which traces to count, by their start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatsRange {
    /// Started at or after.
    pub from: Option<Timestamp>,
    /// Started before or at.
    pub to: Option<Timestamp>,
}

/// A range in whole stored totals and what is left at its ends. All bounds are microseconds; ends are excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatsCover {
    /// From the first microsecond of a total to the last of another; `None` when no total is within the range.
    pub totals: Option<(i64, i64)>,
    /// Parts of totals, which have to be counted trace by trace.
    pub edges: Vec<(i64, i64)>,
}

impl StatsRange {
    /// The range in totals and edges.
    #[must_use]
    pub fn cover(self) -> StatsCover {
        let from = self.from.map_or(i64::MIN, |from| from.timestamp_micros());
        let to = self
            .to
            .map_or(i64::MAX, |to| to.timestamp_micros().saturating_add(1));
        if from >= to {
            return StatsCover {
                totals: None,
                edges: Vec::new(),
            };
        }
        let first = match self.from {
            None => i64::MIN,
            Some(_) if total_of(from) == from => from,
            Some(_) => total_of(from).saturating_add(TOTAL_MICROS),
        };
        let last = self.to.map_or(i64::MAX, |_| total_of(to));
        if first >= last {
            return StatsCover {
                totals: None,
                edges: vec![(from, to)],
            };
        }
        let edges = [(from, first), (last, to)];
        StatsCover {
            totals: Some((first, last)),
            edges: edges.into_iter().filter(|(a, b)| a < b).collect(),
        }
    }
}

/// How many microseconds of starts one stored count of a day covers.
pub const DAY_MICROS: i64 = 24 * TOTAL_MICROS;

/// Whole hours as whole days and the hours that are left at their ends. Bounds are microseconds; ends are excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCover {
    /// From the first microsecond of a day to the last of another; `None` when no day is within.
    pub days: Option<(i64, i64)>,
    /// What is left, less than a day at either end.
    pub hours: Vec<(i64, i64)>,
}

impl DayCover {
    /// Of the hours from `from` up to `to`, as [`StatsCover::totals`] has them.
    #[must_use]
    pub fn of((from, to): (i64, i64)) -> Self {
        let day = |micros: i64| micros - micros.rem_euclid(DAY_MICROS);
        let first = match from {
            i64::MIN => i64::MIN,
            _ if day(from) == from => from,
            _ => day(from).saturating_add(DAY_MICROS),
        };
        let last = if to == i64::MAX { to } else { day(to) };
        if first >= last {
            return Self {
                days: None,
                hours: vec![(from, to)],
            };
        }
        let ends = [(from, first), (last, to)];
        Self {
            days: Some((first, last)),
            hours: ends.into_iter().filter(|(a, b)| a < b).collect(),
        }
    }
}

/// Totals over traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TraceStats {
    /// How many.
    pub traces: u64,
    /// How many did not complete.
    pub failed: u64,
    /// Tokens of all prompts.
    pub input_tokens: u64,
    /// Tokens of all answers.
    pub output_tokens: u64,
    /// What they cost.
    pub cost: Usd,
    /// How long they took together.
    pub duration_ms: u64,
}

impl TraceStats {
    /// One trace.
    #[must_use]
    pub const fn of(trace: &Trace) -> Self {
        Self {
            traces: 1,
            failed: trace.error.is_some() as u64,
            input_tokens: trace.usage.input_tokens,
            output_tokens: trace.usage.output_tokens,
            cost: trace.usage.total_cost_usd,
            duration_ms: trace.duration_ms,
        }
    }

    /// Their mean duration in milliseconds; zero without any.
    #[must_use]
    pub fn mean_duration_ms(&self) -> f64 {
        ratio(self.duration_ms, self.traces)
    }

    /// The share of them that did not complete, 0 to 1.
    #[must_use]
    pub fn failure_rate(&self) -> f64 {
        ratio(self.failed, self.traces)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "means and shares are shown, not summed"
)]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_timestamp_micros(micros).expect("within range")
    }

    proptest! {
        #[test]
        fn totals_and_edges_cover_a_range_once(
            from in proptest::option::of(-10_000_000_000_i64..30_000_000_000),
            to in proptest::option::of(-10_000_000_000_i64..30_000_000_000),
            start in -15_000_000_000_i64..35_000_000_000,
        ) {
            let range = StatsRange { from: from.map(at), to: to.map(at) };
            let cover = range.cover();
            let wanted = from.is_none_or(|from| from <= start) && to.is_none_or(|to| start <= to);
            let within = |(a, b): &(i64, i64)| *a <= start && start < *b;
            // A total is whole or not there: where it lies is decided by its first microsecond.
            let by_total = cover.totals.iter().filter(|(a, b)| *a <= total_of(start) && total_of(start) < *b).count();
            let by_edge = cover.edges.iter().filter(|edge| within(edge)).count();
            prop_assert_eq!(by_total + by_edge, usize::from(wanted), "{:?}", cover);
        }

        #[test]
        fn days_and_hours_cover_whole_hours_once(
            from in proptest::option::of(-60_i64..60),
            to in proptest::option::of(-60_i64..60),
            hour in -80_i64..80,
        ) {
            let (from, to) = (from.map_or(i64::MIN, |h| h * TOTAL_MICROS), to.map_or(i64::MAX, |h| h * TOTAL_MICROS));
            prop_assume!(from < to);
            let start = hour * TOTAL_MICROS;
            let wanted = from <= start && start < to;
            let cover = DayCover::of((from, to));
            let day = start - start.rem_euclid(DAY_MICROS);
            let by_day = cover.days.iter().filter(|(a, b)| *a <= day && day < *b).count();
            let by_hour = cover.hours.iter().filter(|(a, b)| *a <= start && start < *b).count();
            prop_assert_eq!(by_day + by_hour, usize::from(wanted), "{:?}", cover);
            prop_assert!(cover.hours.iter().all(|(a, b)| b - a < DAY_MICROS || cover.days.is_none()));
        }
    }

    #[test]
    fn no_edge_is_as_long_as_a_total_and_whole_hours_have_none() {
        let hour = TOTAL_MICROS;
        let range = StatsRange {
            from: Some(at(hour)),
            to: Some(at(3 * hour - 1)),
        };
        let cover = range.cover();
        assert_eq!(cover.totals, Some((hour, 3 * hour)));
        assert!(cover.edges.is_empty());
    }
}
