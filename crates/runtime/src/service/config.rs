//! The knobs of the agent loop, with the reference's defaults.

use std::time::Duration;

use chrono_tz::Tz;
use clasper_core::WorkspaceId;

use crate::model::ModelRef;

/// How failed model calls are tried again (`CLASPER_RETRY_*`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Attempts with one model, the first included; 0 counts as 1.
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each further one.
    pub delay: Duration,
    /// The longest pause.
    pub max_delay: Duration,
    /// How far pauses are spread, as a fraction of themselves.
    pub jitter: f64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            jitter: 0.1,
        }
    }
}

impl RetryPolicy {
    /// The pause after `failures` failures (1 for the first). `noise` spreads it: runs that failed together must not
    /// come back together.
    #[must_use]
    pub fn pause(&self, failures: u32, noise: u128) -> Duration {
        let doubled = self
            .delay
            .saturating_mul(
                1_u32
                    .checked_shl(failures.saturating_sub(1))
                    .unwrap_or(u32::MAX),
            )
            .min(self.max_delay);
        let spread = self.jitter.clamp(0.0, 1.0) * (2.0 * fraction(noise) - 1.0);
        doubled.mul_f64(1.0 + spread).min(self.max_delay)
    }
}

/// A number in `0..1` from the low bits of an id, mixed (`SplitMix64`) because counted ids differ in a few bits only.
fn fraction(noise: u128) -> f64 {
    let low = u64::try_from(noise & u128::from(u64::MAX)).unwrap_or_default();
    let mut mixed = low.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let high = u32::try_from(mixed >> 32).unwrap_or(u32::MAX);
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

/// How runs are made.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentConfig {
    /// The model of every run.
    pub default_model: ModelRef,
    /// The model that answers when the first one does not.
    pub fallback_model: Option<ModelRef>,
    /// Title of the task for requests that name none (`CLASPER_DEFAULT_TASK`).
    pub default_task: Option<String>,
    /// Most model calls and tool calls of a run, together.
    pub max_steps: u32,
    /// Most tokens that one model call may produce.
    pub max_output_tokens: u32,
    /// Sampling temperature.
    pub temperature: f64,
    /// The longest a run may take once it is admitted.
    pub run_timeout: Duration,
    /// The longest a request waits for money that is held for other runs.
    pub budget_wait: Duration,
    /// Retries of model calls.
    pub retry: RetryPolicy,
    /// The share of the context window, in per cent, above which a warning is given.
    pub context_warning_percent: u32,
    /// The time zone of the time context when the request names none.
    pub default_time_zone: Tz,
    /// Whether the prompt says what time it is.
    pub include_time_context: bool,
    /// How long an unused grant is good for.
    pub grant_ttl: Duration,
    /// The workspace of requests that name none.
    pub default_workspace: WorkspaceId,
}

impl AgentConfig {
    /// The defaults, with this model.
    ///
    /// # Panics
    /// Never: `default` is a valid workspace name.
    #[must_use]
    pub fn new(default_model: ModelRef) -> Self {
        Self {
            default_model,
            fallback_model: None,
            default_task: None,
            max_steps: 16,
            max_output_tokens: 1024,
            temperature: 0.4,
            run_timeout: Duration::from_mins(2),
            budget_wait: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            context_warning_percent: 75,
            default_time_zone: Tz::UTC,
            include_time_context: true,
            grant_ttl: Duration::from_mins(1),
            default_workspace: WorkspaceId::new("default").expect("a plain word is a valid name"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = RetryPolicy {
            jitter: 0.0,
            ..RetryPolicy::default()
        };
        let seconds: Vec<u64> = (1..9).map(|n| policy.pause(n, 7).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(policy.pause(u32::MAX, 7), policy.max_delay);
    }

    #[test]
    fn jitter_stays_within_its_fraction_and_spreads() {
        let policy = RetryPolicy::default();
        let pauses: std::collections::BTreeSet<u128> =
            (0..100).map(|n| policy.pause(1, n).as_millis()).collect();
        assert!(pauses.iter().all(|ms| (900..=1100).contains(ms)));
        assert!(pauses.len() > 50);
    }
}
