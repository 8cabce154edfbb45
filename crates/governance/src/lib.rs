#![doc = include_str!("../README.md")]

mod budget;
mod decision;
mod intent;
mod period;
mod price;
mod service;
mod store;
mod tool;

pub use budget::{
    Admission, Alert, AlertThreshold, Budget, BudgetSnapshot, BudgetStanding, HoldAsk, Refusal,
    ThresholdError,
};
pub use decision::{Decision, Effect, Grant, GrantLimits, Reason};
pub use intent::{Action, Intent};
pub use period::{Period, PeriodError, PeriodKind};
pub use price::{Cost, ModelPrice, PriceError, PriceTable};
pub use service::{BudgetCheck, BudgetSettings, Budgets, Error};
pub use store::{Account, BudgetChange, BudgetStore, UsageTotals};
pub use tool::{ToolRule, ToolVerdict, judge_tool, matches_any};
