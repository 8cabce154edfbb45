//! The metrics that Clasper has, what they mean, and their Prometheus text.

use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use crate::Error;

/// From half a millisecond, where a governed request answers, to two minutes, where the longest is stopped.
const REQUEST_SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0, 120.0,
];

/// Models answer in seconds.
const MODEL_SECONDS: [f64; 11] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 120.0];

/// One commit is one fsync: a tenth of a millisecond on a fast disk, some milliseconds on a slow one.
const COMMIT_SECONDS: [f64; 11] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0,
];

/// Writes per commit.
const BATCH_SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

const BUCKETS: [(&str, &[f64]); 4] = [
    ("http_request_duration_seconds", &REQUEST_SECONDS),
    ("clasper_model_call_duration_seconds", &MODEL_SECONDS),
    ("clasper_writer_commit_seconds", &COMMIT_SECONDS),
    ("clasper_writer_batch_size", &BATCH_SIZES),
];

/// Reads the metrics of this process.
#[derive(Debug, Clone)]
pub struct MetricsHandle(PrometheusHandle);

impl MetricsHandle {
    /// All metrics in Prometheus' text form.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds recorded samples into their buckets. Rendering does it too; call it now and then, or memory grows while
    /// nobody scrapes.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

/// Records the metrics of the whole process from now on.
///
/// # Errors
/// [`Error::MetricsInstalled`] when something records them already, for example after an earlier call.
pub fn install_metrics() -> Result<MetricsHandle, Error> {
    let recorder = recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| Error::MetricsInstalled)?;
    Ok(MetricsHandle(handle))
}

fn recorder() -> PrometheusRecorder {
    let builder = BUCKETS
        .into_iter()
        .fold(PrometheusBuilder::new(), |builder, (name, buckets)| {
            builder
                .set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
                .expect("the lists above are not empty")
        });
    let recorder = builder.build_recorder();
    metrics::with_local_recorder(&recorder, describe);
    recorder
}

fn describe() {
    describe_counter!(
        "http_requests_total",
        "Requests by method, matched route and status; 499 is a client that left before the answer"
    );
    describe_histogram!(
        "http_request_duration_seconds",
        "Time from a request's arrival to the head of its response"
    );
    describe_counter!("clasper_runs_total", "Governed runs by outcome");
    describe_counter!(
        "clasper_run_cost_nanousd_total",
        "What governed runs cost, in nano-dollars"
    );
    describe_histogram!(
        "clasper_model_call_duration_seconds",
        "Time of one call to a model provider, retries apart"
    );
    describe_histogram!(
        "clasper_writer_batch_size",
        "Writes that one database commit carried"
    );
    describe_histogram!(
        "clasper_writer_commit_seconds",
        "Time of one database commit"
    );
    describe_gauge!(
        "clasper_outbox_pending",
        "Messages that wait to be delivered"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_come_with_their_meaning_and_their_buckets() {
        let recorder = recorder();
        let handle = MetricsHandle(recorder.handle());
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("clasper_runs_total", "outcome" => "completed").increment(2);
            metrics::gauge!("clasper_outbox_pending").set(3.0);
            metrics::histogram!("clasper_writer_batch_size").record(5.0);
        });
        handle.upkeep();
        let text = handle.render();
        for line in [
            "# HELP clasper_runs_total Governed runs by outcome",
            "# TYPE clasper_runs_total counter",
            r#"clasper_runs_total{outcome="completed"} 2"#,
            "clasper_outbox_pending 3",
            "# TYPE clasper_writer_batch_size histogram",
            r#"clasper_writer_batch_size_bucket{le="4"} 0"#,
            r#"clasper_writer_batch_size_bucket{le="8"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is missing in:\n{text}");
        }
    }

    #[test]
    fn a_second_installation_is_refused() {
        let first = install_metrics().expect("nothing else installs one in this process");
        assert!(matches!(install_metrics(), Err(Error::MetricsInstalled)));
        metrics::counter!("clasper_runs_total", "outcome" => "failed").increment(1);
        assert!(first.render().contains("clasper_runs_total"));
    }
}
