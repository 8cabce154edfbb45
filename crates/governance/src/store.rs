//! The port to a tenant's account: its budget and its totals.

use async_trait::async_trait;
use chrono_tz::Tz;
use clasper_core::{AuditEntry, Cursor, Page, StoreError, TenantScope, Timestamp, Usd};

use crate::budget::{Budget, BudgetScope, ScopedBudget};
use crate::period::PeriodError;
use crate::service::BudgetSettings;

/// What a tenant has used since it was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsageTotals {
    /// Runs that used a model.
    pub runs: i64,
    /// Tokens of prompts.
    pub input_tokens: i64,
    /// Tokens of answers.
    pub output_tokens: i64,
    /// Money spent, over all periods.
    pub cost: Usd,
    /// Money held for runs that have not ended.
    pub held: Usd,
}

/// A tenant's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Totals over the tenant's life.
    pub usage: UsageTotals,
    /// Its budget, when it has one.
    pub budget: Option<Budget>,
}

/// The result of setting a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BudgetChange {
    /// It is in force.
    Changed(Budget),
    /// The period is senseless; nothing was written.
    Refused(PeriodError),
}

/// Reads and changes tenants' budgets.
#[async_trait]
pub trait BudgetStore: Send + Sync {
    /// The account, or `None` when the tenant is unknown. A budget whose period has ended is returned as it is stored.
    async fn find_account(&self, scope: &TenantScope) -> Result<Option<Account>, StoreError>;

    /// Creates or changes the budget; what was spent and what is held stay. An unknown tenant is refused.
    /// `entry` is completed with the budget before and after.
    async fn set_budget(
        &self,
        scope: &TenantScope,
        settings: &BudgetSettings,
        zone: Option<Tz>,
        now: Timestamp,
        entry: AuditEntry,
    ) -> Result<BudgetChange, StoreError>;

    /// Those of `wanted` that have a budget, as they are stored.
    async fn find_scopes(
        &self,
        scope: &TenantScope,
        wanted: &[BudgetScope],
    ) -> Result<Vec<ScopedBudget>, StoreError>;

    /// The budgets within the tenant's, by the names of their scopes.
    async fn list_scopes(
        &self,
        scope: &TenantScope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ScopedBudget>, StoreError>;

    /// Creates or changes a budget within the tenant's. A new one holds what is open in its scope. An unknown tenant is
    /// refused. `entry` is completed with the budget before and after.
    async fn set_scope(
        &self,
        scope: &TenantScope,
        part: &BudgetScope,
        settings: &BudgetSettings,
        now: Timestamp,
        entry: AuditEntry,
    ) -> Result<BudgetChange, StoreError>;
}
