//! What was measured, as lines for people and as JSON for the next run.

use std::{fs, path::Path};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::bench::{load::Options, machine};

/// What came of a scenario.
#[derive(Serialize, Deserialize)]
pub struct Figures {
    /// Its name.
    pub scenario: String,
    /// Requests that were answered, by the clock.
    pub requests_per_second: f64,
    /// How many events each of them reports.
    pub events_per_request: u32,
    /// The middle of the durations.
    pub p50_ms: f64,
    /// What one of a hundred exceeds.
    pub p99_ms: f64,
    /// CPU time of the server, in itself and in the kernel.
    pub cpu_us_per_request: f64,
    /// The most resident memory the server ever had.
    pub peak_memory_bytes: u64,
    /// Requests that failed.
    pub errors: usize,
    /// How the first of them did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
    /// Cores that other processes used meanwhile: the fewer, the more the figures mean.
    pub other_cores: f64,
    /// What was promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl Figures {
    /// One line of the table.
    pub fn line(&self, before: Option<&Self>) -> String {
        let per_cpu_second = if self.cpu_us_per_request > 0.0 {
            format!("{:.0}", 1e6 / self.cpu_us_per_request)
        } else {
            "-".to_owned()
        };
        let mut parts = vec![format!(
            "{:<18} {:>9.0} {:>8.2} {:>8.2} {:>8.0} {:>9} {:>7.1} {:>6} {:>6.2}",
            self.scenario,
            self.requests_per_second,
            self.p50_ms,
            self.p99_ms,
            self.cpu_us_per_request,
            per_cpu_second,
            megabytes(self.peak_memory_bytes),
            self.errors,
            self.other_cores,
        )];
        if let Some(before) = before {
            let ratio = |now: f64, then: f64| {
                if then > 0.0 {
                    format!("{:>5.2}x", now / then)
                } else {
                    "    -".to_owned()
                }
            };
            parts.push(format!(
                "rate {} cpu {} p99 {}",
                ratio(self.requests_per_second, before.requests_per_second),
                ratio(self.cpu_us_per_request, before.cpu_us_per_request),
                ratio(self.p99_ms, before.p99_ms),
            ));
        }
        if self.events_per_request > 1 {
            let events = self.requests_per_second * f64::from(self.events_per_request);
            parts.push(format!("= {events:.0} events/s"));
        }
        if let Some(target) = &self.target {
            parts.push(format!("[asked: {target}]"));
        }
        if let Some(error) = &self.first_error {
            parts.push(format!("first error: {error}"));
        }
        parts.join("  ")
    }
}

fn megabytes(bytes: u64) -> f64 {
    let kibibytes = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
    f64::from(kibibytes) / 1024.0
}

/// A whole run.
#[derive(Serialize, Deserialize)]
pub struct Report {
    /// Processor, cores and load when it began.
    machine: String,
    connections: u16,
    seconds: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
    scenarios: Vec<Figures>,
}

impl Report {
    /// A report without figures.
    pub fn new(options: &Options) -> Self {
        Self {
            machine: machine::description(),
            connections: options.connections,
            seconds: options.seconds,
            rate: options.rate,
            scenarios: Vec::new(),
        }
    }

    /// What the columns are.
    pub fn heading(compared: bool) -> String {
        let ratios = if compared { "  now / baseline" } else { "" };
        format!(
            "{:<18} {:>9} {:>8} {:>8} {:>8} {:>9} {:>7} {:>6} {:>6}{ratios}",
            "scenario",
            "req/s",
            "p50 ms",
            "p99 ms",
            "cpu µs",
            "req/cpu-s",
            "peak MB",
            "errors",
            "others"
        )
    }

    /// Reads one that was written.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is no report of `bench load --json`", file.display()))
    }

    /// Writes it.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// The figures of a scenario.
    pub fn find(&self, scenario: &str) -> Option<&Figures> {
        let mut all = self.scenarios.iter();
        all.find(|figures| figures.scenario == scenario)
    }

    /// Adds the figures of a scenario.
    pub fn add(&mut self, figures: Figures) {
        self.scenarios.push(figures);
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::load::report::Figures;

    fn figures(rate: f64, cpu: f64) -> Figures {
        Figures {
            scenario: "send".to_owned(),
            requests_per_second: rate,
            events_per_request: 1,
            p50_ms: 1.0,
            p99_ms: 2.0,
            cpu_us_per_request: cpu,
            peak_memory_bytes: 50 * 1024 * 1024,
            errors: 0,
            first_error: None,
            other_cores: 0.0,
            target: None,
        }
    }

    #[test]
    fn a_comparison_says_by_how_much_and_in_which_direction() {
        let line = figures(2_000.0, 500.0).line(Some(&figures(1_000.0, 1_000.0)));
        assert!(line.contains("rate  2.00x cpu  0.50x p99  1.00x"), "{line}");
        assert!(line.contains("50.0"), "{line}");
    }

    #[test]
    fn what_has_no_cpu_time_of_its_own_has_no_rate_per_cpu() {
        let line = figures(10.0, 0.0).line(None);
        assert!(line.contains(" - "), "{line}");
    }
}
