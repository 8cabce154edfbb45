//! What is counted and logged of every request.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::routing::get as on_get;
use clasper_core::StoreError;
use clasper_http::Problem;
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::ServiceExt;
use tracing_subscriber::fmt;

use crate::app::{FIRST_TRACE, app, get, send};

/// Keeps what is written to it.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_cause_of_a_server_error_is_logged_once_with_its_trace_id() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = fmt().with_writer(move || writer.clone()).with_ansi(false);
    let _guard = tracing::subscriber::set_default(subscriber.finish());

    let failing = || async {
        let cause = io::Error::other("disk full");
        Err::<(), Problem>(StoreError::Refused(cause.into()).into())
    };
    let app = app(Router::new().route("/things/{id}", on_get(failing)));
    send(&app, get("/things/alice?token=s3cret")).await;

    let text = captured.text();
    let errors: Vec<_> = text.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(errors.len(), 1, "{text}");
    assert!(
        errors[0].contains("the database refused a statement: disk full"),
        "{text}"
    );
    assert!(errors[0].contains(FIRST_TRACE), "{text}");
    let access = text.lines().last().unwrap_or_default();
    for part in [
        "request answered",
        "GET",
        "/things/{id}",
        "status=500",
        "duration_ms=",
    ] {
        assert!(access.contains(part), "{part} is missing in {access}");
    }
    for private in ["alice", "s3cret"] {
        assert!(!text.contains(private), "{private}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_url() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);

    let app = app(Router::new().route("/users/{name}", on_get(|| async {})));
    send(&app, get("/users/alice?token=s3cret")).await;
    send(&app, get("/bob")).await;
    let mut invented = get("/users/carol");
    *invented.method_mut() = "BREW".parse().expect("a token is a method");
    send(&app, invented).await;

    let text = handle.render();
    for line in [
        r#"http_requests_total{method="GET",route="/users/{name}",status="200"} 1"#,
        r#"http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
        r#"http_requests_total{method="OTHER",route="/users/{name}",status="405"} 1"#,
        r#"http_request_duration_seconds_count{method="GET",route="/users/{name}"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is missing in:\n{text}");
    }
    for private in ["alice", "s3cret", "bob", "BREW"] {
        assert!(!text.contains(private), "{private}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_early_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);

    let app = app(Router::new().route("/never", on_get(std::future::pending::<()>)));
    let mut request = Box::pin(app.oneshot(get("/never")));
    assert!(futures::poll!(&mut request).is_pending());
    drop(request);
    let expected = r#"http_requests_total{method="GET",route="/never",status="499"} 1"#;
    assert!(handle.render().contains(expected));
}
