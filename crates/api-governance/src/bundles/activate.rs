//! `POST /api/policies/bundles/{id}/activate`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::BundleReply;
use clasper_core::BundleId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::bundles::view;
use crate::policies::{in_body, refused};

/// Put a saved bundle in force
///
/// It takes the place of the bundle in force of its name, workspace and environment, in one audited commit. Needs the
/// permission `policy:manage`.
#[utoipa::path(
    post,
    path = "/api/policies/bundles/{id}/activate",
    tag = "policies",
    params(("id" = String, Path, format = Uuid, description = "The bundle's id"), TenantQuery),
    responses(
        (status = 200, description = "The bundle is in force.", body = BundleReply),
        (status = 404, description = "There is no such bundle in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Others changed policies at the same time.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn activate_bundle(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<BundleId>,
) -> Result<Json<BundleReply>, Problem> {
    let activated = state.policies.activate(&caller, id).await;
    let bundle = activated.map_err(|error| refused(error, in_body))?;
    Ok(Json(BundleReply {
        bundle: view::whole(&bundle, true),
    }))
}
