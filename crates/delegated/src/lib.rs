#![doc = include_str!("../README.md")]

pub mod adapter;
pub mod execution;
mod service;
pub mod tool;

pub use service::{
    AdapterCaller, AdapterPosture, AllowAlways, Answer, Backtest, BacktestStep, BacktestSummary,
    CallbackCheck, CallbackRefused, Canary, DEFAULT_ALLOW_ALWAYS, DryRun, EnforcementStatus, Error,
    ExecutionConfig, ExecutionDeps, ExecutionRequest, Executions, Flip, Foretold, GovernanceMode,
    MOST_BACKTEST_DAYS, OverrideRequest, PostureReason, ResolveRequest, ToolAnswer, ToolRequest,
    ToolUse, Workspaces,
};
