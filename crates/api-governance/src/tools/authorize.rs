//! `POST /api/governance/tool/authorize`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AuthorizeToolBody, AuthorizeToolReply};
use clasper_delegated::ToolRequest;
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};

use crate::executions::{adapter_caller, risk_class, skill_state};
use crate::tools::view;

/// Ask for a call of a tool
///
/// Within an execution that is allowed, or approved and claimed. The execution's grant has to name the tool and to have steps
/// left; the registry, the policies in force, the risk and the budgets are looked at again. A call that may be made comes with a
/// token that is good once, for half a minute, for exactly this: use it with `POST /api/governance/tool/consume` before the call,
/// or name its `jti` in the trace that reports the call. Refusals are answers with status 200 and are recorded.
#[utoipa::path(
    post,
    path = "/api/governance/tool/authorize",
    tag = "tools",
    request_body = AuthorizeToolBody,
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "What was decided.", body = AuthorizeToolReply),
        (status = 404, description = "The adapter has asked for no such execution.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn authorize_tool(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(body): ApiJson<AuthorizeToolBody>,
) -> Result<Json<AuthorizeToolReply>, Problem> {
    let request = ToolRequest {
        adapter: body.adapter_id,
        key: body.execution_id,
        tool: body.tool,
        tool_group: body.tool_group,
        scope: body.requested_scope,
        environment: body.environment,
        skill_state: body.skill_state.map(skill_state),
        adapter_risk_class: body.adapter_risk_class.map(risk_class),
    };
    let caller = adapter_caller(adapter);
    let answer = state.executions.authorize_tool(&caller, request).await?;
    Ok(Json(view::answer(answer)))
}
