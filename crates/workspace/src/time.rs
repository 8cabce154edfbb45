//! What an agent is told about the time.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::Error;

/// A moment and where it is read from the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeContext {
    /// The moment.
    pub now: DateTime<Utc>,
    /// The time zone in which people read it.
    pub time_zone: Tz,
}

impl TimeContext {
    /// The date there.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.time_zone).date_naive()
    }

    /// Appends the block `## Current Time`.
    pub(crate) fn write(&self, out: &mut String) {
        let local = self.now.with_timezone(&self.time_zone);
        let result = write!(
            out,
            "## Current Time\n\n- **Date:** {}\n- **Time:** {}\n- **Timezone:** {}",
            local.format("%A, %B %-d, %Y"),
            local.format("%-I:%M %p"),
            self.time_zone.name(),
        );
        result.expect("writing to a string cannot fail");
    }
}

/// The time zone called `name` in the IANA database.
///
/// # Errors
/// [`Error::TimeZone`] when there is none.
pub fn parse_time_zone(name: &str) -> Result<Tz, Error> {
    name.parse().map_err(|_| Error::TimeZone)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::{TimeContext, parse_time_zone};

    #[test]
    fn the_block_has_the_published_form() {
        let now = Utc
            .with_ymd_and_hms(2026, 2, 2, 3, 15, 59)
            .single()
            .expect("a valid time");
        let time_zone = parse_time_zone("America/Los_Angeles").expect("it exists");
        let mut out = String::new();
        TimeContext { now, time_zone }.write(&mut out);
        assert_eq!(
            out,
            "## Current Time\n\n- **Date:** Sunday, February 1, 2026\n- **Time:** 7:15 PM\n- **Timezone:** America/Los_Angeles"
        );
    }

    #[test]
    fn unknown_time_zones_are_refused() {
        for wrong in ["", "Mars/Olympus", "../UTC", "UTC\0"] {
            assert!(parse_time_zone(wrong).is_err(), "{wrong:?}");
        }
        assert!(parse_time_zone("UTC").is_ok());
    }
}
