//! Listening, and stopping: no new runs, a time for open ones, then the rest is cancelled and settled.

use std::time::Duration;

use anyhow::{Context, Result};
use axum::serve::ListenerExt;
use clasper_telemetry::{Color, LogFormat, Otlp, Telemetry, TelemetryConfig};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::config::{Config, ProcessEnvironment};

/// How long cancelled runs may take to be settled.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Serves until SIGTERM or SIGINT.
pub async fn run(config: Config, environment: &ProcessEnvironment) -> Result<()> {
    let telemetry = start_telemetry(&config, environment)?;
    let metrics = clasper_telemetry::install_metrics().context("metrics")?;
    let listener = bind(&config.server.listen).await?;
    let app = App::build(&config, environment, Some(metrics)).await?;
    app.start(&config).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let outcome = serve(
        app,
        listener,
        Duration::from_millis(config.server.drain_timeout_ms),
        stop_signal(),
    )
    .await;
    telemetry
        .shutdown()
        .await
        .context("the last spans were not exported")?;
    outcome
}

/// Takes the address.
pub async fn bind(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: choose another with CLASPER_LISTEN=host:port or server.listen")
    })
}

/// Serves `app` until `stop` is over, then drains it.
pub async fn serve(
    app: App,
    listener: TcpListener,
    drain: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let App {
        router,
        agents,
        executions,
        checkpointer,
        export_worker,
        watch,
        retention,
        notices,
        tracker,
        shutdown,
        abort,
        database,
        ..
    } = app;
    let listener = listener.tap_io(|stream| {
        // Answers are small; waiting to fill packets only costs time. A socket that refuses still works.
        let _ = stream.set_nodelay(true);
    });
    let stopping = shutdown.clone();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping: open runs are finished, new ones refused");
        stopping.cancel();
    });
    let server = tracker.spawn(server.into_future());
    shutdown.cancelled().await;
    // The writer ends when nobody holds the store any more.
    drop((agents, executions, export_worker, retention, notices));
    tracker.close();
    let drained = tokio::time::timeout(drain, finish(server)).await;
    if drained.is_err() {
        tracing::warn!("open runs were not finished in time; they are cancelled and settled");
    }
    if let Err(error) = watch.end().await {
        tracing::warn!(error = %error, "the stop could not be written to the audit log");
    }
    drop(watch);
    // What was written last is signed now, not by the next start.
    if let Err(error) = checkpointer.tick().await {
        tracing::warn!(error = %error, "the newest audit entries are not signed yet; the next start signs them");
    }
    drop(checkpointer);
    abort.cancel();
    if tokio::time::timeout(LAST_WORDS, tracker.wait())
        .await
        .is_err()
    {
        tracing::error!("some runs could not be settled; the next start settles them");
    }
    database.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn finish(server: tokio::task::JoinHandle<std::io::Result<()>>) {
    match server.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(error = %error, "the server failed"),
        Err(error) => tracing::error!(error = %error, "the server's task ended badly"),
    }
}

/// Waits for SIGTERM or SIGINT.
pub async fn stop_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        // Without signal handlers the process still ends by the signals' default action.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Sets up logs and spans as configured.
pub fn start_telemetry(config: &Config, environment: &ProcessEnvironment) -> Result<Telemetry> {
    let section = &config.telemetry;
    let format = match section.log_format.as_str() {
        "json" => LogFormat::Json,
        "human" => LogFormat::Human,
        "auto" => LogFormat::Auto,
        other => anyhow::bail!("telemetry.log_format must be json, human or auto, not {other:?}"),
    };
    let otlp = section.otlp_endpoint.clone().map(|endpoint| {
        let client = reqwest::Client::builder()
            .build()
            .context("the HTTP client cannot be made")?;
        let runtime = tokio::runtime::Handle::current();
        anyhow::Ok(Otlp {
            endpoint,
            sample_ratio: section.sample_ratio,
            client,
            runtime,
        })
    });
    let otlp = otlp.transpose()?;
    let color = if environment.get("NO_COLOR").is_some() {
        Color::Never
    } else {
        Color::Auto
    };
    let config = TelemetryConfig {
        filter: section.log.clone(),
        format,
        color,
        stderr_is_terminal: std::io::IsTerminal::is_terminal(&std::io::stderr()),
        otlp,
        service_name: "clasperd".into(),
        service_version: env!("CARGO_PKG_VERSION").into(),
    };
    clasper_telemetry::init(&config).context("logs and spans cannot be set up")
}
