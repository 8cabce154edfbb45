//! `GET /ops/api/tool-authorizations/{authorization_id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::ToolAuthorizationReply;
use clasper_core::ToolAuthorizationId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::tools::view;

/// Read an authorization of a tool
///
/// What was decided about one call, and what became of its token. Needs the permission `decision:view`.
#[utoipa::path(
    get,
    path = "/ops/api/tool-authorizations/{authorization_id}",
    tag = "tools",
    params(("authorization_id" = String, Path, format = Uuid, description = "The authorization's id"), TenantQuery),
    responses(
        (status = 200, description = "The authorization.", body = ToolAuthorizationReply),
        (status = 404, description = "There is no such authorization in this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_tool_authorization(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<ToolAuthorizationId>,
) -> Result<Json<ToolAuthorizationReply>, Problem> {
    let found = state.executions.tool_authorization(&caller, id).await?;
    Ok(Json(ToolAuthorizationReply {
        authorization: view::authorization(&found),
    }))
}
