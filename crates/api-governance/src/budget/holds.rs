//! `GET /budget/holds`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{HoldList, HoldView};
use clasper_core::Cursor;
use clasper_delegated::execution::Hold;
use clasper_http::{
    ApiQuery, CursorQuery, PageLimits, Problem, ReadProblems, TenantCaller, TenantQuery,
};

const LIMITS: PageLimits = PageLimits {
    default: 100,
    max: 500,
};

/// List where money is held
///
/// By what, for how long, in which budgets; the oldest first, 100 on a page, at most 500. Needs the permission `budget:view`.
#[utoipa::path(
    get,
    path = "/budget/holds",
    tag = "budget",
    params(TenantQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of holds.", body = HoldList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_holds(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<HoldList>, Problem> {
    let (limit, after) = page.checked(LIMITS)?;
    let page = state
        .executions
        .holds(&caller, after.as_ref(), limit)
        .await?;
    Ok(Json(HoldList {
        items: page.items.into_iter().map(view).collect(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
        limit,
    }))
}

fn view(hold: Hold) -> HoldView {
    HoldView {
        execution_id: hold.execution,
        kind: hold.kind.to_owned(),
        holder: hold.holder,
        amount_usd: hold.amount.into(),
        scopes: hold.scopes.iter().map(ToString::to_string).collect(),
        since: hold.since.into(),
        until: hold.until.map(Into::into),
    }
}
