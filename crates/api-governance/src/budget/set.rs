//! `POST /budget`

use clasper_api_state::ApiState;
use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use clasper_api_types::{DateOrTime, OkStatus, SetBudgetBody, SetBudgetReply};
use clasper_core::Permission;
use clasper_governance::{AlertThreshold, BudgetSettings};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::budget::{scope, view};

/// Set a budget
///
/// Creates or changes the tenant's, or that of a part of it; what was spent and what is held stay. Needs the permission `budget:modify`.
#[utoipa::path(
    post,
    path = "/budget",
    tag = "budget",
    request_body = SetBudgetBody,
    responses((status = 200, description = "The budget as it is now.", body = SetBudgetReply), WriteProblems)
)]
pub(super) async fn set_budget(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<SetBudgetBody>,
) -> Result<Json<SetBudgetReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let scope = scope::one(body.scope.as_deref(), "/scope")?;
    let settings = settings(&body)?;
    // The service refuses a caller without the permission; until then it must not bring a tenant into being.
    if caller.may(Permission::BudgetModify) {
        state.identity.ensure_tenant(&caller).await?;
    }
    let budget = state.budgets.set_scope(&caller, &scope, &settings).await?;
    Ok(Json(SetBudgetReply {
        status: OkStatus::Ok,
        budget: view::budget(&scope, budget),
    }))
}

fn settings(body: &SetBudgetBody) -> Result<BudgetSettings, Problem> {
    let mut settings = BudgetSettings::limited_to(body.budget_usd.0);
    if let Some(hard) = body.hard_limit {
        settings.hard_limit = hard;
    }
    if let Some(share) = body.alert_threshold {
        settings.alert_threshold = AlertThreshold::from_share(share)
            .map_err(|error| Problem::invalid("/alert_threshold", error.to_string()))?;
    }
    settings.period_start = body.period_start.map(DateOrTime::first);
    settings.period_end = body.period_end.map(DateOrTime::first);
    settings.time_zone = body.time_zone.as_deref().map(time_zone).transpose()?;
    Ok(settings)
}

/// The time zone of that name.
///
/// # Errors
/// A 400 that points to `/time_zone`.
pub fn time_zone(name: &str) -> Result<Tz, Problem> {
    Tz::from_str(name).map_err(|_| {
        Problem::invalid(
            "/time_zone",
            "must be an IANA time zone such as Europe/Berlin",
        )
    })
}
