//! `GET /ops/api/webhooks`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::WebhookList;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::webhooks::view;

/// List the endpoints of webhooks
///
/// The oldest first. Needs the permission `webhook:manage`.
#[utoipa::path(
    get,
    path = "/ops/api/webhooks",
    tag = "webhooks",
    params(TenantQuery),
    responses(
        (status = 200, description = "The endpoints.", body = WebhookList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_webhooks(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<WebhookList>, Problem> {
    let known = state.webhooks.list(&caller).await?;
    let webhooks = known.into_iter().map(view::webhook).collect();
    Ok(Json(WebhookList { webhooks }))
}
