//! How budgets stand to an estimate (reference section 8.2).

use std::fmt;

use clasper_core::Usd;
use serde::Serialize;

use crate::budget::{
    BudgetScope, BudgetStanding, HoldAsk, NestedAdmission, ScopedBudget, admit_all,
};
use crate::forecast::estimate::CostEstimate;

/// How budgets stand to an estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetOutlook {
    /// Whether it would be admitted, now or when held money comes back.
    pub budget_allowed: bool,
    /// What the tightest scope has neither spent nor held; absent without a budget.
    pub budget_remaining: Option<Usd>,
    /// Whether the likely cost is more than a scope has left to spend.
    pub would_exceed_budget: bool,
    /// Whether the upper end is.
    pub may_exceed_budget: bool,
    /// What there is to say.
    pub warning: Option<OutlookWarning>,
}

/// What there is to say of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum OutlookWarning {
    /// The likely cost is more than the scope has left.
    WouldExceed {
        /// Which scope.
        scope: BudgetScope,
        /// What is likely.
        likely_usd: Usd,
        /// What it has left to spend.
        left_usd: Usd,
    },
    /// The upper end is more than the scope has left.
    MayExceed {
        /// Which scope.
        scope: BudgetScope,
        /// The upper end.
        high_usd: Usd,
        /// What it has left to spend.
        left_usd: Usd,
    },
    /// The scope is at its alert threshold already.
    NearLimit {
        /// Which scope.
        scope: BudgetScope,
        /// What it has spent.
        spent_usd: Usd,
        /// Its limit.
        limit_usd: Usd,
    },
}

impl fmt::Display for OutlookWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WouldExceed {
                scope,
                likely_usd,
                left_usd,
            } => write!(
                f,
                "the estimate of {likely_usd} USD exceeds the {left_usd} USD left for {scope}"
            ),
            Self::MayExceed {
                scope,
                high_usd,
                left_usd,
            } => write!(
                f,
                "up to {high_usd} USD are possible, more than the {left_usd} USD left for {scope}"
            ),
            Self::NearLimit {
                scope,
                spent_usd,
                limit_usd,
            } => write!(f, "{spent_usd} of {limit_usd} USD are spent for {scope}"),
        }
    }
}

/// How `budgets` (the widest first, in their current periods) stand to `estimate`.
#[must_use]
pub fn outlook(estimate: &CostEstimate, budgets: &[ScopedBudget]) -> BudgetOutlook {
    let left = |scoped: &ScopedBudget| scoped.budget.limit.saturating_sub(scoped.budget.spent);
    let exceeding = |cost: Usd| move |scoped: &&ScopedBudget| cost > left(scoped);
    let would = budgets.iter().find(exceeding(estimate.likely_usd));
    let may = budgets.iter().find(exceeding(estimate.high_usd));
    let near = |scoped: &&ScopedBudget| scoped.budget.standing() >= BudgetStanding::NearLimit;
    let warning = would
        .map(|scoped| OutlookWarning::WouldExceed {
            scope: scoped.scope.clone(),
            likely_usd: estimate.likely_usd,
            left_usd: left(scoped),
        })
        .or_else(|| {
            may.map(|scoped| OutlookWarning::MayExceed {
                scope: scoped.scope.clone(),
                high_usd: estimate.high_usd,
                left_usd: left(scoped),
            })
        })
        .or_else(|| {
            let scoped = budgets.iter().find(near)?;
            Some(OutlookWarning::NearLimit {
                scope: scoped.scope.clone(),
                spent_usd: scoped.budget.spent,
                limit_usd: scoped.budget.limit,
            })
        });
    let ask = HoldAsk {
        full: estimate.likely_usd,
        floor: estimate.likely_usd,
    };
    let is_refused = matches!(
        admit_all(budgets, ask, false),
        NestedAdmission::Refused { .. }
    );
    let exceeds_hard = budgets
        .iter()
        .filter(|scoped| scoped.budget.hard_limit)
        .any(|scoped| estimate.likely_usd > left(scoped));
    BudgetOutlook {
        budget_allowed: !is_refused && !exceeds_hard,
        budget_remaining: budgets.iter().map(|scoped| scoped.budget.available()).min(),
        would_exceed_budget: would.is_some(),
        may_exceed_budget: may.is_some(),
        warning,
    }
}
