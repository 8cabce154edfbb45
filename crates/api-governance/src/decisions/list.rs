//! `GET /ops/api/decisions`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{DecisionList, DecisionQuery, DecisionStatusName};
use clasper_core::Cursor;
use clasper_delegated::execution::{ExecutionFilter, ExecutionStatus};
use clasper_http::{
    ApiQuery, CursorQuery, PageLimits, Problem, ReadProblems, TenantCaller, TenantQuery,
};

use crate::decisions::view;

const LIMITS: PageLimits = PageLimits {
    default: 100,
    max: 500,
};

/// List decisions
///
/// Newest first; 100 on a page, at most 500. `status=pending` lists what waits for people. Needs the permission
/// `decision:view`.
#[utoipa::path(
    get,
    path = "/ops/api/decisions",
    tag = "decisions",
    params(TenantQuery, DecisionQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of decisions.", body = DecisionList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_decisions(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<DecisionQuery>,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<DecisionList>, Problem> {
    let (limit, after) = page.checked(LIMITS)?;
    let filter = ExecutionFilter {
        statuses: query.status.map(statuses).unwrap_or_default(),
        adapter: query.adapter_id,
        workspace: query.workspace_id.map(String::from),
        tool: query.tool,
        since: None,
    };
    let found = state
        .executions
        .list(&caller, &filter, after.as_ref(), limit);
    let page = found.await?;
    let now = state.clock.now();
    let items = page.items.iter();
    Ok(Json(DecisionList {
        decisions: items
            .map(|execution| view::decision(execution, now))
            .collect::<Result<_, _>>()?,
        has_more: page.next.is_some(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
        limit,
    }))
}

/// The states of executions whose decisions have that status.
pub(super) fn statuses(name: DecisionStatusName) -> Vec<ExecutionStatus> {
    use ExecutionStatus as Status;
    match name {
        DecisionStatusName::Pending => vec![Status::Pending],
        DecisionStatusName::Approved => vec![Status::Approved, Status::Claimed],
        DecisionStatusName::Denied => vec![Status::Rejected],
        DecisionStatusName::Expired => vec![Status::Expired, Status::Lapsed],
        DecisionStatusName::Allow => vec![Status::Allowed, Status::Settled],
        DecisionStatusName::Deny => vec![Status::Denied],
    }
}
