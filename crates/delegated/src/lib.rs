#![doc = include_str!("../README.md")]

pub mod adapter;
pub mod execution;
mod service;

pub use service::{
    AdapterCaller, AllowAlways, Answer, Backtest, BacktestStep, BacktestSummary, CallbackCheck,
    CallbackRefused, DEFAULT_ALLOW_ALWAYS, DryRun, Error, ExecutionConfig, ExecutionDeps,
    ExecutionRequest, Executions, Flip, Foretold, MOST_BACKTEST_DAYS, OverrideRequest,
    ResolveRequest, Workspaces,
};
