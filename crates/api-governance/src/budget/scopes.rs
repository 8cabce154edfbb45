//! `GET /budget/scopes`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::ScopeBudgetList;
use clasper_core::Cursor;
use clasper_http::{
    ApiQuery, CursorQuery, PageLimits, Problem, ReadProblems, TenantCaller, TenantQuery,
};

use crate::budget::view;

const LIMITS: PageLimits = PageLimits {
    default: 100,
    max: 500,
};

/// List the budgets within the tenant's
///
/// Those of workspaces, agents, sessions and runs, by the names of their scopes; 100 on a page, at most 500. Needs the
/// permission `budget:view`.
#[utoipa::path(
    get,
    path = "/budget/scopes",
    tag = "budget",
    params(TenantQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of budgets.", body = ScopeBudgetList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_scope_budgets(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<ScopeBudgetList>, Problem> {
    let (limit, after) = page.checked(LIMITS)?;
    let page = state
        .budgets
        .list_scopes(&caller, after.as_ref(), limit)
        .await?;
    let items = page
        .items
        .into_iter()
        .map(|scoped| view::budget(&scoped.scope, scoped.budget));
    Ok(Json(ScopeBudgetList {
        items: items.collect(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
        limit,
    }))
}
