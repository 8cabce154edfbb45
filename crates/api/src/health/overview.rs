//! `GET /health`

use clasper_api_state::ApiState;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use clasper_api_types::{CheckState, CheckView, HealthQuery, HealthState, HealthView};
use clasper_http::{ApiQuery, Problem};

/// How long the backend may take; whoever asks is waiting.
const BACKEND_LIMIT: Duration = Duration::from_secs(5);

/// Read how the server is
///
/// Always 200: the body tells. `deep=true` asks the backend, too.
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    security(()),
    params(HealthQuery),
    responses(
        (status = 200, description = "How it is.", body = HealthView),
        (status = 400, description = "`deep` is neither `true` nor `false`.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_health(
    State(state): State<ApiState>,
    ApiQuery(query): ApiQuery<HealthQuery>,
) -> Json<HealthView> {
    let database = check(state.readiness.check().await.database_writable);
    let backend = if query.deep {
        let health = tokio::time::timeout(BACKEND_LIMIT, state.backend.health());
        Some(check(matches!(health.await, Ok(Ok(())))))
    } else {
        None
    };
    let fine = |part: CheckView| part.status == CheckState::Ok;
    let status = if fine(database) && backend.is_none_or(fine) {
        HealthState::Ok
    } else {
        HealthState::Degraded
    };
    Json(HealthView {
        status,
        database,
        backend,
        version: state.info.version.clone(),
    })
}

const fn check(works: bool) -> CheckView {
    CheckView {
        status: if works {
            CheckState::Ok
        } else {
            CheckState::Error
        },
    }
}
