//! `GET /api/adapter/decisions/{decision_id}/explain`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AdapterExplanationView, InputSummaryView};
use clasper_core::DecisionId;
use clasper_http::{ApiPath, AuthenticatedAdapter, Problem, ReadProblems};
use serde_json::Value;

use crate::decisions::view::decided;
use crate::executions::{Standing, Verdict, adapter_caller, snapshot};

/// Most items of a list that are shown (reference section 4.3).
const SHOWN: usize = 8;

/// Explain one of an adapter's own decisions
///
/// The deciding policy, the risk with everything that it is made of, and a summary of what was asked.
#[utoipa::path(
    get,
    path = "/api/adapter/decisions/{decision_id}/explain",
    tag = "decisions",
    params(("decision_id" = String, Path, format = Uuid, description = "The decision's id")),
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "Why it was decided so.", body = AdapterExplanationView),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn explain_adapter_decision(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiPath(decision): ApiPath<DecisionId>,
) -> Result<Json<AdapterExplanationView>, Problem> {
    let caller = adapter_caller(adapter);
    let execution = state.executions.own_decision(&caller, decision).await?;
    let verdict = Verdict::of(&execution)?;
    let mut recorded = snapshot(&execution)?;
    let standing = Standing::of(&execution, state.clock.now());
    Ok(Json(AdapterExplanationView {
        policy: verdict.matched_policies.into_iter().next(),
        reason: standing.reason().to_owned(),
        explanation: verdict.explanation,
        tool: execution.tool.clone(),
        input_summary: summary(&recorded["request"]["claims"]),
        decision: decided(&execution).to_owned(),
        risk: recorded["verdict"]["risk"].take(),
    }))
}

fn summary(claims: &Value) -> InputSummaryView {
    let context = &claims["context"];
    let (exec, targets) = (&context["exec"], &context["targets"]);
    InputSummaryView {
        argv0: text(&exec["argv0"]).or_else(|| text(&exec["argv"][0])),
        argv: texts(&exec["argv"]),
        cwd: text(&exec["cwd"]),
        targets: texts(&targets["list"]),
        paths: texts(&targets["paths"]),
        hosts: texts(&targets["hosts"]),
        resource: text(&claims["resource"]),
        intent: text(&claims["intent"]),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(text).take(SHOWN).collect()
}
