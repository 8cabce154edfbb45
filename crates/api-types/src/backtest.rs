//! The lines of a backtest.

use std::collections::BTreeMap;

use clasper_core::{DecisionId, ExecutionKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, WireTime};

/// One line of a backtest: an execution that flips, then one summary. A line of type `error` ends it early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BacktestLine {
    /// An execution that would have been decided otherwise.
    Flip(FlipLine),
    /// The last line.
    Summary(SummaryLine),
    /// It could not go on.
    Error(BacktestErrorLine),
}

/// An execution that would have been decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlipLine {
    /// The decision.
    #[schema(value_type = String, format = Uuid)]
    pub decision_id: DecisionId,
    /// The adapter's name for the execution.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
    /// The agent.
    #[schema(required)]
    pub agent_id: Option<String>,
    /// The tool.
    #[schema(required)]
    pub tool: Option<String>,
    /// What was decided: `allow`, `deny` or `require_approval`.
    pub from: String,
    /// What the draft decides.
    pub to: String,
    /// The most that it may have cost.
    pub estimated_cost_usd: Amount,
    /// When it was asked.
    pub requested_at: WireTime,
    /// Where to read the decision.
    #[schema(example = "/ops/api/decisions/0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11")]
    pub link: String,
}

/// What came of a backtest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SummaryLine {
    /// Executions that were judged again.
    pub decisions: u64,
    /// Of these, those that would have been decided the same.
    pub unchanged: u64,
    /// The others, by `from->to`.
    pub flips: BTreeMap<String, u64>,
    /// What the executions that flip may have cost together.
    pub money_affected_usd: Amount,
    /// The agents of executions that flip, at most 1,000.
    pub agents: Vec<String>,
    /// Executions that could not be judged again: sealed by another secret, or of an adapter that is gone.
    pub unreadable: u64,
}

/// Why a backtest ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestErrorLine {
    /// What went wrong.
    pub error: String,
    /// The stable code.
    pub code: String,
}
