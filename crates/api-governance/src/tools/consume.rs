//! `POST /api/governance/tool/consume`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{ConsumeToolBody, ConsumeToolReply, OkStatus};
use clasper_delegated::ToolUse;
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};

use crate::executions::adapter_caller;

/// Use the token of a tool
///
/// Once. The token's signature, its end, and the adapter, workspace, execution, tool and scope that it was given for are compared
/// with what is presented here and with what is stored, in the commit that uses it up; the execution's grant still has to be live.
#[utoipa::path(
    post,
    path = "/api/governance/tool/consume",
    tag = "tools",
    request_body = ConsumeToolBody,
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "The call may be made now, once.", body = ConsumeToolReply),
        (status = 404, description = "There is no such authorization in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`token_used`, or `no_live_grant`.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn consume_tool(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(body): ApiJson<ConsumeToolBody>,
) -> Result<Json<ConsumeToolReply>, Problem> {
    let wanted = ToolUse {
        adapter: body.adapter_id,
        key: body.execution_id,
        tool: body.tool,
        token: body.tool_token.into(),
        scope: body.scope,
    };
    let caller = adapter_caller(adapter);
    let used = state.executions.consume_tool(&caller, wanted).await?;
    Ok(Json(ConsumeToolReply {
        status: OkStatus::Ok,
        authorization_id: used.id,
        tool: used.tool,
        used_at: used.used_at.map(Into::into),
    }))
}
