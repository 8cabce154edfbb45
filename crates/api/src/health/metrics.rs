//! `GET /metrics`

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use clasper_api_state::ApiState;

/// Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4";

/// Read the metrics
///
/// In Prometheus' text format. Open, like all of `health`: keep it off public networks.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "health",
    security(()),
    responses((
        status = 200, description = "The metrics.", body = String, content_type = "text/plain; version=0.0.4",
        example = "http_requests_total{method=\"GET\",route=\"/traces\",status=\"200\"} 1"
    ))
)]
pub(super) async fn get_metrics(
    State(state): State<ApiState>,
) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, TEXT_FORMAT)], (state.metrics)())
}
