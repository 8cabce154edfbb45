//! `POST /access/v1/evaluation`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AccessDecision, AccessQuestion};
use clasper_http::{Authenticated, Problem, WriteProblems};

use crate::access::body::AccessJson;
use crate::access::decide::Decider;
use crate::access::question::{Open, Question};

/// Ask whether a subject may do something (`AuthZEN`)
///
/// By the policies in force in the credential's tenant. What needs an approval is `false`. Needs the permission `policy:view`.
#[utoipa::path(
    post,
    path = "/access/v1/evaluation",
    tag = "authzen",
    request_body = AccessQuestion,
    responses((status = 200, description = "Whether it may.", body = AccessDecision), WriteProblems)
)]
pub(super) async fn evaluate_access(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    AccessJson(body): AccessJson<AccessQuestion>,
) -> Result<Json<AccessDecision>, Problem> {
    let caller = authenticated.caller(None)?;
    let question = Question::of(&body, Open::Nothing)?;
    let mut decider = Decider::new(&state, &caller).await?;
    Ok(Json(decider.decide(&question).await?))
}
