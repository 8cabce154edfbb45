//! `POST /ops/api/decisions/{decision_id}/override`

use axum::extract::State;
use axum::response::Response;
use clasper_api_state::ApiState;
use clasper_api_types::{DecisionReply, OverrideDecisionBody, OverrideReasonName};
use clasper_core::DecisionId;
use clasper_delegated::OverrideRequest;
use clasper_governance::approval::OverrideReason;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};

use crate::decisions::precondition::{IfMatch, problem};
use crate::decisions::resolve::reply;

/// Let one execution pass against policy
///
/// For exactly what was asked, once, for minutes. A decision that people have refused cannot be overridden, and a Cedar
/// `forbid` is not. Needs an operator's credential and the permission `override:use`.
#[utoipa::path(
    post,
    path = "/ops/api/decisions/{decision_id}/override",
    tag = "decisions",
    params(
        ("decision_id" = String, Path, format = Uuid, description = "The decision's id"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read: another revision is refused with 412", example = "\"1\""),
    ),
    request_body = OverrideDecisionBody,
    responses(
        (status = 200, description = "The decision as it now stands.", body = DecisionReply, headers(("ETag" = String, description = "Its revision"))),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The decision is not in the way, or a `forbid` is.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It has changed since it was read.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn override_decision(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    IfMatch(expected): IfMatch,
    ApiPath(decision): ApiPath<DecisionId>,
    ApiJson(body): ApiJson<OverrideDecisionBody>,
) -> Result<Response, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let request = OverrideRequest {
        decision,
        reason: reason(body.reason_code),
        justification: body.justification,
        minutes: body.minutes,
        expected_revision: expected,
    };
    let passed = state.executions.override_policy(&caller, request).await;
    reply(&state, &passed.map_err(|error| problem(error, expected))?)
}

pub(super) const fn reason(name: OverrideReasonName) -> OverrideReason {
    match name {
        OverrideReasonName::IncidentResponse => OverrideReason::IncidentResponse,
        OverrideReasonName::Hotfix => OverrideReason::Hotfix,
        OverrideReasonName::BusinessDeadline => OverrideReason::BusinessDeadline,
        OverrideReasonName::DataCorrection => OverrideReason::DataCorrection,
        OverrideReasonName::Other => OverrideReason::Other,
    }
}
