//! Puts logs and export together, and takes them down.

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Dispatch, Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, filter::FilterExt};

use crate::human::{HumanFields, UtcTime};
use crate::json::JsonLog;
use crate::otlp::Export;
use crate::redacting::Redacting;
use crate::{Color, Error, LogFormat, TelemetryConfig};

/// How long shutdown waits for the last spans.
const LAST_EXPORT: Duration = Duration::from_secs(5);

/// Libraries that export itself goes through, or that say nothing about our work: their spans are not exported, or
/// every export would cause the next.
const NOT_EXPORTED: [&str; 8] = [
    "hyper",
    "h2",
    "reqwest",
    "rustls",
    "tower",
    "tonic",
    "opentelemetry",
    "clasper_telemetry",
];

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Telemetry in operation. Keep it until the process ends, and end it with [`Telemetry::shutdown`].
#[derive(Debug)]
#[must_use = "spans that wait for export are lost without a shutdown"]
pub struct Telemetry {
    export: Option<Export>,
}

impl Telemetry {
    /// Exports the spans that still wait, within five seconds.
    ///
    /// # Errors
    /// [`Error::Shutdown`] when the collector did not take them; there is nothing left to do about it.
    pub async fn shutdown(self) -> Result<(), Error> {
        let Some(export) = self.export else {
            return Ok(());
        };
        // The exporter's thread needs this runtime to send, so waiting must not occupy one of its workers.
        tokio::task::spawn_blocking(move || export.end(LAST_EXPORT))
            .await
            .map_err(|error| Error::Shutdown(error.into()))?
    }
}

/// Sets up logs on stderr and export for the whole process, including what libraries log through `log`.
///
/// # Errors
/// [`Error`] when the configuration is wrong, or something logs in this process already.
pub fn init(config: &TelemetryConfig) -> Result<Telemetry, Error> {
    let (dispatch, telemetry) = build(config, std::io::stderr)?;
    dispatch.try_init().map_err(Error::LoggingInstalled)?;
    Ok(telemetry)
}

/// The same with another writer, installed nowhere.
///
/// # Errors
/// [`Error`] when the configuration is wrong.
pub fn build<W>(config: &TelemetryConfig, writer: W) -> Result<(Dispatch, Telemetry), Error>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let export = config
        .otlp
        .as_ref()
        .map(|target| Export::start(target, config))
        .transpose()?;
    let mut layers = vec![logs(config, Redacting::new(writer))?];
    if let Some(export) = &export {
        layers.push(spans(&export.provider));
    }
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layers));
    Ok((dispatch, Telemetry { export }))
}

fn logs<W>(config: &TelemetryConfig, writer: W) -> Result<BoxedLayer, Error>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let text = if config.filter.trim().is_empty() {
        "info"
    } else {
        &config.filter
    };
    let filter = EnvFilter::builder()
        .parse(text)
        .map_err(|source| Error::Filter {
            filter: config.filter.clone(),
            source,
        })?;
    // Our spans pass whatever the filter says: a warning must carry its request's trace id.
    let filter = filter.or(filter_fn(is_our_span));
    let human = match config.format {
        LogFormat::Json => false,
        LogFormat::Human => true,
        LogFormat::Auto => config.stderr_is_terminal,
    };
    if !human {
        return Ok(JsonLog::new(writer).with_filter(filter).boxed());
    }
    let color = config.color == Color::Auto && config.stderr_is_terminal;
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(color)
        .with_timer(UtcTime)
        .fmt_fields(HumanFields);
    Ok(layer.with_filter(filter).boxed())
}

fn is_our_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && *metadata.level() <= Level::INFO
        && metadata.target().starts_with("clasper")
}

fn spans(provider: &SdkTracerProvider) -> BoxedLayer {
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("clasper"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(filter_fn(is_exported))
        .boxed()
}

/// Spans up to INFO, and warnings and errors within them; the log has the rest.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let most = if metadata.is_span() {
        Level::INFO
    } else {
        Level::WARN
    };
    let library = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= most
        && !NOT_EXPORTED.iter().any(|name| {
            library
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exporters_own_libraries_are_not_exported() {
        let exported = |span: tracing::Span| span.metadata().is_none_or(is_exported);
        tracing::subscriber::with_default(tracing_subscriber::registry(), || {
            for span in [
                tracing::info_span!(target: "hyper::client", "x"),
                tracing::info_span!(target: "hyper_util", "x"),
                tracing::info_span!(target: "opentelemetry_sdk", "x"),
                tracing::debug_span!(target: "clasper_store", "x"),
            ] {
                assert!(!exported(span));
            }
            for span in [
                tracing::info_span!(target: "clasper_http", "x"),
                tracing::info_span!(target: "h2o", "x"),
            ] {
                assert!(exported(span));
            }
        });
    }
}
