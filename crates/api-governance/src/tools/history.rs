//! `GET /ops/api/tools/{tool}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::ToolHistory;
use clasper_delegated::tool::ToolFilter;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::tools::view;

/// How many are shown (reference section 4.4).
const SHOWN: u32 = 20;

/// Read the last requests for a tool
///
/// The newest twenty; empty for a tool that nobody has asked for. Needs the permission `decision:view`.
#[utoipa::path(
    get,
    path = "/ops/api/tools/{tool}",
    tag = "tools",
    params(("tool" = String, Path, description = "The tool's name", example = "exec"), TenantQuery),
    responses(
        (status = 200, description = "The requests, the newest first.", body = ToolHistory),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_tool(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(tool): ApiPath<String>,
) -> Result<Json<ToolHistory>, Problem> {
    let filter = ToolFilter {
        tool: Some(tool),
        ..ToolFilter::default()
    };
    let tools = &state.executions;
    let page = tools.tool_authorizations(&caller, &filter, None, SHOWN);
    let items = page.await?.items;
    Ok(Json(ToolHistory {
        history: items.iter().map(view::authorization).collect(),
    }))
}
