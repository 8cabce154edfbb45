//! `DELETE /ops/api/exports/{export_id}`

use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_core::ExportId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

/// Call an export off
///
/// One that waits is not made, one that is being made is stopped, the archive of one that is ready is removed. Needs the permission
/// `audit:export`.
#[utoipa::path(
    delete,
    path = "/ops/api/exports/{export_id}",
    tag = "audit",
    params(("export_id" = String, Path, format = Uuid, description = "The export's id"), TenantQuery),
    responses(
        (status = 204, description = "It is called off."),
        (status = 404, description = "There is no such export.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is over already.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn cancel_export(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<ExportId>,
) -> Result<StatusCode, Problem> {
    state.exports.cancel(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
