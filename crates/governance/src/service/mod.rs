//! The use cases of budgets: look, set, check.

mod scope;

use std::sync::Arc;

use chrono_tz::Tz;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Caller, Classify, Clock, ErrorKind, IdSource, Permission,
    StoreError, Timestamp, Usd, canonical_json,
};

use crate::budget::{AlertThreshold, Budget, BudgetScope, NestedError};
use crate::period::{Period, PeriodError};
use crate::store::{Account, BudgetChange, BudgetStore, UsageTotals};

/// What a person says of a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetSettings {
    /// What may be spent in a period.
    pub limit: Usd,
    /// Whether the limit refuses; a soft limit only warns.
    pub hard_limit: bool,
    /// The share of the limit that raises an alert.
    pub alert_threshold: AlertThreshold,
    /// Start of an explicit period.
    pub period_start: Option<Timestamp>,
    /// End of an explicit period.
    pub period_end: Option<Timestamp>,
    /// The time zone of months; the tenant's own when absent.
    pub time_zone: Option<Tz>,
}

impl BudgetSettings {
    /// A hard monthly limit with the default alert threshold.
    #[must_use]
    pub const fn limited_to(limit: Usd) -> Self {
        Self {
            limit,
            hard_limit: true,
            alert_threshold: AlertThreshold::DEFAULT,
            period_start: None,
            period_end: None,
            time_zone: None,
        }
    }

    /// The period given explicitly, if one is.
    ///
    /// # Errors
    /// [`PeriodError`] when it is senseless or has one end.
    pub fn explicit_period(&self) -> Result<Option<Period>, PeriodError> {
        match (self.period_start, self.period_end) {
            (None, None) => Ok(None),
            (Some(start), Some(end)) => Period::fixed(start, end).map(Some),
            _ => Err(PeriodError::OneEnded),
        }
    }

    /// The period given explicitly, or the month of `zone`.
    ///
    /// # Errors
    /// As [`Self::explicit_period`].
    pub fn period(&self, zone: Tz, now: Timestamp) -> Result<Period, PeriodError> {
        Ok(self
            .explicit_period()?
            .unwrap_or_else(|| Period::month_of(now, zone)))
    }
}

/// Why a budget operation was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The tenant has no budget.
    #[error("no budget is set for this tenant: set one with POST /budget")]
    NoBudget,
    /// Nothing is set for a part of the tenant.
    #[error("no budget is set for {scope}: set one with POST /budget and this scope")]
    NoScopeBudget {
        /// The part.
        scope: BudgetScope,
    },
    /// The scopes cannot be those of one run.
    #[error(transparent)]
    Scopes(#[from] NestedError),
    /// The period is senseless.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// The database failed.
    #[error("the budget could not be read or written")]
    Store(#[from] StoreError),
    /// An audit entry could not be put into words; never for values that came from JSON.
    #[error("the audit entry has no JSON form")]
    Entry(#[from] serde_json::Error),
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NoBudget | Self::NoScopeBudget { .. } => ErrorKind::NotFound,
            Self::Period(_) | Self::Scopes(_) => ErrorKind::InvalidInput,
            Self::Store(error) => error.kind(),
            Self::Entry(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::NoBudget | Self::NoScopeBudget { .. } => "budget_not_found",
            Self::Scopes(_) => "invalid_scopes",
            Self::Period(_) => "invalid_period",
            Self::Store(error) => error.code(),
            Self::Entry(_) => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Period(_) => Some("/period_end"),
            Self::Scopes(_) => Some("/scopes"),
            _ => None,
        }
    }
}

/// Whether an amount would fit (reference section 8.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetCheck {
    /// Whether a run of this cost would be admitted, now or when held money comes back.
    pub allowed: bool,
    /// Which budget the rest is about.
    pub scope: BudgetScope,
    /// The budget, when there is one.
    pub budget: Option<Budget>,
    /// A stable code when there is something to say: `no_budget_set`, `budget_exceeded`.
    pub reason: Option<&'static str>,
    /// A sentence for people when spending is near or over the limit.
    pub warning: Option<String>,
}

/// Budgets, as their users see them.
#[derive(Clone)]
pub struct Budgets {
    store: Arc<dyn BudgetStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl Budgets {
    /// The service over its store.
    #[must_use]
    pub fn new(store: Arc<dyn BudgetStore>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, clock, ids }
    }

    /// The tenant's budget in the period that contains now.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NoBudget`] or [`Error::Store`].
    pub async fn get(&self, caller: &Caller) -> Result<Budget, Error> {
        require(caller, Permission::BudgetView)?;
        self.current(caller).await?.ok_or(Error::NoBudget)
    }

    /// Creates or changes the tenant's budget.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Period`] or [`Error::Store`]; nothing is written then.
    pub async fn set(&self, caller: &Caller, settings: &BudgetSettings) -> Result<Budget, Error> {
        require(caller, Permission::BudgetModify)?;
        let now = self.clock.now();
        settings.explicit_period()?;
        let target = format!("budget:{}", caller.principal.tenant);
        let entry = self.entry(caller, AuditEvent::BudgetChanged, target, now)?;
        let zone = settings.time_zone;
        match self
            .store
            .set_budget(&caller.scope(), settings, zone, now, entry)
            .await?
        {
            BudgetChange::Changed(budget) => Ok(budget),
            BudgetChange::Refused(error) => Err(error.into()),
        }
    }

    /// What the tenant has used since it was created.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn usage(&self, caller: &Caller) -> Result<UsageTotals, Error> {
        require(caller, Permission::UsageView)?;
        Ok(self
            .account(caller)
            .await?
            .map(|account| account.usage)
            .unwrap_or_default())
    }

    /// An entry whose particulars the store knows.
    fn entry(
        &self,
        caller: &Caller,
        event: AuditEvent,
        target: String,
        now: Timestamp,
    ) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: caller.principal.tenant.clone(),
            workspace: None,
            trace: Some(caller.trace),
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event,
            target: Some(target),
            detail: canonical_json(&serde_json::Map::new())?,
            occurred_at: now,
        })
    }

    async fn account(&self, caller: &Caller) -> Result<Option<Account>, Error> {
        Ok(self.store.find_account(&caller.scope()).await?)
    }

    async fn current(&self, caller: &Caller) -> Result<Option<Budget>, Error> {
        let mut budget = self
            .account(caller)
            .await?
            .and_then(|account| account.budget);
        if let Some(budget) = &mut budget {
            // The stored row rolls over with the next write; readers see the period they are in.
            budget.roll_over(self.clock.now());
        }
        Ok(budget)
    }
}

const fn require(caller: &Caller, permission: Permission) -> Result<(), Error> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(Error::Forbidden(permission))
    }
}
