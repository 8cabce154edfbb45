//! Time as a capability: UTC, truncated to microseconds.

use std::sync::Mutex;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

/// A moment in UTC with microsecond precision.
///
/// The two databases differ below a microsecond, so nothing finer ever enters the system.
pub type Timestamp = DateTime<Utc>;

/// Tells the time. Services hold one as `Arc<dyn Clock>`.
pub trait Clock: Send + Sync {
    /// Now, truncated to microseconds.
    fn now(&self) -> Timestamp;
}

/// `time` without what lies below a microsecond.
#[must_use]
pub fn truncate_to_micros(time: DateTime<Utc>) -> Timestamp {
    time.trunc_subsecs(6)
}

/// RFC 3339 with milliseconds and `Z`, the form of every time on the wire.
#[must_use]
pub fn wire_time(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the wall clock"
    )]
    fn now(&self) -> Timestamp {
        truncate_to_micros(Utc::now())
    }
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock standing at `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Mutex::new(truncate_to_micros(start)))
    }

    /// Moves the clock to `time`.
    pub fn set(&self, time: Timestamp) {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = truncate_to_micros(time);
    }

    /// Moves the clock forward by `step`.
    pub fn advance(&self, step: chrono::TimeDelta) {
        let mut now = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += step;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
