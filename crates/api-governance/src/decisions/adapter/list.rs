//! `GET /api/adapter/decisions`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AdapterDecisionList, AdapterDecisionQuery};
use clasper_core::Cursor;
use clasper_delegated::execution::ExecutionFilter;
use clasper_http::{
    ApiQuery, AuthenticatedAdapter, CursorQuery, PageLimits, Problem, ReadProblems,
};

use crate::decisions::adapter::since::since;
use crate::decisions::list::statuses;
use crate::decisions::view;
use crate::executions::adapter_caller;

const LIMITS: PageLimits = PageLimits {
    default: 50,
    max: 500,
};

/// List an adapter's own decisions
///
/// Newest first, of the token's workspace; 50 on a page, at most 500.
#[utoipa::path(
    get,
    path = "/api/adapter/decisions",
    tag = "decisions",
    params(AdapterDecisionQuery, CursorQuery),
    security(("adapter_token" = [])),
    responses((status = 200, description = "A page of decisions.", body = AdapterDecisionList), ReadProblems)
)]
pub(super) async fn list_adapter_decisions(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiQuery(query): ApiQuery<AdapterDecisionQuery>,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<AdapterDecisionList>, Problem> {
    let (limit, after) = page.checked(LIMITS)?;
    refuse(&query)?;
    let now = state.clock.now();
    let from = query.since.as_deref().map(|text| since(text, now));
    let filter = ExecutionFilter {
        statuses: query.status.map(statuses).unwrap_or_default(),
        tool: query.tool,
        since: from.transpose()?,
        ..ExecutionFilter::default()
    };
    let caller = adapter_caller(adapter);
    let found = state
        .executions
        .own(&caller, &filter, after.as_ref(), limit);
    let page = found.await?;
    let items = page.items.iter();
    Ok(Json(AdapterDecisionList {
        decisions: items
            .map(|execution| view::row(execution, now))
            .collect::<Result<_, _>>()?,
        next_cursor: page.next.as_ref().map(Cursor::encode),
        limit,
    }))
}

/// What other servers filter by and this one does not: it would be ignored in silence.
fn refuse(query: &AdapterDecisionQuery) -> Result<(), Problem> {
    let filters = [
        ("/query/decision", query.decision.is_some()),
        ("/query/policy", query.policy.is_some()),
    ];
    match filters.into_iter().find(|(_, is_sent)| *is_sent) {
        Some((pointer, _)) => {
            let detail = "this list is filtered by status, tool and since only: leave it out";
            Err(Problem::invalid(pointer, detail))
        }
        None => Ok(()),
    }
}
