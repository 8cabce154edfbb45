//! `POST /risk/score`

use axum::Json;
use clasper_api_types::{RiskFactorsView, RiskScoreBody, RiskScoreReply};
use clasper_governance::risk::{CallerClaims, Temperature, score_claims};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::executions::{sensitivity, skill_state};

/// Score a risk
///
/// By what the body says, taken at its word. It informs; nothing is decided by it: decisions take class and maturity from the
/// registries. Any credential may ask.
#[utoipa::path(
    post,
    path = "/risk/score",
    tag = "policies",
    request_body = RiskScoreBody,
    responses((status = 200, description = "The score.", body = RiskScoreReply), WriteProblems)
)]
pub(super) async fn score_risk(
    authenticated: Authenticated,
    ApiJson(body): ApiJson<RiskScoreBody>,
) -> Result<Json<RiskScoreReply>, Problem> {
    authenticated.caller(body.tenant_id.as_ref())?;
    let temperature = body.temperature.map(Temperature::new).transpose();
    let assessment = score_claims(&CallerClaims {
        tool_count: body.tool_count,
        tool_names: body.tool_names.unwrap_or_default(),
        skill_state: body.skill_state.map(skill_state),
        skill_tested: body.skill_tested,
        skill_pinned: body.skill_pinned,
        temperature: temperature
            .map_err(|error| Problem::invalid("/temperature", error.to_string()))?,
        data_sensitivity: body.data_sensitivity.map(sensitivity),
        custom_flags: body.custom_flags.unwrap_or_default(),
        ..CallerClaims::default()
    });
    let factors = assessment.factors;
    Ok(Json(RiskScoreReply {
        risk_score: assessment.score,
        risk_level: assessment.level.name().to_owned(),
        factors: RiskFactorsView {
            tool_breadth: factors.tool_breadth,
            skill_maturity: factors.skill_maturity,
            model_volatility: factors.model_volatility,
            data_sensitivity: factors.data_sensitivity,
            custom_factors: factors.custom_factors,
        },
        risk_factors: assessment
            .risk_factors
            .iter()
            .map(ToString::to_string)
            .collect(),
        recommendations: assessment
            .recommendations
            .iter()
            .map(ToString::to_string)
            .collect(),
    }))
}
