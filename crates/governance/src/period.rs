//! Budget periods: calendar months in the tenant's time zone, or stretches of fixed length.

use chrono::{Datelike, NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Tz;
use clasper_core::{Timestamp, truncate_to_micros};

/// How one period follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodKind {
    /// From the first of a month to the first of the next, midnight in the budget's time zone.
    CalendarMonth,
    /// As long as the first one, back to back.
    Fixed,
}

impl PeriodKind {
    /// The kind's stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CalendarMonth => "calendar_month",
            Self::Fixed => "fixed",
        }
    }
}

/// A stretch of time with a limit: from `start` up to, but without, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first moment.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
    /// How the next one follows.
    pub kind: PeriodKind,
}

/// Why a period is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeriodError {
    /// The end is not after the start.
    #[error("period_end must be after period_start")]
    Empty,
    /// Only one end was given.
    #[error("period_start and period_end must be given together")]
    OneEnded,
    /// Shorter than a minute or longer than ten years.
    #[error("a period lasts between one minute and ten years")]
    Length,
}

impl Period {
    /// The calendar month of `zone` that contains `now`.
    #[must_use]
    pub fn month_of(now: Timestamp, zone: Tz) -> Self {
        let local = now.with_timezone(&zone).date_naive();
        let first = local.with_day(1).unwrap_or(local);
        let next = first
            .checked_add_months(chrono::Months::new(1))
            .unwrap_or(NaiveDate::MAX);
        Self {
            start: midnight(first, zone),
            end: midnight(next, zone),
            kind: PeriodKind::CalendarMonth,
        }
    }

    /// A period with both ends given.
    ///
    /// # Errors
    /// [`PeriodError`] when it is empty, or shorter than a minute, or longer than ten years.
    pub fn fixed(start: Timestamp, end: Timestamp) -> Result<Self, PeriodError> {
        if end <= start {
            return Err(PeriodError::Empty);
        }
        let length = end - start;
        if length < TimeDelta::minutes(1) || length > TimeDelta::days(3660) {
            return Err(PeriodError::Length);
        }
        Ok(Self {
            start,
            end,
            kind: PeriodKind::Fixed,
        })
    }

    /// The period that contains `now`, following on from this one.
    #[must_use]
    pub fn at(self, now: Timestamp, zone: Tz) -> Self {
        if now < self.end {
            return self;
        }
        match self.kind {
            PeriodKind::CalendarMonth => Self::month_of(now, zone),
            PeriodKind::Fixed => {
                let length = (self.end - self.start)
                    .num_microseconds()
                    .unwrap_or(i64::MAX)
                    .max(1);
                let passed = (now - self.start).num_microseconds().unwrap_or(i64::MAX);
                let start = self.start + TimeDelta::microseconds(passed - passed % length);
                Self {
                    start,
                    end: start + TimeDelta::microseconds(length),
                    kind: self.kind,
                }
            }
        }
    }
}

/// The first moment of `day` in `zone`. Where a clock change removes midnight, the day begins with the change.
fn midnight(day: NaiveDate, zone: Tz) -> Timestamp {
    let at = |hour| {
        day.and_hms_opt(hour, 0, 0)
            .and_then(|t| zone.from_local_datetime(&t).earliest())
    };
    let first = (0..=3).find_map(at).map(|t| t.with_timezone(&chrono::Utc));
    truncate_to_micros(first.unwrap_or(Timestamp::MAX_UTC))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_month_is_the_tenants_month_not_the_servers() {
        let period = Period::month_of(time("2026-12-01T03:00:00Z"), chrono_tz::America::New_York);
        assert_eq!(
            period.start,
            time("2026-11-01T04:00:00Z"),
            "November began in daylight-saving time"
        );
        assert_eq!(
            period.end,
            time("2026-12-01T05:00:00Z"),
            "and ended in standard time"
        );
    }

    #[test]
    fn a_month_rolls_over_even_after_a_long_silence() {
        let period = Period::month_of(time("2026-01-15T00:00:00Z"), chrono_tz::UTC);
        let later = period.at(time("2026-11-20T10:00:00Z"), chrono_tz::UTC);
        assert_eq!(
            (later.start, later.end),
            (time("2026-11-01T00:00:00Z"), time("2026-12-01T00:00:00Z"))
        );
    }

    #[test]
    fn senseless_periods_are_refused() {
        let now = time("2026-11-20T10:00:00Z");
        assert_eq!(Period::fixed(now, now), Err(PeriodError::Empty));
        assert_eq!(
            Period::fixed(now, now + TimeDelta::seconds(1)),
            Err(PeriodError::Length)
        );
    }

    proptest! {
        #[test]
        fn the_period_at_a_moment_contains_the_moment(start in 0i64..2_000_000_000, length in 60i64..10_000_000, ahead in 0i64..1_000_000_000, zone in prop::sample::select(&chrono_tz::TZ_VARIANTS[..])) {
            let start = Timestamp::from_timestamp(start, 0).expect("in range");
            let now = start + TimeDelta::seconds(ahead);
            let fixed = Period::fixed(start, start + TimeDelta::seconds(length)).expect("sensible").at(now, zone);
            prop_assert!(fixed.start <= now && now < fixed.end);
            let month = Period::month_of(start, zone).at(now, zone);
            prop_assert!(month.start <= now && now < month.end);
        }
    }
}
