//! What is counted and logged of every request.

use axum::Router;
use axum::routing::get as on_get;
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::ServiceExt;

use crate::app::{app, get, send};

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
