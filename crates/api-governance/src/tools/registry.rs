//! `GET /ops/api/tools/registry`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{ToolList, ToolView};
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::tools::view;

/// List tools
///
/// Every tool that adapters have asked for within an execution, with how often it was granted and refused. Needs the permission
/// `decision:view`.
#[utoipa::path(
    get,
    path = "/ops/api/tools/registry",
    tag = "tools",
    params(TenantQuery),
    responses(
        (status = 200, description = "The tools, by name.", body = ToolList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_tools(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<ToolList>, Problem> {
    let known = state.executions.tool_statistics(&caller).await?;
    let tools: Vec<ToolView> = known.into_iter().map(view::tool).collect();
    Ok(Json(ToolList {
        total: tools.len(),
        tools,
    }))
}
