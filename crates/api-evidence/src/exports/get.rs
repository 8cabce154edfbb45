//! `GET /ops/api/exports/{export_id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::ExportView;
use clasper_core::ExportId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::exports::view;

/// Read an export
///
/// With its progress while it is made, and where to fetch it once it is ready. Needs the permission `audit:export`.
#[utoipa::path(
    get,
    path = "/ops/api/exports/{export_id}",
    tag = "audit",
    params(("export_id" = String, Path, format = Uuid, description = "The export's id"), TenantQuery),
    responses(
        (status = 200, description = "The export.", body = ExportView),
        (status = 404, description = "There is no such export.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_export(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<ExportId>,
) -> Result<Json<ExportView>, Problem> {
    let export = state.exports.get(&caller, id).await?;
    Ok(Json(view::export(export)))
}
