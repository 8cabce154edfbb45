//! `GET /retention/policy`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::RetentionReply;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::retention::view;

/// Read how traces are kept
///
/// For how many days, which, and how much of them. A tenant without a policy keeps everything. Needs the permission
/// `retention:view`.
#[utoipa::path(
    get,
    path = "/retention/policy",
    tag = "retention",
    params(TenantQuery),
    responses(
        (status = 200, description = "The policy.", body = RetentionReply),
        (status = 404, description = "The tenant has set no policy (`no_retention_policy`), or may not be read.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_retention(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<RetentionReply>, Problem> {
    let policy = state.retention.policy(&caller).await?;
    Ok(Json(RetentionReply {
        policy: view::policy(caller.principal.tenant, policy),
    }))
}
