//! From the body of an evaluation to what a request to execute would ask: by the same function.

use clasper_api_state::ApiState;
use clasper_api_types::{EvaluateBody, ExecutionRequestBody};
use clasper_core::{AdapterId, Caller, WorkspaceId};
use clasper_delegated::{DryRun, ExecutionRequest};
use clasper_governance::{BudgetScope, NestedBudgets};
use clasper_http::Problem;
use clasper_identity::AdapterPrincipal;

use crate::executions::execution_request;

/// The workspace that is meant when none is named.
const DEFAULT_WORKSPACE: &str = "default";
/// Stands for the adapter that was not named; it is not looked up.
const NOBODY: &str = "unnamed";

/// What the adapter would ask.
pub(super) fn of_adapter(
    adapter: &AdapterPrincipal,
    body: EvaluateBody,
) -> Result<ExecutionRequest, Problem> {
    execution_request(adapter, request(body))
}

/// What an adapter of the caller's tenant would ask.
pub(super) fn of_operator(caller: &Caller, body: EvaluateBody) -> Result<DryRun, Problem> {
    let named = |error: clasper_core::NameError| Problem::invalid("", error.to_string());
    let workspace = match &body.workspace_id {
        Some(workspace) => workspace.clone(),
        None => WorkspaceId::new(DEFAULT_WORKSPACE).map_err(named)?,
    };
    let names_adapter = body.adapter_id.is_some();
    let adapter = match &body.adapter_id {
        Some(adapter) => adapter.clone(),
        None => AdapterId::new(NOBODY).map_err(named)?,
    };
    let stand_in = AdapterPrincipal {
        tenant: caller.principal.tenant.clone(),
        workspace,
        adapter,
        capabilities: body.requested_capabilities.clone().unwrap_or_default(),
        credential: caller.principal.credential,
    };
    let ask = execution_request(&stand_in, request(body))?.ask;
    Ok(DryRun { ask, names_adapter })
}

/// The budgets that would have to hold the money of an ask, the tenant's among them: looked up by the server for itself,
/// whoever asks.
pub(crate) async fn budgets(
    state: &ApiState,
    caller: &Caller,
    scopes: &[BudgetScope],
) -> Result<NestedBudgets, Problem> {
    Ok(state.budgets.budgets_of(caller, scopes).await?)
}

fn request(body: EvaluateBody) -> ExecutionRequestBody {
    ExecutionRequestBody {
        execution_id: None,
        tenant_id: body.tenant_id,
        workspace_id: body.workspace_id,
        adapter_id: body.adapter_id,
        environment: body.environment,
        session_id: body.session_id,
        adapter_risk_class: body.adapter_risk_class,
        requested_capabilities: body.requested_capabilities.unwrap_or_default(),
        max_steps: body.max_steps,
        max_cost: body.max_cost,
        estimated_cost: body.estimated_cost,
        tool_count: body.tool_count.unwrap_or_default(),
        tool_names: body.tool_names,
        skill_state: body.skill_state,
        skill_tested: body.skill_tested,
        skill_pinned: body.skill_pinned,
        temperature: body.temperature,
        data_sensitivity: body.data_sensitivity,
        custom_flags: body.custom_flags,
        rbac_allowed: None,
        callback_url: None,
        model: body.model,
        tool: body.tool,
        tool_group: body.tool_group,
        skill: body.skill,
        intent: body.intent,
        intent_source: body.intent_source,
        agent_id: body.agent_id,
        agent_role: body.agent_role,
        agent_metadata: None,
        template_vars: None,
        action: body.action,
        resource: body.resource,
        actor: body.actor,
        max_duration_secs: body.max_duration_secs,
        context: body.context,
        provenance: body.provenance,
        override_request: None,
    }
}
