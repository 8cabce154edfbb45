//! A tenant's budget: money is held before it is spent, and settled for what was really used.

mod nested;
mod scope;

pub use nested::{
    NestedAdmission, NestedBudgets, NestedError, ScopeAlert, ScopeWarning, ScopedBudget,
    ScopedSnapshot, Settled, admit_all,
};
pub use scope::{BudgetScope, ScopeError};

use chrono_tz::Tz;
use clasper_core::{TenantId, Timestamp, Usd, UsdError};
use serde::Serialize;

use crate::period::{Period, PeriodError};
use crate::service::BudgetSettings;

/// The share of the limit at which an alert is raised, in hundredths of a per cent (0 to 10,000).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertThreshold(u16);

/// The share is not between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("alert_threshold must be between 0 and 1")]
pub struct ThresholdError;

impl AlertThreshold {
    /// Four fifths, the reference implementation's default (section 8.1).
    pub const DEFAULT: Self = Self(8_000);

    /// A share between 0 and 1.
    ///
    /// # Errors
    /// [`ThresholdError`].
    pub fn from_share(share: f64) -> Result<Self, ThresholdError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(ThresholdError);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 10,000"
        )]
        Ok(Self((share * 10_000.0).round() as u16))
    }

    /// As stored, in hundredths of a per cent.
    ///
    /// # Errors
    /// [`ThresholdError`] above 10,000.
    pub fn from_basis_points(points: i64) -> Result<Self, ThresholdError> {
        u16::try_from(points)
            .ok()
            .filter(|p| *p <= 10_000)
            .map(Self)
            .ok_or(ThresholdError)
    }

    /// As stored, in hundredths of a per cent.
    #[must_use]
    pub fn basis_points(self) -> i64 {
        i64::from(self.0)
    }

    /// The share, between 0 and 1.
    #[must_use]
    pub fn share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

/// A tenant's budget for the current period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Whose it is.
    pub tenant: TenantId,
    /// What may be spent in a period.
    pub limit: Usd,
    /// What was spent in this period.
    pub spent: Usd,
    /// What is held for runs that have not ended.
    pub held: Usd,
    /// Runs settled in this period: with `spent` it gives their mean cost.
    pub settled_runs: i64,
    /// The period.
    pub period: Period,
    /// The time zone in which months begin.
    pub time_zone: Tz,
    /// Whether the limit refuses (hard) or only warns (soft).
    pub hard_limit: bool,
    /// The share of the limit that raises an alert.
    pub alert_threshold: AlertThreshold,
    /// When it was first set.
    pub created_at: Timestamp,
    /// When it was last set or rolled over.
    pub updated_at: Timestamp,
}

/// What a run asks to have held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HoldAsk {
    /// The most it can cost with the limits it would like.
    pub full: Usd,
    /// The least with which it makes sense to start.
    pub floor: Usd,
}

/// What a budget says to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Start, with this much held and not a nano-dollar more to spend.
    Held {
        /// How much.
        hold: Usd,
        /// Whether it is less than the full ask, because the budget has no more.
        capped: bool,
    },
    /// The money is there, but held for runs that may give some back: ask again when one has ended.
    Wait,
    /// The money is spent.
    Refused(Refusal),
}

/// Why a run was refused by its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// What is left does not cover the run.
    BudgetExceeded,
    /// What is left is held for other runs, and none ended in time.
    BudgetHeld,
}

impl Refusal {
    /// The reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BudgetExceeded => "budget_exceeded",
            Self::BudgetHeld => "budget_held",
        }
    }
}

/// A line that spending crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alert {
    /// The alert threshold.
    Threshold,
    /// The limit.
    Limit,
}

/// A budget's numbers at one moment, as recorded with a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BudgetSnapshot {
    /// The limit.
    pub limit_usd: Usd,
    /// Spent in the period.
    pub spent_usd: Usd,
    /// Held.
    pub held_usd: Usd,
    /// Whether the limit refuses.
    pub hard_limit: bool,
    /// Mean cost of the period's runs, when there were any.
    pub mean_run_cost_usd: Option<Usd>,
}

/// How spending stands against the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetStanding {
    /// Below the alert threshold.
    Within,
    /// At or above the alert threshold.
    NearLimit,
    /// Above the limit.
    Over,
}

impl Budget {
    /// A new budget, nothing spent.
    ///
    /// # Errors
    /// [`PeriodError`] when the settings' period is senseless.
    pub fn open(
        tenant: TenantId,
        settings: &BudgetSettings,
        zone: Tz,
        now: Timestamp,
    ) -> Result<Self, PeriodError> {
        let period = settings.period(zone, now)?;
        Ok(Self {
            tenant,
            limit: settings.limit,
            spent: Usd::ZERO,
            held: Usd::ZERO,
            settled_runs: 0,
            period,
            time_zone: zone,
            hard_limit: settings.hard_limit,
            alert_threshold: settings.alert_threshold,
            created_at: now,
            updated_at: now,
        })
    }

    /// Changes the settings; what was spent and what is held stay.
    ///
    /// # Errors
    /// [`PeriodError`] when the settings' period is senseless.
    pub fn change(
        &mut self,
        settings: &BudgetSettings,
        zone: Tz,
        now: Timestamp,
    ) -> Result<(), PeriodError> {
        self.period = match settings.explicit_period()? {
            Some(period) => period,
            None => self.period,
        };
        self.time_zone = zone;
        self.limit = settings.limit;
        self.hard_limit = settings.hard_limit;
        self.alert_threshold = settings.alert_threshold;
        self.updated_at = now;
        Ok(())
    }

    /// Moves on to the period that contains `now`. Returns what was spent in the period that ended, if one did.
    /// Money held stays held: it belongs to runs, not to a period.
    pub fn roll_over(&mut self, now: Timestamp) -> Option<Usd> {
        if now < self.period.end {
            return None;
        }
        self.period = self.period.at(now, self.time_zone);
        self.settled_runs = 0;
        self.updated_at = now;
        Some(std::mem::take(&mut self.spent))
    }

    /// What the period's runs cost on average, rounded up; `None` before the first.
    #[must_use]
    pub fn mean_run_cost(&self) -> Option<Usd> {
        let runs = self.settled_runs;
        (runs > 0).then(|| {
            let nanos = self.spent.nanos();
            Usd::from_nanos(nanos / runs + i64::from(nanos % runs != 0)).unwrap_or(Usd::ZERO)
        })
    }

    /// Says whether a run may start. `last_try` settles it: no more waiting.
    ///
    /// A run that cannot have its full ask because the budget is nearly spent gets what is left, if that covers the
    /// mean cost of the period's runs (or, before the first, `ask.floor`); its answer is then cut to what the money
    /// buys. As long as other runs hold money, it waits for theirs instead.
    #[must_use]
    pub fn admit(&self, ask: HoldAsk, last_try: bool) -> Admission {
        let unspent = self.limit.saturating_sub(self.spent);
        let available = unspent.saturating_sub(self.held);
        if !self.hard_limit || ask.full <= available {
            return Admission::Held {
                hold: ask.full,
                capped: false,
            };
        }
        let floor = self.floor(ask);
        if unspent < floor {
            return Admission::Refused(Refusal::BudgetExceeded);
        }
        if self.held.is_zero() || (last_try && available >= floor) {
            return Admission::Held {
                hold: available,
                capped: true,
            };
        }
        if last_try {
            Admission::Refused(Refusal::BudgetHeld)
        } else {
            Admission::Wait
        }
    }

    /// The least hold with which a run makes sense: the mean cost of the period's runs or, before the first,
    /// `ask.floor`; something, and not more than it asks for.
    fn floor(&self, ask: HoldAsk) -> Usd {
        self.mean_run_cost()
            .unwrap_or(ask.floor)
            .max(Usd::from_nanos(1).unwrap_or(Usd::ZERO))
            .min(ask.full)
    }

    /// Holds money for a run that was admitted.
    ///
    /// # Errors
    /// [`UsdError::TooLarge`].
    pub fn hold(&mut self, amount: Usd) -> Result<(), UsdError> {
        self.held = self.held.checked_add(amount)?;
        Ok(())
    }

    /// Ends a hold: `actual` is spent, the rest is free again. Returns the lines that this crossed.
    ///
    /// # Errors
    /// [`UsdError::TooLarge`].
    pub fn settle(&mut self, hold: Usd, actual: Usd) -> Result<Vec<Alert>, UsdError> {
        let before = self.standing();
        self.held = self.held.saturating_sub(hold);
        self.spent = self.spent.checked_add(actual)?;
        if !actual.is_zero() {
            self.settled_runs += 1;
        }
        let after = self.standing();
        let crossed = |line: BudgetStanding| before < line && line <= after;
        let mut alerts = Vec::new();
        if crossed(BudgetStanding::NearLimit) {
            alerts.push(Alert::Threshold);
        }
        if crossed(BudgetStanding::Over) {
            alerts.push(Alert::Limit);
        }
        Ok(alerts)
    }

    /// How spending stands against the limit.
    #[must_use]
    pub fn standing(&self) -> BudgetStanding {
        self.standing_at(self.spent)
    }

    /// How the budget would stand if `spent` were spent.
    fn standing_at(&self, spent: Usd) -> BudgetStanding {
        if spent > self.limit {
            return BudgetStanding::Over;
        }
        let share =
            i128::from(self.limit.nanos()) * i128::from(self.alert_threshold.basis_points());
        if i128::from(spent.nanos()) * 10_000 >= share && !spent.is_zero() {
            BudgetStanding::NearLimit
        } else {
            BudgetStanding::Within
        }
    }

    /// What is neither spent nor held.
    #[must_use]
    pub fn available(&self) -> Usd {
        self.limit
            .saturating_sub(self.spent)
            .saturating_sub(self.held)
    }

    /// The numbers at this moment.
    #[must_use]
    pub fn snapshot(&self) -> BudgetSnapshot {
        BudgetSnapshot {
            limit_usd: self.limit,
            spent_usd: self.spent,
            held_usd: self.held,
            hard_limit: self.hard_limit,
            mean_run_cost_usd: self.mean_run_cost(),
        }
    }
}

#[cfg(test)]
mod tests;
