//! `GET /ops/api/adapters/{adapter_id}/telemetry-keys`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{TelemetryKeyList, TelemetryKeyQuery};
use clasper_core::AdapterId;
use clasper_http::{ApiPath, ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::keys::view;

/// List the keys of an adapter's reports
///
/// The newest first, ended ones included. Needs the permission `adapter:view`.
#[utoipa::path(
    get,
    path = "/ops/api/adapters/{adapter_id}/telemetry-keys",
    tag = "adapters",
    params(
        ("adapter_id" = String, Path, description = "The adapter's id", example = "openclaw-local"),
        TelemetryKeyQuery,
        TenantQuery,
    ),
    responses(
        (status = 200, description = "The keys.", body = TelemetryKeyList),
        (status = 404, description = "There is no such adapter in this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_telemetry_keys(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(adapter): ApiPath<AdapterId>,
    ApiQuery(query): ApiQuery<TelemetryKeyQuery>,
) -> Result<Json<TelemetryKeyList>, Problem> {
    let mut keys = state.telemetry_keys.list(&caller, &adapter).await?;
    if let Some(version) = query.version {
        keys.retain(|key| key.version.as_ref().is_none_or(|own| *own == version));
    }
    Ok(Json(TelemetryKeyList {
        keys: keys.into_iter().map(view::key).collect(),
    }))
}
