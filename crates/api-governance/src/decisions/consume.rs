//! `POST /api/decisions/{decision_id}/consume`

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use clasper_api_state::ApiState;
use clasper_api_types::{ConsumeReply, OkStatus};
use clasper_core::DecisionId;
use clasper_delegated::Error;
use clasper_delegated::execution::ClaimRefusal;
use clasper_http::{ApiPath, AuthenticatedAdapter, Problem, ReadProblems};
use secrecy::SecretString;

use crate::executions::{Standing, adapter_caller};

const DECISION_TOKEN: &str = "x-decision-token";

/// Claim the grant of an approval
///
/// Once, for exactly what was approved: policies, risk and budgets are looked at again. It takes the decision token that
/// `GET /api/decisions/{decision_id}` shows. Asking again to execute, under the same `execution_id`, claims the same grant without
/// it; whichever comes first has it.
#[utoipa::path(
    post,
    path = "/api/decisions/{decision_id}/consume",
    tag = "decisions",
    params(
        ("decision_id" = String, Path, format = Uuid, description = "The decision's id"),
        ("X-Decision-Token" = String, Header, description = "The decision token"),
    ),
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "It may be done now, once.", body = ConsumeReply),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "`grant_used`, `grant_lapsed`, `no_grant`, `intent_mismatch`, `policy_denied`, `further_approval_required` or `budget_exceeded`."
        ),
        ReadProblems,
    )
)]
pub(super) async fn consume_decision(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiPath(decision): ApiPath<DecisionId>,
    headers: HeaderMap,
) -> Result<Json<ConsumeReply>, Problem> {
    let caller = adapter_caller(adapter);
    let token = token(&headers);
    let consumed = state.executions.consume(&caller, decision, token.as_ref());
    let execution = consumed.await?;
    let scope = Standing::of(&execution, state.clock.now()).scope();
    let (Some(live), Some(granted_scope)) = (&execution.grant, scope) else {
        // Its time ended between the claim and this line.
        return Err(Error::Claim(ClaimRefusal::Lapsed).into());
    };
    Ok(Json(ConsumeReply {
        status: OkStatus::Ok,
        execution_id: execution.key.clone(),
        grant_id: live.grant().id,
        granted_scope,
    }))
}

/// A token that is no text is none of ours, which is said of it like of every other.
fn token(headers: &HeaderMap) -> Option<SecretString> {
    let token = headers.get(DECISION_TOKEN)?;
    Some(token.to_str().unwrap_or_default().to_owned().into())
}
