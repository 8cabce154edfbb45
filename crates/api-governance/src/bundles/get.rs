//! `GET /api/policies/bundles/{id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::BundleReply;
use clasper_core::BundleId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::bundles::view;

/// Read a policy bundle
///
/// With its policies. Needs the permission `policy:view`.
#[utoipa::path(
    get,
    path = "/api/policies/bundles/{id}",
    tag = "policies",
    params(("id" = String, Path, format = Uuid, description = "The bundle's id"), TenantQuery),
    responses(
        (status = 200, description = "The bundle.", body = BundleReply),
        (status = 404, description = "There is no such bundle in this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_bundle(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<BundleId>,
) -> Result<Json<BundleReply>, Problem> {
    let bundle = state.policies.bundle(&caller, id).await?;
    let in_force = state.policies.active(&caller).await?;
    let active = in_force.bundles.iter().any(|found| found.bundle.id == id);
    Ok(Json(BundleReply {
        bundle: view::whole(&bundle, active),
    }))
}
