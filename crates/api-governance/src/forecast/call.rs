//! `POST /cost/forecast`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::{
    ForecastBody, ForecastDetailsView, ForecastReply, ForecastView, IntervalView,
};
use clasper_core::{Caller, Permission};
use clasper_governance::forecast::{
    Basis, CallAsk, CallForecast, CostEstimate, CostHistory, HistorySubject, forecast_call,
};
use clasper_governance::{InputTokens, PriceError};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems, require};
use serde_json::value::RawValue;

use crate::budget::scopes_named;
use crate::evaluation::budgets;

/// Where answers are cut when a request does not say (reference section 4.8).
const DEFAULT_OUTPUT_TOKENS: u32 = 1_000;

/// Foretell the cost of a model call
///
/// What is likely, and the bounds that it lies between: learnt from the tenant's own runs where there are enough, else from
/// the declared maximum. A model without a price is refused. Needs the permission `budget:view`.
#[utoipa::path(
    post,
    path = "/cost/forecast",
    tag = "budget",
    request_body = ForecastBody,
    responses((status = 200, description = "The forecast.", body = ForecastReply), WriteProblems)
)]
pub(super) async fn forecast_cost(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<ForecastBody>,
) -> Result<Json<ForecastReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    require(&caller, Permission::BudgetView)?;
    if body.prompt_size == 0 {
        return Err(Problem::invalid("/prompt_size", "must be at least 1"));
    }
    let max_output_tokens = body.max_output_tokens.unwrap_or(DEFAULT_OUTPUT_TOKENS);
    if max_output_tokens == 0 {
        return Err(Problem::invalid("/max_output_tokens", "must be at least 1"));
    }
    let prices = state.prices.of(&caller.scope()).await?;
    let (model, tariff) = prices
        .prices()
        .resolve(body.provider.as_deref(), &body.model)
        .map_err(|error| unpriced(&error))?;
    let history = history(&state, &caller, &model).await?;
    let scopes = scopes_named(body.scopes.iter().map(String::as_str), "/scopes")?;
    let budgets = budgets(&state, &caller, &scopes).await?.into_budgets();
    let ask = CallAsk {
        model,
        tariff,
        input: InputTokens::counted(body.prompt_size),
        max_output_tokens,
    };
    let forecast = forecast_call(&ask, history.as_ref(), &budgets);
    Ok(Json(reply(forecast.map_err(|error| unpriced(&error))?)?))
}

async fn history(
    state: &ApiState,
    caller: &Caller,
    model: &str,
) -> Result<Option<CostHistory>, Problem> {
    let Some(histories) = &state.histories else {
        return Ok(None);
    };
    let subject = HistorySubject::Model(model.to_owned());
    Ok(histories.find_history(&caller.scope(), &subject).await?)
}

fn unpriced(error: &PriceError) -> Problem {
    let (code, pointer) = match error {
        PriceError::Unknown { .. } => ("unknown_model", "/model"),
        PriceError::Ambiguous { .. } => ("ambiguous_model", "/provider"),
        _ => ("cost_out_of_range", "/prompt_size"),
    };
    let detail = error.to_string();
    Problem::new(StatusCode::BAD_REQUEST, code, detail.clone()).at(pointer, detail)
}

fn reply(forecast: CallForecast) -> Result<ForecastReply, Problem> {
    let (likely, outlook, details) = (forecast.likely, forecast.outlook, forecast.details);
    Ok(ForecastReply {
        forecast: ForecastView {
            estimated_cost: likely.total.into(),
            input_cost: likely.input.into(),
            output_cost: likely.output.into(),
            budget_allowed: outlook.budget_allowed,
            budget_remaining: outlook.budget_remaining.map(Into::into),
            would_exceed_budget: outlook.would_exceed_budget,
            may_exceed_budget: outlook.may_exceed_budget,
            warning: outlook.warning.map(|warning| warning.to_string()),
            interval: interval(&forecast.estimate),
        },
        details: ForecastDetailsView {
            input_tokens: details.input_tokens,
            output_tokens: details.output_tokens,
            model: details.model,
            input_price_per_token: exact(&details.input_price_per_token.to_string())?,
            output_price_per_token: exact(&details.output_price_per_token.to_string())?,
        },
    })
}

fn interval(estimate: &CostEstimate) -> IntervalView {
    IntervalView {
        low: estimate.low_usd.into(),
        high: estimate.high_usd.into(),
        coverage: f64::from(estimate.coverage_percent) / 100.0,
        basis: match estimate.basis {
            Basis::DeclaredMaximum => "declared_maximum",
            Basis::History => "history",
        }
        .to_owned(),
        runs: estimate.runs,
    }
}

/// A decimal number with all its digits.
fn exact(decimal: &str) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(decimal.to_owned()).map_err(|error| {
        tracing::error!(%error, "a price has no JSON form");
        Problem::internal()
    })
}
