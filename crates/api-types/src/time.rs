//! Times on the wire.

use std::fmt;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use clasper_core::{Timestamp, truncate_to_micros, wire_time};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A moment: RFC 3339 with milliseconds and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WireTime(pub Timestamp);

impl From<Timestamp> for WireTime {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&wire_time(self.0))
    }
}

impl<'de> Deserialize<'de> for WireTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        moment(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("expected a time such as 2026-11-20T10:03:16.397Z"))
    }
}

impl PartialSchema for WireTime {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples([serde_json::json!("2026-11-20T10:03:16.397Z")])
            .into()
    }
}

impl ToSchema for WireTime {}

/// A moment, or a whole day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrTime {
    /// RFC 3339.
    Time(Timestamp),
    /// `YYYY-MM-DD`.
    Day(NaiveDate),
}

impl DateOrTime {
    /// The moment, or the first of the day.
    #[must_use]
    pub fn first(self) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Day(day) => start_of(day),
        }
    }

    /// The moment, or the last of the day.
    #[must_use]
    pub fn last(self) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Day(day) => day
                .checked_add_days(Days::new(1))
                .map_or(Timestamp::MAX_UTC, |next| {
                    start_of(next) - TimeDelta::microseconds(1)
                }),
        }
    }
}

fn start_of(day: NaiveDate) -> Timestamp {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

fn moment(text: &str) -> Option<Timestamp> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(truncate_to_micros(time.with_timezone(&Utc)))
}

/// `YYYY-MM-DD` and nothing looser.
fn day(text: &str) -> Option<NaiveDate> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain
        .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
        .flatten()
}

impl fmt::Display for DateOrTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&wire_time(*time)),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

impl Serialize for DateOrTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DateOrTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        moment(&text)
            .map(Self::Time)
            .or_else(|| day(&text).map(Self::Day))
            .ok_or_else(|| {
                de::Error::custom(
                    "expected a date (2026-11-20) or a time with its zone (2026-11-20T10:03:16Z)",
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<DateOrTime> {
        serde_json::from_value(serde_json::json!(text)).ok()
    }

    #[test]
    fn a_day_reaches_from_its_first_to_its_last_microsecond() {
        let day = read("2026-02-28").expect("a day");
        assert_eq!(day.first().to_rfc3339(), "2026-02-28T00:00:00+00:00");
        assert_eq!(day.last().to_rfc3339(), "2026-02-28T23:59:59.999999+00:00");
    }

    #[test]
    fn a_time_is_itself_in_utc() {
        let time = read("2026-11-20T11:03:16.397+01:00").expect("a time");
        assert_eq!(time.first(), time.last());
        assert_eq!(time.to_string(), "2026-11-20T10:03:16.397Z");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "today",
            "2026-1-2",
            "2026-02-30",
            "2026-11-20T10:03:16",
            "20261120",
            "+12026-01-01",
            "1763632996",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
