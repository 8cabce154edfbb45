//! `POST /api/policies/backtest`

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use clasper_api_state::ApiState;
use clasper_api_types::{BacktestBody, BacktestErrorLine, BacktestLine, FlipLine, SummaryLine};
use clasper_core::Classify;
use clasper_delegated::{Backtest, BacktestStep, BacktestSummary, Error, Flip};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};
use futures::stream;

use crate::bundles::source;

/// Judge recorded executions by a draft of policies
///
/// The executions of the last `days` are judged again with the draft in the place of the bundle in force of its name,
/// workspace and environment. What was asked is what was asked then, exactly; registries count as they are now. Lines of
/// JSON come as they are found: one for each execution that flips, then a summary. A line of type `error` ends it early.
/// Needs the permissions `policy:view` and `decision:view`.
#[utoipa::path(
    post,
    path = "/api/policies/backtest",
    tag = "policies",
    request_body = BacktestBody,
    responses(
        (
            status = 200, description = "The lines.", body = BacktestLine, content_type = "application/x-ndjson",
            example = "{\"type\":\"summary\",\"decisions\":0,\"unchanged\":0,\"flips\":{},\"money_affected_usd\":0,\"agents\":[],\"unreadable\":0}\n"
        ),
        (status = 404, description = "There is no bundle of this id in this tenant.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn backtest_policies(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<BacktestBody>,
) -> Result<Response, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let draft = match (&body.bundle, body.bundle_id) {
        (Some(bundle), None) => source::source(bundle, "/bundle")?,
        (None, Some(id)) => state.policies.bundle(&caller, id).await?.source,
        _ => {
            let detail = "send either bundle or bundle_id";
            return Err(Problem::invalid("/bundle", detail));
        }
    };
    let started = state.executions.backtest(&caller, body.days, draft).await;
    let backtest = started.map_err(|error| match (error, &body.bundle) {
        (Error::Policies(error), Some(bundle)) => source::problem(error, bundle, "/bundle"),
        (error, _) => Problem::from(error),
    })?;
    let lines = stream::unfold(Some(backtest), |backtest| async move {
        let mut backtest: Backtest = backtest?;
        let (line, rest) = match backtest.next().await {
            Ok(Some(BacktestStep::Flip(flip))) => (flip_line(*flip), Some(backtest)),
            Ok(Some(BacktestStep::Done(summary))) => (summary_line(*summary), None),
            Ok(None) => return None,
            Err(error) => (error_line(error), None),
        };
        Some((written(&line), rest))
    });
    let mut response = Body::from_stream(lines).into_response();
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(CONTENT_TYPE, ndjson);
    Ok(response)
}

fn written(line: &BacktestLine) -> Result<Bytes, serde_json::Error> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    Ok(text.into())
}

fn flip_line(flip: Flip) -> BacktestLine {
    BacktestLine::Flip(FlipLine {
        link: format!("/ops/api/decisions/{}", flip.decision),
        decision_id: flip.decision,
        execution_id: flip.key,
        agent_id: flip.agent,
        tool: flip.tool,
        from: flip.from.name().to_owned(),
        to: flip.to.name().to_owned(),
        estimated_cost_usd: flip.cost.into(),
        requested_at: flip.requested_at.into(),
    })
}

fn summary_line(summary: BacktestSummary) -> BacktestLine {
    let flips = summary.flips.into_iter();
    BacktestLine::Summary(SummaryLine {
        decisions: summary.decisions,
        unchanged: summary.unchanged,
        flips: flips
            .map(|((from, to), count)| (format!("{from}->{to}"), count))
            .collect(),
        money_affected_usd: summary.money_affected.into(),
        agents: summary.agents.into_iter().collect(),
        unreadable: summary.unreadable,
    })
}

fn error_line(error: Error) -> BacktestLine {
    let code = error.code().to_owned();
    // The same mapping as everywhere, logged in the same place.
    let problem = Problem::from(error);
    BacktestLine::Error(BacktestErrorLine {
        error: problem.detail().to_owned(),
        code,
    })
}
