//! `GET /ops/api/webhooks/{webhook_id}/deliveries`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::WebhookDeliveryList;
use clasper_core::{Cursor, EndpointId};
use clasper_http::{
    ApiPath, ApiQuery, CursorQuery, PageLimits, Problem, ReadProblems, TenantCaller, TenantQuery,
};

use crate::webhooks::view;

const LIMITS: PageLimits = PageLimits {
    default: 50,
    max: 200,
};

/// List the messages to an endpoint
///
/// The newest first; 50 on a page, at most 200. Settled ones are kept for 30 days. Needs the permission `webhook:manage`.
#[utoipa::path(
    get,
    path = "/ops/api/webhooks/{webhook_id}/deliveries",
    tag = "webhooks",
    params(("webhook_id" = String, Path, format = Uuid, description = "The endpoint's id"), TenantQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of messages.", body = WebhookDeliveryList),
        (status = 404, description = "There is no such endpoint.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_deliveries(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<EndpointId>,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<WebhookDeliveryList>, Problem> {
    let (limit, after) = page.checked(LIMITS)?;
    let found = state
        .webhooks
        .deliveries(&caller, id, after.as_ref(), limit)
        .await?;
    Ok(Json(WebhookDeliveryList {
        deliveries: found.items.into_iter().map(view::delivery).collect(),
        next_cursor: found.next.as_ref().map(Cursor::encode),
        limit,
    }))
}
