//! Evaluations as they are sent.

use clasper_api_types::{EvaluationReply, ExplainView};
use clasper_delegated::Foretold;
use clasper_http::Problem;
use serde::Serialize;
use serde_json::Value;

pub(super) fn reply(told: Foretold) -> Result<EvaluationReply, Problem> {
    let explanation = told.explanation;
    let evaluation = explanation.evaluation;
    let trace = explanation.decision_trace.iter().map(json);
    let nearest = explanation.nearest_allow.as_ref().map(json);
    Ok(EvaluationReply {
        decision: evaluation.effect.name().to_owned(),
        matched_policies: evaluation
            .matched
            .into_iter()
            .map(|matched| matched.policy_id)
            .collect(),
        decision_trace: trace.collect::<Result<_, _>>()?,
        explanation: evaluation.explanation,
        policy_bundle_hash: evaluation.bundle_hash.to_string(),
        final_decision: told.effect.name().to_owned(),
        final_reason: told.reason,
        required_role: told.required_role.map(str::to_owned),
        risk_score: told.risk.score,
        risk_level: told.risk.level.name().to_owned(),
        explain: ExplainView {
            reason: evaluation.reason.code().to_owned(),
            decided_by: evaluation.winner,
            nearest_allow: nearest.transpose()?,
        },
    })
}

fn json(value: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|error| {
        tracing::error!(%error, "an explanation has no JSON form");
        Problem::internal()
    })
}
