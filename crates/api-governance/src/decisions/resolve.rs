//! `POST /ops/api/decisions/{decision_id}/resolve`, and the same under `/api`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use clasper_api_state::ApiState;
use clasper_api_types::{DecisionReply, ResolveAction, ResolveDecisionBody, ResolveStatus};
use clasper_core::{Caller, DecisionId};
use clasper_delegated::execution::Execution;
use clasper_delegated::{OverrideRequest, ResolveRequest};
use clasper_governance::approval::Verdict;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};

use crate::decisions::override_policy::reason;
use crate::decisions::precondition::{IfMatch, etag, problem};
use crate::decisions::view;
use crate::executions::edited_claims;

/// Minutes of life of an override that names none: the most there are.
const DEFAULT_MINUTES: u32 = 15;

/// What the body asks for.
enum Wish {
    Resolve(Box<ResolveRequest>),
    Override(OverrideRequest),
}

/// Resolve a decision
///
/// Records what the caller says of a pending decision, which resolves it when that is enough; whoever asked may not. The
/// caller needs the role that the decision names, and the permission `decision:resolve`; for `approve_with_override`,
/// `override:use`.
#[utoipa::path(
    post,
    path = "/ops/api/decisions/{decision_id}/resolve",
    tag = "decisions",
    params(
        ("decision_id" = String, Path, format = Uuid, description = "The decision's id"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: another revision is refused with 412", example = "\"1\""),
    ),
    request_body = ResolveDecisionBody,
    responses(
        (status = 200, description = "The decision as it now stands.", body = DecisionReply, headers(("ETag" = String, description = "Its revision"))),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not pending, has expired, or the caller has voted.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It has changed since it was read.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn resolve_decision(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    expected: IfMatch,
    ApiPath(decision): ApiPath<DecisionId>,
    ApiJson(body): ApiJson<ResolveDecisionBody>,
) -> Result<Response, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    resolve(&state, &caller, decision, expected, body).await
}

/// Resolve a decision, under its other path
///
/// The same as `POST /ops/api/decisions/{decision_id}/resolve`, with the same credentials.
#[utoipa::path(
    post,
    path = "/api/decisions/{decision_id}/resolve",
    tag = "decisions",
    params(
        ("decision_id" = String, Path, format = Uuid, description = "The decision's id"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: another revision is refused with 412", example = "\"1\""),
    ),
    request_body = ResolveDecisionBody,
    responses(
        (status = 200, description = "The decision as it now stands.", body = DecisionReply, headers(("ETag" = String, description = "Its revision"))),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not pending, has expired, or the caller has voted.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It has changed since it was read.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn resolve_api_decision(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    expected: IfMatch,
    ApiPath(decision): ApiPath<DecisionId>,
    ApiJson(body): ApiJson<ResolveDecisionBody>,
) -> Result<Response, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    resolve(&state, &caller, decision, expected, body).await
}

async fn resolve(
    state: &ApiState,
    caller: &Caller,
    decision: DecisionId,
    IfMatch(expected): IfMatch,
    body: ResolveDecisionBody,
) -> Result<Response, Problem> {
    let resolved = match wish(decision, expected, body)? {
        Wish::Resolve(request) => state.executions.resolve(caller, *request).await,
        Wish::Override(request) => state.executions.override_policy(caller, request).await,
    };
    reply(state, &resolved.map_err(|error| problem(error, expected))?)
}

/// The decision after a change, with its revision.
pub(super) fn reply(state: &ApiState, execution: &Execution) -> Result<Response, Problem> {
    let decision = view::decision(execution, state.clock.now())?;
    let body = Json(DecisionReply { decision });
    Ok((etag(execution.revision), body).into_response())
}

pub(super) const fn verdict(status: ResolveStatus) -> Verdict {
    match status {
        ResolveStatus::Approved => Verdict::Approve,
        ResolveStatus::Denied => Verdict::Deny,
    }
}

fn wish(
    decision: DecisionId,
    expected_revision: Option<i64>,
    body: ResolveDecisionBody,
) -> Result<Wish, Problem> {
    let said = match (body.status, body.action) {
        (Some(status), None) => Some(verdict(status)),
        (None, Some(ResolveAction::Approve)) => Some(Verdict::Approve),
        (None, Some(ResolveAction::Deny)) => Some(Verdict::Deny),
        (None, Some(ResolveAction::Cancel | ResolveAction::ApproveWithOverride)) => None,
        (None, None) => {
            let detail = "send `status` (approved, denied) or `action` (approve, deny, cancel, approve_with_override)";
            return Err(Problem::invalid("/status", detail));
        }
        (Some(_), Some(_)) => {
            let detail = "cannot be combined with `status`: send one of them";
            return Err(Problem::invalid("/action", detail));
        }
    };
    let note = match (body.note, body.justification) {
        (Some(_), Some(_)) => {
            let detail = "says the same as `note`: send one of them";
            return Err(Problem::invalid("/justification", detail));
        }
        (note, justification) => note.or(justification),
    };
    let is_override = body.action == Some(ResolveAction::ApproveWithOverride);
    let misplaced = [
        ("/edited", body.edited.is_some() && said.is_none()),
        (
            "/override_reason_code",
            body.override_reason_code.is_some() && !is_override,
        ),
        ("/minutes", body.minutes.is_some() && !is_override),
    ];
    if let Some((pointer, _)) = misplaced.into_iter().find(|(_, is_wrong)| *is_wrong) {
        return Err(Problem::invalid(
            pointer,
            "does not belong to this action: leave it out",
        ));
    }
    if is_override {
        let code = body.override_reason_code.ok_or_else(|| {
            Problem::invalid("/override_reason_code", "is needed for an override")
        })?;
        let justification =
            note.ok_or_else(|| Problem::invalid("/justification", "is needed for an override"))?;
        return Ok(Wish::Override(OverrideRequest {
            decision,
            reason: reason(code),
            justification,
            minutes: body.minutes.unwrap_or(DEFAULT_MINUTES),
            expected_revision,
        }));
    }
    Ok(Wish::Resolve(Box::new(ResolveRequest {
        decision,
        verdict: said,
        note,
        edited: body.edited.map(edited_claims),
        expected_revision,
    })))
}
