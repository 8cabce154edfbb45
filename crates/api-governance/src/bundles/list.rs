//! `GET /api/policies/bundles`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{BundleList, BundleQuery};
use clasper_http::{ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::bundles::view;

const DEFAULT: u32 = 50;
const MOST: u32 = 200;

/// List policy bundles
///
/// The newest ones, without their policies, and every bundle in force. Needs the permission `policy:view`.
#[utoipa::path(
    get,
    path = "/api/policies/bundles",
    tag = "policies",
    params(TenantQuery, BundleQuery),
    responses(
        (status = 200, description = "The bundles.", body = BundleList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_bundles(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<BundleQuery>,
) -> Result<Json<BundleList>, Problem> {
    let limit = match query.limit.as_deref().map(str::parse::<u32>) {
        None => DEFAULT,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => {
            let detail = format!("must be between 1 and {MOST}");
            return Err(Problem::invalid("/query/limit", detail));
        }
    };
    let in_force = state.policies.active(&caller).await?;
    let bundles = state.policies.bundles(&caller, limit).await?;
    let is_active = |id| in_force.bundles.iter().any(|active| active.bundle.id == id);
    let active = in_force.bundles.iter();
    Ok(Json(BundleList {
        bundles: bundles
            .iter()
            .map(|bundle| view::summary(bundle, is_active(bundle.id)))
            .collect(),
        active: active
            .map(|active| view::summary(&active.bundle, true))
            .collect(),
        revision: in_force.revision,
    }))
}
