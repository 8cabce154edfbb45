//! When a message is tried again.

use std::time::Duration;

use crate::delivery::{BlockReason, Delivery};

/// The longest wait that a receiver can ask for.
pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);
/// How much longer than planned a wait may become, so that messages which failed together do not return together.
const JITTER: f64 = 0.2;

/// The waits between attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule {
    pauses: Vec<Duration>,
    short: usize,
}

/// What to do with a message after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// It is delivered.
    Done,
    /// Try again after this time.
    Retry {
        /// How long to wait.
        after: Duration,
    },
    /// Enough attempts; it stays undelivered until someone asks for it again.
    GiveUp,
    /// The receiver is gone: send nothing more to this endpoint.
    DisableEndpoint,
}

impl RetrySchedule {
    /// A schedule that waits for each of `pauses` in turn, and for the first `short` of them only when the receiver answers
    /// that the request is wrong.
    #[must_use]
    pub fn new(pauses: Vec<Duration>, short: usize) -> Self {
        Self { pauses, short }
    }

    /// The schedule of Standard Webhooks 1.0.0: ten attempts over three days, six over seven and a half hours when the
    /// receiver answers that the request is wrong. Not fewer, because what stands before a receiver that is down often
    /// answers 404.
    #[must_use]
    pub fn standard() -> Self {
        let pauses = vec![
            Duration::from_secs(5),
            Duration::from_mins(5),
            Duration::from_mins(30),
            Duration::from_hours(2),
            Duration::from_hours(5),
            Duration::from_hours(10),
            Duration::from_hours(14),
            Duration::from_hours(20),
            Duration::from_hours(24),
        ];
        Self::new(pauses, 5)
    }

    /// What follows `delivery`, the outcome of the attempt that made the number of attempts `attempts` (1 for the first).
    /// `jitter` is a random number from 0 to 1.
    #[must_use]
    pub fn next(&self, delivery: &Delivery, attempts: u32, jitter: f64) -> NextStep {
        let (limit, asked) = match delivery {
            Delivery::Accepted { .. } => return NextStep::Done,
            Delivery::Refused {
                permanent: true, ..
            } => return NextStep::DisableEndpoint,
            // Until someone changes the URL or the policy, the answer is the same.
            Delivery::Blocked {
                reason: BlockReason::Url(_) | BlockReason::Request,
            } => return NextStep::GiveUp,
            Delivery::Refused {
                status,
                retry_after,
                ..
            } => (self.limit_of(*status), retry_after.unwrap_or_default()),
            Delivery::Blocked { .. } => (self.short, Duration::ZERO),
            Delivery::Unreachable { .. } => (self.pauses.len(), Duration::ZERO),
        };
        let made = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        match self.pauses.iter().take(limit).nth(made) {
            Some(pause) => NextStep::Retry {
                after: lengthen((*pause).max(asked.min(MAX_RETRY_AFTER)), jitter),
            },
            None => NextStep::GiveUp,
        }
    }

    fn limit_of(&self, status: u16) -> usize {
        match status {
            408 | 425 | 429 | 500.. => self.pauses.len(),
            _ => self.short,
        }
    }
}

/// Never shorter: a receiver that asked for a time gets it.
fn lengthen(pause: Duration, jitter: f64) -> Duration {
    let share = if jitter.is_nan() {
        0.0
    } else {
        jitter.clamp(0.0, 1.0)
    };
    Duration::try_from_secs_f64(pause.as_secs_f64() * (1.0 + JITTER * share)).unwrap_or(pause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::UnreachableCause;

    const DOWN: Delivery = Delivery::Unreachable {
        cause: UnreachableCause::Connection,
    };

    fn refused(status: u16, retry_after: Option<u64>) -> Delivery {
        Delivery::Refused {
            status,
            permanent: status == 410,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    /// When the attempts are made, in seconds after the first.
    fn attempts_at(delivery: &Delivery) -> Vec<u64> {
        let schedule = RetrySchedule::standard();
        let mut times = vec![0];
        while let NextStep::Retry { after } =
            schedule.next(delivery, u32::try_from(times.len()).expect("few"), 0.0)
        {
            times.push(times.last().expect("the first") + after.as_secs());
        }
        times
    }

    #[test]
    fn a_receiver_that_is_down_is_tried_for_three_days_as_the_specification_suggests() {
        let table = [
            0, 5, 305, 2_105, 9_305, 27_305, 63_305, 113_705, 185_705, 272_105,
        ];
        assert_eq!(attempts_at(&DOWN), table);
        assert_eq!(attempts_at(&refused(503, None)), table);
        assert_eq!(attempts_at(&refused(429, None)), table);
    }

    #[test]
    fn a_receiver_that_finds_the_request_wrong_is_tried_less_often() {
        let table = [0, 5, 305, 2_105, 9_305, 27_305];
        for status in [301, 400, 401, 404, 422] {
            assert_eq!(attempts_at(&refused(status, None)), table, "{status}");
        }
        let reason = BlockReason::Address { what: "private" };
        assert_eq!(attempts_at(&Delivery::Blocked { reason }), table);
    }

    #[test]
    fn what_cannot_change_by_waiting_is_not_tried_again() {
        let schedule = RetrySchedule::standard();
        let next = |delivery: Delivery| schedule.next(&delivery, 1, 0.5);
        assert_eq!(next(Delivery::Accepted { status: 204 }), NextStep::Done);
        assert_eq!(next(refused(410, None)), NextStep::DisableEndpoint);
        let reason = BlockReason::Request;
        assert_eq!(next(Delivery::Blocked { reason }), NextStep::GiveUp);
    }

    #[test]
    fn the_receivers_wish_and_the_jitter_only_lengthen_a_wait() {
        let schedule = RetrySchedule::standard();
        let after = |delivery: Delivery, attempts, jitter| match schedule
            .next(&delivery, attempts, jitter)
        {
            NextStep::Retry { after } => after.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(after(refused(503, Some(60)), 1, 0.0), 60);
        assert_eq!(after(refused(503, Some(60)), 2, 0.0), 300);
        assert_eq!(after(refused(503, Some(u64::MAX)), 1, 0.0), 86_400);
        assert_eq!(after(DOWN, 2, 1.0), 360);
        assert_eq!(after(DOWN, 2, 0.5), 330);
        for strange in [f64::NAN, -1.0, f64::NEG_INFINITY] {
            assert_eq!(after(DOWN, 2, strange), 300, "{strange}");
        }
        assert_eq!(after(DOWN, 2, f64::INFINITY), 360);
    }

    #[test]
    fn strange_schedules_end_instead_of_failing() {
        let endless = RetrySchedule::new(vec![Duration::MAX], usize::MAX);
        let after = Duration::MAX;
        assert_eq!(endless.next(&DOWN, 0, 1.0), NextStep::Retry { after });
        assert_eq!(endless.next(&DOWN, u32::MAX, 1.0), NextStep::GiveUp);
    }
}
