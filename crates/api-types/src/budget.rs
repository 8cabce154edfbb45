//! Budgets.

use clasper_core::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Amount, DateOrTime, OkStatus, WireTime, amount};

/// How one period follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriodKind {
    /// From the first of a month to the first of the next, midnight in the budget's time zone.
    CalendarMonth,
    /// As long as the first one, back to back.
    Fixed,
}

/// A tenant's budget in its current period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "tenantId": "acme", "budgetUsd": 50, "spentUsd": 12.5, "heldUsd": 0.0225, "availableUsd": 37.4775,
    "periodStart": "2026-11-01T00:00:00.000Z", "periodEnd": "2026-12-01T00:00:00.000Z",
    "periodKind": "calendar_month", "timeZone": "UTC", "hardLimit": true, "alertThreshold": 0.8,
    "createdAt": "2026-11-01T09:00:00.000Z", "updatedAt": "2026-11-20T10:03:16.397Z"
}))]
pub struct BudgetView {
    /// Whose it is.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// The part of the tenant that it is for; absent when it is for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "workspace:support")]
    pub scope: Option<String>,
    /// What may be spent in a period.
    pub budget_usd: Amount,
    /// What was spent in this period.
    pub spent_usd: Amount,
    /// What is held for runs that have not ended.
    pub held_usd: Amount,
    /// What is neither spent nor held.
    pub available_usd: Amount,
    /// The period's first moment.
    pub period_start: WireTime,
    /// The first moment after the period.
    pub period_end: WireTime,
    /// How the next period follows.
    pub period_kind: BudgetPeriodKind,
    /// The time zone in which months begin.
    pub time_zone: String,
    /// Whether the limit refuses; a soft limit only warns.
    pub hard_limit: bool,
    /// The share of the budget that raises an alert.
    #[schema(minimum = 0, maximum = 1)]
    pub alert_threshold: f64,
    /// When it was first set.
    pub created_at: WireTime,
    /// When it was last set or rolled over.
    pub updated_at: WireTime,
}

/// How spending goes on in the current period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BudgetStatsView {
    /// The budget.
    pub total_budget: Amount,
    /// What was spent.
    pub total_spent: Amount,
    /// What is held for runs that have not ended.
    pub total_held: Amount,
    /// What is neither spent nor held.
    pub remaining: Amount,
    /// What was spent, in per cent of the budget.
    pub percent_used: f64,
    /// What was spent per day that has begun, rounded up.
    pub average_daily_spend: Amount,
    /// What will have been spent at the period's end if it goes on like this.
    pub projected_month_end: Amount,
    /// Days until the period's end, begun ones included.
    pub days_remaining: u32,
}

/// A budget and how spending goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "budget": {
        "tenantId": "acme", "budgetUsd": 50, "spentUsd": 12.5, "heldUsd": 0.0225, "availableUsd": 37.4775,
        "periodStart": "2026-11-01T00:00:00.000Z", "periodEnd": "2026-12-01T00:00:00.000Z",
        "periodKind": "calendar_month", "timeZone": "UTC", "hardLimit": true, "alertThreshold": 0.8,
        "createdAt": "2026-11-01T09:00:00.000Z", "updatedAt": "2026-11-20T10:03:16.397Z"
    },
    "stats": {
        "totalBudget": 50, "totalSpent": 12.5, "totalHeld": 0.0225, "remaining": 37.4775, "percentUsed": 25.0,
        "averageDailySpend": 0.625, "projectedMonthEnd": 19.375, "daysRemaining": 11
    }
}))]
pub struct BudgetReply {
    /// The budget.
    pub budget: BudgetView,
    /// How spending goes on.
    pub stats: BudgetStatsView,
}

/// A budget to set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"budget_usd": 50, "hard_limit": true, "alert_threshold": 0.8}))]
pub struct SetBudgetBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The part of the tenant to set it for: `workspace:<id>`, `agent:<id>`, `session:<key>` or `run:<execution id>`. Without
    /// one it is the tenant's own. What runs in a part needs room in its budget and in the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "workspace:support")]
    pub scope: Option<String>,
    /// What may be spent in a period: more than nothing, as a number or a decimal string.
    #[serde(deserialize_with = "amount::positive")]
    #[schema(schema_with = amount::number_or_text)]
    pub budget_usd: Amount,
    /// Start of an explicit period: a time with its zone, or a date in UTC. Without one, periods are calendar months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-11-01")]
    pub period_start: Option<DateOrTime>,
    /// The first moment after an explicit period; needed with `period_start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-12-01")]
    pub period_end: Option<DateOrTime>,
    /// Whether the limit refuses; a soft limit only warns. True when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hard_limit: Option<bool>,
    /// The share of the budget that raises an alert. 0.8 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub alert_threshold: Option<f64>,
    /// IANA time zone in which months begin; the tenant's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
}

/// The budget as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "status": "ok",
    "budget": {
        "tenantId": "acme", "budgetUsd": 50, "spentUsd": 0, "heldUsd": 0, "availableUsd": 50,
        "periodStart": "2026-11-01T00:00:00.000Z", "periodEnd": "2026-12-01T00:00:00.000Z",
        "periodKind": "calendar_month", "timeZone": "UTC", "hardLimit": true, "alertThreshold": 0.8,
        "createdAt": "2026-11-20T10:03:16.397Z", "updatedAt": "2026-11-20T10:03:16.397Z"
    }
}))]
pub struct SetBudgetReply {
    /// Always `ok`: failures are problems.
    pub status: OkStatus,
    /// The budget.
    pub budget: BudgetView,
}

/// Which budget to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BudgetQuery {
    /// A part of the tenant: `workspace:<id>`, `agent:<id>`, `session:<key>` or `run:<execution id>`; the whole tenant when
    /// absent.
    #[serde(default)]
    #[param(example = "workspace:support")]
    pub scope: Option<String>,
}

/// A page of the budgets within a tenant's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "items": [{
        "tenantId": "acme", "scope": "workspace:support", "budgetUsd": 5, "spentUsd": 1.25, "heldUsd": 0, "availableUsd": 3.75,
        "periodStart": "2026-11-01T00:00:00.000Z", "periodEnd": "2026-12-01T00:00:00.000Z",
        "periodKind": "calendar_month", "timeZone": "UTC", "hardLimit": true, "alertThreshold": 0.8,
        "createdAt": "2026-11-01T09:00:00.000Z", "updatedAt": "2026-11-20T10:03:16.397Z"
    }],
    "limit": 100
}))]
pub struct ScopeBudgetList {
    /// The budgets, by the names of their scopes.
    pub items: Vec<BudgetView>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many items were asked for.
    pub limit: u32,
}

/// What to check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BudgetCheckQuery {
    /// The parts of the tenant that the run would be in, separated by commas: their budgets are asked beside the tenant's.
    #[serde(default)]
    #[param(example = "workspace:support,agent:helper")]
    pub scopes: Option<String>,
    /// What a run may cost, in US dollars; nothing when absent.
    #[serde(default, deserialize_with = "amount::from_text")]
    #[param(value_type = Option<String>, example = "0.0225")]
    pub estimated_cost: Option<Amount>,
}

/// What to check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"estimated_cost": 0.0225}))]
pub struct BudgetCheckBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// What a run may cost; nothing when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_cost: Option<Amount>,
    /// The parts of the tenant that the run would be in: their budgets are asked beside the tenant's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["workspace:support"]))]
    pub scopes: Vec<String>,
}

/// Whether a run of that cost would be admitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "allowed": true, "budget": null, "remaining": null, "percentUsed": 0.0, "reason": "no_budget_set"
}))]
pub struct BudgetCheckView {
    /// Whether it would be admitted, now or when held money comes back.
    pub allowed: bool,
    /// The budget that the answer is about: the widest that refuses, else the widest that has something to say, else the
    /// tenant's; null when none is set.
    #[schema(required)]
    pub budget: Option<BudgetView>,
    /// What is neither spent nor held; null when no budget is set.
    #[schema(required)]
    pub remaining: Option<Amount>,
    /// What was spent, in per cent of the budget.
    pub percent_used: f64,
    /// A stable code when there is something to say: `no_budget_set`, `budget_exceeded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A sentence when spending is near or over the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}
