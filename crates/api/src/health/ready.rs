//! `GET /readyz`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::{DatabaseState, ReadinessChecks, ReadinessState, ReadinessView};

/// Check whether requests may be sent here
///
/// They may when the database takes writes, its schema is this version's, and the server is not stopping.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "They may.", body = ReadinessView),
        (status = 503, description = "Not now.", body = ReadinessView),
    )
)]
pub(super) async fn check_readiness(
    State(state): State<ApiState>,
) -> (StatusCode, Json<ReadinessView>) {
    let report = state.readiness.check().await;
    let (code, status) = if report.is_ready() {
        (StatusCode::OK, ReadinessState::Ready)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, ReadinessState::NotReady)
    };
    let view = ReadinessView {
        status,
        checks: ReadinessChecks {
            database: DatabaseState {
                writable: report.database_writable,
                migrations_current: report.migrations_current,
            },
            stopping: report.stopping,
        },
    };
    (code, Json(view))
}
