//! From the body of a request to execute to what the use case is asked.

use axum::http::StatusCode;
use clasper_api_types::ExecutionRequestBody;
use clasper_delegated::ExecutionRequest;
use clasper_delegated::execution::ExecutionAsk;
use clasper_governance::risk::{CallerClaims, Temperature};
use clasper_http::Problem;
use clasper_identity::AdapterPrincipal;
use clasper_policy::RequestClaims;

use crate::executions::claims;

/// The request. What the body does not name, the adapter's token does; where both do, the use case compares them.
pub(crate) fn request(
    adapter: &AdapterPrincipal,
    body: ExecutionRequestBody,
) -> Result<ExecutionRequest, Problem> {
    refuse(&body)?;
    let risk = risk(&body)?;
    Ok(ExecutionRequest {
        key: body.execution_id,
        tenant: body.tenant_id,
        workspace: body.workspace_id,
        callback_url: body.callback_url,
        ask: ExecutionAsk {
            adapter: body.adapter_id.unwrap_or_else(|| adapter.adapter.clone()),
            workspace: adapter.workspace.clone(),
            environment: body.environment,
            session: body.session_id,
            risk,
            max_steps: body.max_steps,
            max_cost_usd: body.max_cost.map(|amount| amount.0),
            estimated_cost_usd: body.estimated_cost.map(|amount| amount.0),
            claims: RequestClaims {
                model: body.model,
                tool: body.tool,
                tool_group: body.tool_group,
                skill: body.skill,
                agent_id: body.agent_id,
                agent_role: body.agent_role,
                requested_capabilities: body.requested_capabilities,
                intent: body.intent,
                intent_source: body.intent_source,
                action: body.action,
                resource: body.resource,
                actor: body.actor,
                max_duration_secs: body.max_duration_secs,
                context: claims::context(body.context.unwrap_or_default()),
                provenance: claims::provenance(body.provenance.unwrap_or_default()),
            },
        },
    })
}

/// Members that some clients send and that are not an adapter's to say.
fn refuse(body: &ExecutionRequestBody) -> Result<(), Problem> {
    if body.override_request.is_some() {
        let detail = "an adapter cannot override: an operator does, with POST /ops/api/decisions/{decision_id}/override";
        let problem = Problem::new(StatusCode::BAD_REQUEST, "override_not_accepted", detail);
        return Err(problem.at("/override", detail));
    }
    if body.rbac_allowed == Some(false) {
        let detail = "the request says itself that the adapter's own rules refuse it";
        let problem = Problem::new(StatusCode::FORBIDDEN, "rbac_denied", detail);
        return Err(problem.at("/rbac_allowed", detail));
    }
    if body.max_steps == Some(0) {
        return Err(Problem::invalid("/max_steps", "must be at least 1"));
    }
    Ok(())
}

fn risk(body: &ExecutionRequestBody) -> Result<CallerClaims, Problem> {
    let temperature = body.temperature.map(Temperature::new).transpose();
    let context = body.context.as_ref();
    let source = body.provenance.as_ref().and_then(|from| from.source);
    let capabilities = body.requested_capabilities.len();
    Ok(CallerClaims {
        tool_count: body.tool_count,
        tool_names: body.tool_names.clone().unwrap_or_default(),
        skill_state: body.skill_state.map(claims::skill_state),
        skill_tested: body.skill_tested,
        skill_pinned: body.skill_pinned,
        temperature: temperature
            .map_err(|error| Problem::invalid("/temperature", error.to_string()))?,
        data_sensitivity: body.data_sensitivity.map(claims::sensitivity),
        custom_flags: body.custom_flags.clone().unwrap_or_default(),
        adapter_risk_class: body.adapter_risk_class.map(claims::risk_class),
        requested_capabilities: u32::try_from(capabilities).unwrap_or(u32::MAX),
        external_network: context.and_then(|c| c.external_network).unwrap_or_default(),
        elevated_privileges: context
            .and_then(|c| c.elevated_privileges)
            .unwrap_or_default(),
        provenance: source.map(claims::origin),
    })
}
