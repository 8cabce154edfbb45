#![doc = include_str!("../README.md")]

pub mod approval;
mod budget;
mod decision;
pub mod forecast;
mod grant;
mod intent;
mod period;
mod price;
pub mod risk;
mod service;
mod store;
mod tool;

pub use budget::{
    Admission, Alert, AlertThreshold, Budget, BudgetScope, BudgetSnapshot, BudgetStanding, HoldAsk,
    NestedAdmission, NestedBudgets, NestedError, Refusal, ScopeAlert, ScopeError, ScopeWarning,
    ScopedBudget, ScopedSnapshot, Settled, ThresholdError, admit_all,
};
pub use decision::{Decision, Effect, Grant, GrantLimits, Reason};
pub use grant::{GrantRefusal, GrantState, GrantUse, LiveGrant, ScopeViolation, violations};
pub use intent::{Action, Intent};
pub use period::{Period, PeriodError, PeriodKind};
pub use price::{
    Cost, InputTokens, MOST_OWN_PRICES, ModelPrice, ModelPrices, OwnPrice, OwnPriceError,
    PriceError, PriceFileError, PriceOverrides, PriceStore, PriceTable, PriceWrite, Prices,
    PromptSize, Tariff, TenantPrices, TokenCounts, UpperBound,
};
pub use service::{BudgetCheck, BudgetSettings, Budgets, Error};
pub use store::{Account, BudgetChange, BudgetStore, UsageTotals};
pub use tool::{ToolRule, ToolVerdict, judge_tool, matches_any};
