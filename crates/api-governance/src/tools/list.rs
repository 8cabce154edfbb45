//! `GET /ops/api/tool-authorizations`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{ToolAuthorizationList, ToolAuthorizationQuery};
use clasper_core::Cursor;
use clasper_delegated::tool::ToolFilter;
use clasper_http::{
    ApiQuery, CursorQuery, PageLimits, Problem, ReadProblems, TenantCaller, TenantQuery,
};

use crate::tools::view;

const LIMITS: PageLimits = PageLimits {
    default: 100,
    max: 500,
};

/// List authorizations of tools
///
/// Newest first; 100 on a page, at most 500. Needs the permission `decision:view`.
#[utoipa::path(
    get,
    path = "/ops/api/tool-authorizations",
    tag = "tools",
    params(TenantQuery, ToolAuthorizationQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of authorizations.", body = ToolAuthorizationList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_tool_authorizations(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<ToolAuthorizationQuery>,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<ToolAuthorizationList>, Problem> {
    let (limit, after) = page.checked(LIMITS)?;
    let filter = ToolFilter {
        adapter: query.adapter_id,
        key: query.execution_id,
        tool: query.tool,
    };
    let tools = &state.executions;
    let found = tools.tool_authorizations(&caller, &filter, after.as_ref(), limit);
    let page = found.await?;
    Ok(Json(ToolAuthorizationList {
        has_more: page.next.is_some(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
        authorizations: page.items.iter().map(view::authorization).collect(),
        limit,
    }))
}
