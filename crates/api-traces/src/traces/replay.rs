//! `GET /traces/{id}/replay`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{RecordedResultView, ReplayContextView};
use clasper_core::TraceId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};
use clasper_tracing::{Step, StepData, Trace};

use crate::traces::view;

/// Read what a run would be run again with
///
/// The model, workspace, skills, input, grant and the answers of tools, as they were recorded; `missing` names what was not, and
/// with it why the run cannot be run again to the same end. Needs the permission `trace:view`.
#[utoipa::path(
    get,
    path = "/traces/{id}/replay",
    tag = "traces",
    params(("id" = String, Path, format = Uuid, description = "The trace's id"), TenantQuery),
    responses(
        (status = 200, description = "What was recorded.", body = ReplayContextView),
        (status = 404, description = "There is no such trace in this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_replay_context(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<TraceId>,
) -> Result<Json<ReplayContextView>, Problem> {
    let trace = state.trace_notes.find(&caller, id).await?;
    Ok(Json(context(trace)))
}

fn context(trace: Trace) -> ReplayContextView {
    let missing = missing(&trace);
    let steps = trace.steps.iter().enumerate();
    let tool_results = steps.filter_map(recorded).collect();
    let seen = view::summary(trace);
    ReplayContextView {
        trace_id: seen.id,
        source: seen.source,
        workspace_id: seen.workspace_id,
        agent_role: seen.agent_role,
        decision_id: seen.decision_id,
        provider: seen.provider,
        model: seen.model,
        workspace_hash: seen.workspace_hash,
        skill_versions: seen.skill_versions,
        input: seen.input,
        granted_scope: seen.granted_scope,
        tool_results,
        replayable: missing.is_empty(),
        missing,
    }
}

/// What running it again would need and the trace does not have.
fn missing(trace: &Trace) -> Vec<String> {
    let calls_model = |step: &Step| matches!(step.data, StepData::LlmCall { .. });
    let parts = [
        ("governed_run", !trace.source.is_run()),
        ("model_responses", trace.steps.iter().any(calls_model)),
        ("message_history", trace.input_history > 0),
        // The trace names the workspace by its hash; files change under it.
        ("workspace_files", !trace.workspace_hash.is_empty()),
        ("unredacted_texts", !trace.redactions.is_empty()),
    ];
    let missing = parts.into_iter().filter(|(_, is_missing)| *is_missing);
    missing.map(|(name, _)| name.to_owned()).collect()
}

fn recorded((number, step): (usize, &Step)) -> Option<RecordedResultView> {
    let StepData::ToolResult {
        tool_call_id,
        tool_name,
        success,
        result,
        error,
    } = &step.data
    else {
        return None;
    };
    Some(RecordedResultView {
        step: number,
        tool_call_id: tool_call_id.clone(),
        tool_name: tool_name.clone(),
        success: *success,
        result: result.clone().unwrap_or_default(),
        error: error.clone(),
    })
}
