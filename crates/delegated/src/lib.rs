#![doc = include_str!("../README.md")]

pub mod adapter;
pub mod execution;
mod service;

pub use service::{
    AdapterCaller, Answer, Backtest, BacktestStep, BacktestSummary, CallbackCheck, CallbackRefused,
    DryRun, Error, ExecutionConfig, ExecutionDeps, ExecutionRequest, Executions, Flip, Foretold,
    MOST_BACKTEST_DAYS, OverrideRequest, ResolveRequest, Workspaces,
};
