//! The pauses between attempts: exponential, bounded and spread.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::config::RetryConfig;

/// The pauses for one call. `seed` differs between calls, so that calls which failed together do not return together.
pub(crate) fn pauses(
    config: RetryConfig,
    seed: u64,
) -> impl Iterator<Item = Duration> + Send + Sync + Unpin {
    let retries = usize::try_from(config.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut state = seed;
    ExponentialBuilder::new()
        .with_factor(2.0)
        .with_min_delay(config.delay.min(config.max_delay))
        .with_max_delay(config.max_delay)
        .with_max_times(retries)
        .build()
        .map(move |pause| {
            let spread = config.jitter * (2.0 * next_fraction(&mut state) - 1.0);
            pause.mul_f64(1.0 + spread).min(config.max_delay)
        })
}

/// The next number in `0..1` of the `SplitMix64` sequence: spread is all that is needed here, not secrecy.
fn next_fraction(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let high = u32::try_from(mixed >> 32).unwrap_or(u32::MAX);
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(attempts: u32, jitter: f64) -> RetryConfig {
        RetryConfig {
            attempts,
            jitter,
            ..RetryConfig::default()
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds: Vec<f64> = pauses(config(8, 0.0), 1)
            .map(|pause| pause.as_secs_f64())
            .collect();
        assert_eq!(seconds, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
    }

    #[test]
    fn there_is_one_pause_less_than_attempts() {
        for (attempts, count) in [(0, 0), (1, 0), (2, 1), (3, 2)] {
            assert_eq!(pauses(config(attempts, 0.1), 1).count(), count);
        }
    }

    #[test]
    fn jitter_spreads_within_its_fraction_and_differs_between_calls() {
        let first: Vec<Duration> = (0..200)
            .filter_map(|seed| pauses(config(2, 0.1), seed).next())
            .collect();
        assert!(
            first
                .iter()
                .all(|pause| (900..=1100).contains(&pause.as_millis()))
        );
        let distinct: std::collections::HashSet<_> = first.iter().collect();
        assert!(distinct.len() > 190);
    }
}
