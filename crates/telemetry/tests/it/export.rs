//! Spans that a collector receives, and what happens without one.

use std::io;
use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use clasper_telemetry::{Error, LogFormat, Otlp, TelemetryConfig, build};
use tokio::runtime::Handle;
use tracing::dispatcher::with_default;
use tracing::{error, info, info_span};

use crate::config;

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A collector on loopback: its URL, and what it received at `/v1/traces`.
async fn collector() -> Result<(String, Received)> {
    let received = Received::default();
    let keep = Arc::clone(&received);
    let route = post(move |headers: HeaderMap, body: Bytes| async move {
        let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((headers, body));
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = Router::new().route("/v1/traces", route);
    Handle::current().spawn(async move { axum::serve(listener, app).await });
    Ok((url, received))
}

fn exporting(endpoint: String, sample_ratio: f64) -> Result<TelemetryConfig> {
    let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(TelemetryConfig {
        otlp: Some(Otlp {
            endpoint,
            sample_ratio,
            client: reqwest::Client::builder().no_proxy().build()?,
            runtime: Handle::current(),
        }),
        ..config("off", LogFormat::Json)
    })
}

fn one_request() {
    let span = info_span!(
        target: "clasper_http", "request", otel.name = "POST /api/agents/send", route = "/api/agents/send",
        trace_id = "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11"
    );
    span.in_scope(|| {
        info!("only in the log");
        error!("also in the span");
        info_span!(target: "hyper::client", "a connection of the exporter").in_scope(|| ());
    });
}

#[tokio::test]
async fn a_collector_receives_the_span_with_its_attributes() -> Result<()> {
    let (url, received) = collector().await?;
    let (dispatch, telemetry) = build(&exporting(url, 1.0)?, io::sink)?;
    with_default(&dispatch, one_request);
    drop(dispatch);
    telemetry.shutdown().await?;

    let received = received.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(received.len(), 1);
    let (headers, body) = &received[0];
    assert_eq!(headers["content-type"], "application/x-protobuf");
    // Strings stand in protobuf as they are.
    let text = String::from_utf8_lossy(body);
    for part in [
        "clasper-test",
        "service.version",
        "1.2.3",
        "POST /api/agents/send",
        "trace_id",
        "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
        "also in the span",
    ] {
        assert!(text.contains(part), "{part} is missing in {text:?}");
    }
    for absent in ["only in the log", "a connection of the exporter"] {
        assert!(!text.contains(absent), "{absent} was exported");
    }
    Ok(())
}

#[tokio::test]
async fn a_ratio_of_zero_exports_nothing() -> Result<()> {
    let (url, received) = collector().await?;
    let (dispatch, telemetry) = build(&exporting(url, 0.0)?, io::sink)?;
    with_default(&dispatch, one_request);
    telemetry.shutdown().await?;
    assert!(
        received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    );
    Ok(())
}

#[tokio::test]
async fn without_a_collector_work_goes_on_and_shutdown_ends() -> Result<()> {
    // A port that was free a moment ago refuses connections.
    let port = StdListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let (dispatch, telemetry) = build(
        &exporting(format!("http://127.0.0.1:{port}"), 1.0)?,
        io::sink,
    )?;
    // More than the queue holds: what does not fit is dropped instead of waited for.
    with_default(&dispatch, || (0..10_000).for_each(|_| one_request()));
    let ended = telemetry.shutdown().await;
    assert!(matches!(ended, Err(Error::Shutdown(_))), "{ended:?}");
    Ok(())
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused() -> Result<()> {
    let refused = build(&exporting("http://127.0.0.1:1".to_owned(), 1.5)?, io::sink);
    assert!(matches!(refused, Err(Error::SampleRatio(_))));
    let refused = build(&exporting("127.0.0.1".to_owned(), 1.0)?, io::sink);
    assert!(matches!(refused, Err(Error::Endpoint(_))));
    Ok(())
}
