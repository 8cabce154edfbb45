//! Budgets as they are sent, and the numbers made of them.

use chrono::TimeDelta;
use clasper_api_types::{BudgetCheckView, BudgetPeriodKind, BudgetStatsView, BudgetView};
use clasper_core::{Timestamp, Usd};
use clasper_governance::{Budget, BudgetCheck, BudgetScope, PeriodKind};

pub(super) fn budget(scope: &BudgetScope, budget: Budget) -> BudgetView {
    BudgetView {
        scope: (*scope != BudgetScope::Tenant).then(|| scope.to_string()),
        budget_usd: budget.limit.into(),
        spent_usd: budget.spent.into(),
        held_usd: budget.held.into(),
        available_usd: budget.available().into(),
        period_start: budget.period.start.into(),
        period_end: budget.period.end.into(),
        period_kind: match budget.period.kind {
            PeriodKind::CalendarMonth => BudgetPeriodKind::CalendarMonth,
            PeriodKind::Fixed => BudgetPeriodKind::Fixed,
        },
        time_zone: budget.time_zone.name().to_owned(),
        hard_limit: budget.hard_limit,
        alert_threshold: budget.alert_threshold.share(),
        created_at: budget.created_at.into(),
        updated_at: budget.updated_at.into(),
        tenant_id: budget.tenant,
    }
}

pub(super) fn stats(budget: &Budget, now: Timestamp) -> BudgetStatsView {
    let elapsed = days_begun(now - budget.period.start).max(1);
    let left = days_begun(budget.period.end - now);
    let spent = budget.spent.nanos();
    let daily = spent / i64::from(elapsed) + i64::from(spent % i64::from(elapsed) != 0);
    let projected = spent.saturating_add(daily.saturating_mul(i64::from(left)));
    BudgetStatsView {
        total_budget: budget.limit.into(),
        total_spent: budget.spent.into(),
        total_held: budget.held.into(),
        remaining: budget.available().into(),
        percent_used: percent_used(budget),
        average_daily_spend: usd(daily).into(),
        projected_month_end: usd(projected).into(),
        days_remaining: left,
    }
}

pub(super) fn check(check: BudgetCheck) -> BudgetCheckView {
    BudgetCheckView {
        allowed: check.allowed,
        remaining: check
            .budget
            .as_ref()
            .map(|budget| budget.available().into()),
        percent_used: check.budget.as_ref().map_or(0.0, percent_used),
        budget: check.budget.map(|found| budget(&check.scope, found)),
        reason: check.reason.map(str::to_owned),
        warning: check.warning,
    }
}

/// Sums and shares of amounts that are not negative are not negative.
fn usd(nanos: i64) -> Usd {
    Usd::from_nanos(nanos).unwrap_or(Usd::ZERO)
}

/// Days of a stretch of time, the last one counted whole; none when it is over.
fn days_begun(stretch: TimeDelta) -> u32 {
    let whole = stretch.num_days();
    let begun = whole + i64::from(stretch > TimeDelta::days(whole));
    u32::try_from(begun.max(0)).unwrap_or(u32::MAX)
}

/// What is spent in per cent of the limit, to four decimals.
fn percent_used(budget: &Budget) -> f64 {
    let (spent, limit) = (
        i128::from(budget.spent.nanos()),
        i128::from(budget.limit.nanos()),
    );
    if limit == 0 {
        return if spent == 0 { 0.0 } else { 100.0 };
    }
    let millionths = spent * 1_000_000 / limit;
    f64::from(u32::try_from(millionths).unwrap_or(u32::MAX)) / 10_000.0
}

#[cfg(test)]
mod tests {
    use clasper_core::TenantId;
    use clasper_governance::BudgetSettings;

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn budget_of(limit: &str, spent: &str) -> Budget {
        let settings = BudgetSettings::limited_to(limit.parse().expect("an amount"));
        let tenant = TenantId::new("acme").expect("a name");
        let now = time("2026-11-01T00:00:00Z");
        let mut budget =
            Budget::open(tenant, &settings, chrono_tz::UTC, now).expect("a month is a period");
        budget.spent = spent.parse().expect("an amount");
        budget
    }

    #[test]
    fn spending_is_projected_to_the_periods_end() {
        let stats = stats(&budget_of("50", "12.5"), time("2026-11-20T10:00:00Z"));
        assert_eq!(stats.average_daily_spend.0.to_string(), "0.625");
        assert_eq!(stats.projected_month_end.0.to_string(), "19.375");
        assert_eq!(stats.days_remaining, 11);
        assert!((stats.percent_used - 25.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_nano_dollar_is_not_lost_in_an_average() {
        let stats = stats(&budget_of("1", "0.000000001"), time("2026-11-03T10:00:00Z"));
        assert_eq!(stats.average_daily_spend.0.nanos(), 1);
    }

    #[test]
    fn the_first_moment_counts_as_a_day() {
        let stats = stats(&budget_of("1", "0.5"), time("2026-11-01T00:00:00Z"));
        assert_eq!(stats.average_daily_spend.0.to_string(), "0.5");
        assert_eq!(stats.days_remaining, 30);
    }
}
