//! What is said about many durations: their middle and their tail.

use std::time::Duration;

/// Durations, in order.
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Takes durations in any order.
    pub fn new(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest duration that this many of a hundred do not exceed; zero if there are none.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::bench::latency::Latencies;

    #[test]
    fn percentiles_are_durations_that_were_measured() {
        let latencies = Latencies::new((1..=200).rev().map(Duration::from_millis).collect());
        for (percent, millis) in [(0, 1), (50, 100), (99, 198), (100, 200)] {
            assert_eq!(
                latencies.percentile(percent),
                Duration::from_millis(millis),
                "{percent}"
            );
        }
        let median_of_five =
            Latencies::new([5, 1, 4, 2, 3].map(Duration::from_secs).to_vec()).percentile(50);
        assert_eq!(median_of_five, Duration::from_secs(3));
        assert_eq!(Latencies::new(Vec::new()).percentile(99), Duration::ZERO);
    }
}
