//! `GET /api/policies/packs`

use axum::Json;
use clasper_api_types::{PackList, PackView};
use clasper_core::Permission;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery, require};
use clasper_policy::packs;

use crate::bundles::view::combining;

/// List policy packs
///
/// Policies that ship with the server. Needs the permission `policy:view`.
#[utoipa::path(
    get,
    path = "/api/policies/packs",
    tag = "policies",
    params(TenantQuery),
    responses((status = 200, description = "The packs.", body = PackList), ReadProblems)
)]
pub(super) async fn list_packs(
    TenantCaller(caller): TenantCaller,
) -> Result<Json<PackList>, Problem> {
    require(&caller, Permission::PolicyView)?;
    let packs = packs().into_iter().map(|pack| PackView {
        policy_ids: pack
            .members
            .iter()
            .map(|policy| policy.policy_id().to_owned())
            .collect(),
        combining: combining(pack.combining),
        name: pack.name,
        description: pack.description,
    });
    Ok(Json(PackList {
        packs: packs.collect(),
    }))
}
