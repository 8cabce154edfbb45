//! Where money is held.

use clasper_core::ExecutionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, WireTime};

/// Money that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "execution_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12", "kind": "adapter_execution", "holder": "openclaw-local",
    "amount_usd": 0.05, "scopes": ["tenant", "workspace:main"],
    "since": "2026-11-20T10:03:24.000Z", "until": "2026-11-20T10:18:24.000Z"
}))]
pub struct HoldView {
    /// The execution it is held for, as the ledger names it.
    #[schema(value_type = String, format = Uuid)]
    pub execution_id: ExecutionId,
    /// `agent_run` or `adapter_execution`.
    #[schema(example = "adapter_execution")]
    pub kind: String,
    /// Who holds it: the adapter, or the process that runs the agent.
    pub holder: String,
    /// How much.
    pub amount_usd: Amount,
    /// The budgets that hold it.
    pub scopes: Vec<String>,
    /// Since when.
    pub since: WireTime,
    /// When it comes back if nobody does anything; null for a run of a living process.
    #[schema(required)]
    pub until: Option<WireTime>,
}

/// A page of holds, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldList {
    /// The holds.
    pub items: Vec<HoldView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many there are at most on a page.
    pub limit: u32,
}
