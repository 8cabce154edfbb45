//! `GET /retention/stats`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::RetentionStatsReply;
use clasper_http::{ApiQuery, Authenticated, Problem, ReadProblems, TenantQuery};

use crate::retention::view;

/// Read how retention stands
///
/// How many policies there are, and which tenants have traces that are past their days: the credential's own tenant, or with the
/// daemon key alone all that have a policy. Needs the permission `retention:view`.
#[utoipa::path(
    get,
    path = "/retention/stats",
    tag = "retention",
    params(TenantQuery),
    responses(
        (status = 200, description = "How they stand.", body = RetentionStatsReply),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_retention_stats(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiQuery(query): ApiQuery<TenantQuery>,
) -> Result<Json<RetentionStatsReply>, Problem> {
    let named = query.tenant_id.as_ref();
    let standings = if let Some(caller) = authenticated.for_all(named) {
        state.retention.standings(&caller).await?
    } else {
        let caller = authenticated.caller(named)?;
        let own = state.retention.standing(&caller).await?;
        own.into_iter().collect()
    };
    Ok(Json(view::stats(&standings)))
}
