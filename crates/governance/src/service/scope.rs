//! Budgets within the tenant's: look, set, list, check.

use std::slice;

use clasper_core::{AuditEvent, Caller, Cursor, Page, Permission, Timestamp, Usd};

use crate::budget::{
    Admission, Budget, BudgetScope, BudgetStanding, HoldAsk, NestedBudgets, ScopedBudget,
};
use crate::service::{BudgetCheck, BudgetSettings, Budgets, Error, require};
use crate::store::BudgetChange;

impl Budgets {
    /// The budget of `scope` in the period that contains now.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NoBudget`], [`Error::NoScopeBudget`] or [`Error::Store`].
    pub async fn get_scope(&self, caller: &Caller, scope: &BudgetScope) -> Result<Budget, Error> {
        if *scope == BudgetScope::Tenant {
            return self.get(caller).await;
        }
        require(caller, Permission::BudgetView)?;
        let found = self.scopes(caller, slice::from_ref(scope)).await?;
        let found = found.into_iter().next();
        found.map(|scoped| scoped.budget).ok_or_else(|| {
            let scope = scope.clone();
            Error::NoScopeBudget { scope }
        })
    }

    /// Creates or changes the budget of `scope`. What is open in it counts from now on: what is held for it is held by the
    /// new budget, too.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Period`] or [`Error::Store`]; nothing is written then.
    pub async fn set_scope(
        &self,
        caller: &Caller,
        scope: &BudgetScope,
        settings: &BudgetSettings,
    ) -> Result<Budget, Error> {
        if *scope == BudgetScope::Tenant {
            return self.set(caller, settings).await;
        }
        require(caller, Permission::BudgetModify)?;
        settings.explicit_period()?;
        let now = self.clock.now();
        let target = format!("budget_scope:{scope}");
        let entry = self.entry(caller, AuditEvent::BudgetChanged, target, now)?;
        let ours = caller.scope();
        let change = self
            .store
            .set_scope(&ours, scope, settings, now, entry)
            .await?;
        match change {
            BudgetChange::Changed(budget) => Ok(budget),
            BudgetChange::Refused(error) => Err(error.into()),
        }
    }

    /// The budgets within the tenant's, by the names of their scopes.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn list_scopes(
        &self,
        caller: &Caller,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ScopedBudget>, Error> {
        require(caller, Permission::BudgetView)?;
        let now = self.clock.now();
        let page = self
            .store
            .list_scopes(&caller.scope(), after, limit)
            .await?;
        Ok(page.map(|scoped| current(scoped, now)))
    }

    /// Whether a run of `estimate` in `scopes` would be admitted by the tenant's budget and by each of theirs. The answer is
    /// about the widest budget that refuses, else about the widest that has something to say, else about the tenant's.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Scopes`] or [`Error::Store`].
    pub async fn check(
        &self,
        caller: &Caller,
        scopes: &[BudgetScope],
        estimate: Usd,
    ) -> Result<BudgetCheck, Error> {
        require(caller, Permission::BudgetView)?;
        let budgets = self.budgets_of(caller, scopes).await?;
        let checks: Vec<BudgetCheck> = budgets
            .into_budgets()
            .into_iter()
            .map(|scoped| check_one(scoped, estimate))
            .collect();
        let first = |wanted: fn(&BudgetCheck) -> bool| checks.iter().find(|check| wanted(check));
        let said = first(|check| !check.allowed)
            .or_else(|| first(|check| check.warning.is_some()))
            .or_else(|| checks.first());
        Ok(said.cloned().unwrap_or(BudgetCheck {
            allowed: true,
            scope: BudgetScope::Tenant,
            budget: None,
            reason: Some("no_budget_set"),
            warning: None,
        }))
    }

    /// The tenant's budget and those of `scopes`, as far as they are set, in their current periods. Needs no permission: what
    /// the server asks for itself.
    ///
    /// # Errors
    /// [`Error::Scopes`] when two scopes are of one kind, or [`Error::Store`].
    pub async fn budgets_of(
        &self,
        caller: &Caller,
        scopes: &[BudgetScope],
    ) -> Result<NestedBudgets, Error> {
        let mut budgets = self.scopes(caller, scopes).await?;
        budgets.extend(self.current(caller).await?.map(|budget| ScopedBudget {
            scope: BudgetScope::Tenant,
            budget,
        }));
        Ok(NestedBudgets::new(budgets)?)
    }

    async fn scopes(
        &self,
        caller: &Caller,
        wanted: &[BudgetScope],
    ) -> Result<Vec<ScopedBudget>, Error> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let found = self.store.find_scopes(&caller.scope(), wanted).await?;
        Ok(found
            .into_iter()
            .map(|scoped| current(scoped, now))
            .collect())
    }
}

/// The stored row rolls over with the next run; readers see the period they are in.
fn current(mut scoped: ScopedBudget, now: Timestamp) -> ScopedBudget {
    scoped.budget.roll_over(now);
    scoped
}

fn check_one(scoped: ScopedBudget, estimate: Usd) -> BudgetCheck {
    let ScopedBudget { scope, budget } = scoped;
    let fits = budget
        .spent
        .checked_add(estimate)
        .is_ok_and(|sum| sum <= budget.limit);
    let ask = HoldAsk {
        full: estimate,
        floor: estimate,
    };
    let admitted = !matches!(budget.admit(ask, false), Admission::Refused(_));
    let of = match &scope {
        BudgetScope::Tenant => String::new(),
        scope => format!(" for {scope}"),
    };
    let warning = match budget.standing() {
        _ if !fits => Some(format!(
            "{estimate} USD more would exceed the limit of {} USD{of}",
            budget.limit
        )),
        BudgetStanding::Over => Some(format!("the limit of {} USD{of} is exceeded", budget.limit)),
        BudgetStanding::NearLimit => Some(format!(
            "{} of {} USD{of} are spent",
            budget.spent, budget.limit
        )),
        BudgetStanding::Within => None,
    };
    BudgetCheck {
        allowed: !budget.hard_limit || (fits && admitted),
        scope,
        budget: Some(budget),
        reason: (!fits).then_some("budget_exceeded"),
        warning,
    }
}
