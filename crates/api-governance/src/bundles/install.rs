//! `POST /api/policies/packs/{name}/install`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::BundleReply;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::bundles::view;
use crate::policies::{in_body, refused};

/// Put a pack in force
///
/// As a bundle of the pack's name, everywhere in the tenant. Needs the permission `policy:manage`.
#[utoipa::path(
    post,
    path = "/api/policies/packs/{name}/install",
    tag = "policies",
    params(("name" = String, Path, description = "The pack's name", example = "safe-defaults"), TenantQuery),
    responses(
        (status = 200, description = "The bundle in force.", body = BundleReply),
        (status = 404, description = "There is no pack of this name.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn install_pack(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<BundleReply>, Problem> {
    let installed = state.policies.install(&caller, &name).await;
    let bundle = installed.map_err(|error| refused(error, in_body))?;
    Ok(Json(BundleReply {
        bundle: view::whole(&bundle, true),
    }))
}
