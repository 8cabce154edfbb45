//! `POST /api/execution/request`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{ExecutionReply, ExecutionRequestBody, ExplainQuery};
use clasper_delegated::Error;
use clasper_http::{ApiJson, ApiQuery, AuthenticatedAdapter, Problem, WriteProblems};

use crate::executions::{adapter_caller, body, view};

/// Ask to execute
///
/// Policies, risk and budgets decide. Asked again under the same `execution_id`, the same request gets the same decision, and
/// claims the grant once people have agreed; another request under it is refused with 409. `allowed` is the only member that
/// permits anything. Values of templates in policies come from the server: `templateVars` is ignored.
#[utoipa::path(
    post,
    path = "/api/execution/request",
    tag = "executions",
    params(ExplainQuery),
    request_body = ExecutionRequestBody,
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "What was decided.", body = ExecutionReply),
        (status = 409, description = "This `execution_id` was used for another request.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn request_execution(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    _query: ApiQuery<ExplainQuery>,
    ApiJson(body): ApiJson<ExecutionRequestBody>,
) -> Result<Json<ExecutionReply>, Problem> {
    let request = body::request(&adapter.principal, body)?;
    let caller = adapter_caller(adapter);
    let answer = state.executions.request(&caller, request).await;
    let answer = answer.map_err(problem)?;
    Ok(Json(view::reply(&answer, state.clock.now())?))
}

/// Clients read which capabilities are missing from a member of their own (reference section 4.3).
fn problem(error: Error) -> Problem {
    match &error {
        Error::Capabilities(missing) => {
            let missing = missing.clone();
            Problem::from(error).with("capabilities", missing)
        }
        _ => error.into(),
    }
}
