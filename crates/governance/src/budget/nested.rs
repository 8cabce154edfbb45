//! Budgets within budgets: a request is held by all that it names, or by none.

use chrono::TimeDelta;
use chrono_tz::Tz;
use clasper_core::{TenantId, Timestamp, Usd, UsdError};
use serde::Serialize;

use crate::budget::{
    Admission, Alert, Budget, BudgetScope, BudgetSnapshot, BudgetStanding, HoldAsk, Refusal,
};
use crate::period::{Period, PeriodError};
use crate::service::BudgetSettings;

/// How long the budget of a session or a run lasts: they have no months, so one period outlives them.
const LIFETIME: TimeDelta = TimeDelta::days(3_660);

/// A budget and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopedBudget {
    /// What it is for.
    pub scope: BudgetScope,
    /// The budget.
    pub budget: Budget,
}

impl ScopedBudget {
    /// A new budget, nothing spent. A session's or a run's lasts for its life unless the settings name a period.
    ///
    /// # Errors
    /// [`PeriodError`] when the settings' period is senseless.
    pub fn open(
        scope: BudgetScope,
        tenant: TenantId,
        settings: &BudgetSettings,
        zone: Tz,
        now: Timestamp,
    ) -> Result<Self, PeriodError> {
        let mut budget = Budget::open(tenant, settings, zone, now)?;
        let is_for_life = matches!(scope, BudgetScope::Session(_) | BudgetScope::Run(_));
        if is_for_life && settings.explicit_period()?.is_none() {
            budget.period = Period::fixed(now, now + LIFETIME)?;
        }
        Ok(Self { scope, budget })
    }

    /// What it can still give when everything held comes back; `None` when its limit does not refuse.
    fn unspent(&self) -> Option<Usd> {
        let budget = &self.budget;
        budget
            .hard_limit
            .then(|| budget.limit.saturating_sub(budget.spent))
    }
}

/// What nested budgets say to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NestedAdmission {
    /// Start: every scope has room for this hold.
    Held {
        /// How much, the same in every scope.
        hold: Usd,
        /// Whether it is less than the full ask.
        capped: bool,
        /// The scopes that come near their limit, or over a soft one, if all of the hold is spent.
        warnings: Vec<ScopeWarning>,
    },
    /// This scope's money is held for others that may give some back: ask again when one has ended.
    Wait {
        /// The widest scope that has to be waited for.
        scope: BudgetScope,
    },
    /// This scope refuses.
    Refused {
        /// The widest scope that refuses.
        scope: BudgetScope,
        /// Why.
        refusal: Refusal,
    },
}

/// A scope that a hold brings near its limit or over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeWarning {
    /// Which.
    pub scope: BudgetScope,
    /// How it will stand if everything held is spent.
    pub standing: BudgetStanding,
    /// Spent and held, this hold included.
    pub committed_usd: Usd,
    /// Its limit.
    pub limit_usd: Usd,
}

/// A line that a settlement crossed in one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeAlert {
    /// Which scope.
    pub scope: BudgetScope,
    /// Which line.
    pub alert: Alert,
}

/// What a settlement did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    /// Lines crossed, the widest scope first.
    pub alerts: Vec<ScopeAlert>,
    /// What was spent beyond the hold. It is booked, because it is a fact, and it is a violation of the grant.
    pub over_hold: Option<Usd>,
}

/// One scope's numbers, as recorded with a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopedSnapshot {
    /// Which scope.
    pub scope: BudgetScope,
    /// Its numbers.
    #[serde(flatten)]
    pub budget: BudgetSnapshot,
}

/// Why budgets cannot be used together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NestedError {
    /// Two budgets of one kind: a request is in one workspace, one session and so on.
    #[error("two budgets of the kind {kind} were named for one request")]
    SameKind {
        /// The kind.
        kind: &'static str,
    },
    /// Budgets of several tenants.
    #[error("the budgets of one request must belong to one tenant")]
    OtherTenant,
}

/// The budgets that one request has to be held by: at most one of each kind, the widest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NestedBudgets(Vec<ScopedBudget>);

impl NestedBudgets {
    /// These budgets together, in any order.
    ///
    /// # Errors
    /// [`NestedError`] when two have the same kind or belong to different tenants.
    pub fn new(mut budgets: Vec<ScopedBudget>) -> Result<Self, NestedError> {
        budgets.sort_by_key(|scoped| scoped.scope.rank());
        for pair in budgets.windows(2) {
            let [first, second] = pair else { continue };
            if first.scope.rank() == second.scope.rank() {
                let kind = first.scope.kind();
                return Err(NestedError::SameKind { kind });
            }
            if first.budget.tenant != second.budget.tenant {
                return Err(NestedError::OtherTenant);
            }
        }
        Ok(Self(budgets))
    }

    /// The budgets, the widest first.
    #[must_use]
    pub fn budgets(&self) -> &[ScopedBudget] {
        &self.0
    }

    /// The tenant's own, when it is among them.
    #[must_use]
    pub fn of_tenant(&self) -> Option<&Budget> {
        let widest = self.0.first()?;
        (widest.scope == BudgetScope::Tenant).then_some(&widest.budget)
    }

    /// The scopes within the tenant's that have a budget, the widest first.
    pub fn parts(&self) -> impl Iterator<Item = &ScopedBudget> {
        let is_part = |scoped: &&ScopedBudget| scoped.scope != BudgetScope::Tenant;
        self.0.iter().filter(is_part)
    }

    /// The budgets, for storing.
    #[must_use]
    pub fn into_budgets(self) -> Vec<ScopedBudget> {
        self.0
    }

    /// Moves every budget on to the period that contains `now`. Returns what was spent in the periods that ended.
    pub fn roll_over(&mut self, now: Timestamp) -> Vec<(BudgetScope, Usd)> {
        let roll = |scoped: &mut ScopedBudget| {
            let spent = scoped.budget.roll_over(now)?;
            Some((scoped.scope.clone(), spent))
        };
        self.0.iter_mut().filter_map(roll).collect()
    }

    /// As [`admit_all`].
    #[must_use]
    pub fn admit(&self, ask: HoldAsk, last_try: bool) -> NestedAdmission {
        admit_all(&self.0, ask, last_try)
    }

    /// Holds money in every scope, or in none.
    ///
    /// # Errors
    /// [`UsdError::TooLarge`]; nothing is held then.
    pub fn hold(&mut self, amount: Usd) -> Result<(), UsdError> {
        self.change_all(|budget| budget.hold(amount)).map(drop)
    }

    /// Ends a hold in every scope, or in none: `actual` is spent, the rest is free again.
    ///
    /// # Errors
    /// [`UsdError::TooLarge`]; nothing is settled then.
    pub fn settle(&mut self, hold: Usd, actual: Usd) -> Result<Settled, UsdError> {
        let crossed = self.change_all(|budget| budget.settle(hold, actual))?;
        let alerts = self
            .0
            .iter()
            .zip(crossed)
            .flat_map(|(scoped, alerts)| {
                let of = |alert| ScopeAlert {
                    scope: scoped.scope.clone(),
                    alert,
                };
                alerts.into_iter().map(of)
            })
            .collect();
        Ok(Settled {
            alerts,
            over_hold: actual.checked_sub(hold).filter(|over| !over.is_zero()),
        })
    }

    /// Ends a hold of which nothing was spent.
    ///
    /// # Errors
    /// As [`Self::settle`]; never, since nothing is added.
    pub fn release(&mut self, hold: Usd) -> Result<(), UsdError> {
        self.settle(hold, Usd::ZERO).map(drop)
    }

    /// The numbers of every scope at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Vec<ScopedSnapshot> {
        let of = |scoped: &ScopedBudget| ScopedSnapshot {
            scope: scoped.scope.clone(),
            budget: scoped.budget.snapshot(),
        };
        self.0.iter().map(of).collect()
    }

    /// Changes all budgets, or none of them.
    fn change_all<T>(
        &mut self,
        change: impl Fn(&mut Budget) -> Result<T, UsdError>,
    ) -> Result<Vec<T>, UsdError> {
        let mut changed = self.0.clone();
        let results = changed
            .iter_mut()
            .map(|scoped| change(&mut scoped.budget))
            .collect::<Result<_, _>>()?;
        self.0 = changed;
        Ok(results)
    }
}

impl From<Option<Budget>> for NestedBudgets {
    /// The tenant's budget alone, if it has one.
    fn from(budget: Option<Budget>) -> Self {
        let of_tenant = |budget| ScopedBudget {
            scope: BudgetScope::Tenant,
            budget,
        };
        Self(budget.into_iter().map(of_tenant).collect())
    }
}

/// Says whether a request may start, held by every one of `budgets` (the widest first). `last_try` settles it: no more
/// waiting.
///
/// The hold is the largest that fits all of them. It is never more than the narrowest limit could ever give, so nobody waits
/// for a wide scope's money that a narrow one would not let them have. Whatever one scope is short of, it is short of by the
/// rules of [`Budget::admit`]; with a single scope the two agree. Soft limits admit, and warn.
#[must_use]
pub fn admit_all(budgets: &[ScopedBudget], ask: HoldAsk, last_try: bool) -> NestedAdmission {
    let attainable = budgets
        .iter()
        .filter_map(ScopedBudget::unspent)
        .fold(ask.full, Usd::min);
    let refused = |scoped: &ScopedBudget, refusal| NestedAdmission::Refused {
        scope: scoped.scope.clone(),
        refusal,
    };
    // Spent money refuses before held money does: waiting for the one would not help with the other.
    let is_spent = |scoped: &&ScopedBudget| {
        scoped
            .unspent()
            .is_some_and(|unspent| unspent < ask.full && unspent < scoped.budget.floor(ask))
    };
    if let Some(scoped) = budgets.iter().find(is_spent) {
        return refused(scoped, Refusal::BudgetExceeded);
    }
    let mut hold = attainable;
    for scoped in budgets.iter().filter(|scoped| scoped.budget.hard_limit) {
        let budget = &scoped.budget;
        if attainable <= budget.available() {
            continue;
        }
        if !last_try {
            return NestedAdmission::Wait {
                scope: scoped.scope.clone(),
            };
        }
        if budget.available() < budget.floor(ask).min(attainable) {
            return refused(scoped, Refusal::BudgetHeld);
        }
        hold = hold.min(budget.available());
    }
    NestedAdmission::Held {
        hold,
        capped: hold < ask.full,
        warnings: budgets
            .iter()
            .filter_map(|scoped| warning(scoped, hold))
            .collect(),
    }
}

fn warning(scoped: &ScopedBudget, hold: Usd) -> Option<ScopeWarning> {
    let budget = &scoped.budget;
    let committed_usd = budget
        .spent
        .checked_add(budget.held)
        .and_then(|sum| sum.checked_add(hold))
        .unwrap_or(budget.limit);
    let standing = budget.standing_at(committed_usd);
    (standing != BudgetStanding::Within).then(|| ScopeWarning {
        scope: scoped.scope.clone(),
        standing,
        committed_usd,
        limit_usd: budget.limit,
    })
}

impl From<NestedAdmission> for Admission {
    /// What callers of a single budget understand.
    fn from(nested: NestedAdmission) -> Self {
        match nested {
            NestedAdmission::Held { hold, capped, .. } => Self::Held { hold, capped },
            NestedAdmission::Wait { .. } => Self::Wait,
            NestedAdmission::Refused { refusal, .. } => Self::Refused(refusal),
        }
    }
}

#[cfg(test)]
#[path = "nested_tests.rs"]
mod tests;
