//! `DELETE /api/policies/bundles/active`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{BundleReply, SlotQuery};
use clasper_http::{ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery};
use clasper_policy::Slot;

use crate::bundles::view;
use crate::policies::{in_body, refused};

/// Take a bundle out of force
///
/// Nothing of it counts from then on; what was saved stays and can be put in force again. Audited. Needs the permission
/// `policy:manage`.
#[utoipa::path(
    delete,
    path = "/api/policies/bundles/active",
    tag = "policies",
    params(TenantQuery, SlotQuery),
    responses(
        (status = 200, description = "The bundle that was in force.", body = BundleReply),
        (status = 404, description = "No bundle is in force in this place.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Others changed policies at the same time.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn deactivate_bundle(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<SlotQuery>,
) -> Result<Json<BundleReply>, Problem> {
    let slot = Slot {
        workspace: query.workspace_id.map(|id| id.to_string()),
        environment: query.environment,
        name: query.name,
    };
    let deactivated = state.policies.deactivate(&caller, &slot).await;
    let active = deactivated.map_err(|error| refused(error, in_body))?;
    Ok(Json(BundleReply {
        bundle: view::summary(&active.bundle, false),
    }))
}
