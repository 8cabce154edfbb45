//! `POST /ops/api/decisions/resolve`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{
    BatchResolveBody, BatchResolveItem, BatchResolveReply, BatchResolveResult,
};
use clasper_core::{Caller, Permission};
use clasper_delegated::ResolveRequest;
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems, require};

use crate::decisions::precondition::problem;
use crate::decisions::resolve::verdict;
use crate::decisions::view;

const MOST: usize = 100;

/// Resolve several decisions
///
/// One by one, in the order they are named, at most 100: one that is refused does not stop the others, and says why in its
/// own result. Needs the permission `decision:resolve`.
#[utoipa::path(
    post,
    path = "/ops/api/decisions/resolve",
    tag = "decisions",
    request_body = BatchResolveBody,
    responses((status = 200, description = "What became of each.", body = BatchResolveReply), WriteProblems)
)]
pub(super) async fn resolve_decisions(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<BatchResolveBody>,
) -> Result<Json<BatchResolveReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    require(&caller, Permission::DecisionResolve)?;
    if body.decisions.is_empty() || body.decisions.len() > MOST {
        let detail = "must have between 1 and 100 items";
        return Err(Problem::invalid("/decisions", detail));
    }
    let mut results = Vec::with_capacity(body.decisions.len());
    for item in body.decisions {
        results.push(resolve(&state, &caller, item).await);
    }
    Ok(Json(BatchResolveReply { results }))
}

async fn resolve(state: &ApiState, caller: &Caller, item: BatchResolveItem) -> BatchResolveResult {
    let (decision_id, expected) = (item.decision_id, item.revision);
    let request = ResolveRequest {
        decision: decision_id,
        verdict: Some(verdict(item.status)),
        note: item.note,
        edited: None,
        expected_revision: expected,
    };
    let resolved = state.executions.resolve(caller, request).await;
    let viewed = resolved
        .map_err(|error| problem(error, expected))
        .and_then(|execution| view::decision(&execution, state.clock.now()));
    match viewed {
        Ok(decision) => BatchResolveResult {
            decision_id,
            http_status: 200,
            decision: Some(decision),
            code: None,
            detail: None,
        },
        Err(problem) => BatchResolveResult {
            decision_id,
            http_status: problem.status().as_u16(),
            decision: None,
            code: Some(problem.code().to_owned()),
            detail: Some(problem.detail().to_owned()),
        },
    }
}
