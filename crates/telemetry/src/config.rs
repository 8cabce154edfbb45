//! What telemetry is told, and why it refuses.

use serde::Deserialize;
use tokio::runtime::Handle;

/// The form of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Human,
    /// For people on a terminal, JSON otherwise.
    #[default]
    Auto,
}

/// Whether lines for people are coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Never: what a binary chooses when `NO_COLOR` is set.
    Never,
}

/// How to log and where spans go.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// Which events are logged, such as `info,clasper_store=debug`; empty means `info`.
    pub filter: String,
    /// The form of log lines.
    pub format: LogFormat,
    /// Whether lines for people are coloured.
    pub color: Color,
    /// Whether stderr is a terminal; only a binary can know.
    pub stderr_is_terminal: bool,
    /// Where spans are exported to; `None` exports nothing.
    pub otlp: Option<Otlp>,
    /// `service.name` of exported spans.
    pub service_name: String,
    /// `service.version` of exported spans.
    pub service_version: String,
}

/// Export of spans over OTLP/HTTP.
#[derive(Debug, Clone)]
pub struct Otlp {
    /// The collector's base URL, such as `http://localhost:4318`; `/v1/traces` is added.
    pub endpoint: String,
    /// The share of traces that is exported, from 0 to 1.
    pub sample_ratio: f64,
    /// The HTTP client of the process.
    pub client: reqwest::Client,
    /// Where the client's requests run: the exporter's own thread has no reactor.
    pub runtime: Handle,
}

/// Why telemetry was not set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The log filter cannot be read.
    #[error(
        "the log filter {filter:?} cannot be read: expected something like `info,clasper_store=debug`"
    )]
    Filter {
        /// The filter.
        filter: String,
        /// Why.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// The sample ratio is not a share.
    #[error("the sample ratio {0} is not between 0 and 1")]
    SampleRatio(f64),
    /// The endpoint is not one that spans can be sent to.
    #[error("the OTLP endpoint {0:?} is not an http or https URL")]
    Endpoint(String),
    /// The exporter cannot be built.
    #[error("the OTLP exporter cannot be built")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    /// Something in this process logs already.
    #[error("logging is already set up in this process")]
    LoggingInstalled(#[source] tracing_subscriber::util::TryInitError),
    /// A metrics recorder is in place already.
    #[error("metrics are already set up in this process")]
    MetricsInstalled,
    /// The last spans did not leave in time.
    #[error("the last spans could not be exported")]
    Shutdown(#[source] Box<dyn std::error::Error + Send + Sync>),
}
