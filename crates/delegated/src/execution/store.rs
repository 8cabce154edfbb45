//! The port that keeps executions.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{
    AdapterId, Cursor, DecisionId, ExecutionId, ExecutionKey, Page, StoreError, TenantScope,
    Timestamp, Usd,
};
use clasper_governance::BudgetScope;

use crate::execution::opening::{ExecutionOpening, Opened};
use crate::execution::record::{Execution, ExecutionStatus};
use crate::execution::step::{ExecutionStep, Stepped};

/// Which executions to list, the newest first.
#[derive(Debug, Clone, Default)]
pub struct ExecutionFilter {
    /// In one of these states; all when empty.
    pub statuses: Vec<ExecutionStatus>,
    /// Asked by this adapter.
    pub adapter: Option<AdapterId>,
    /// In this workspace.
    pub workspace: Option<String>,
    /// About this tool.
    pub tool: Option<String>,
    /// Asked at or after this.
    pub since: Option<Timestamp>,
}

/// An execution for which something is due.
#[derive(Debug, Clone)]
pub struct DueExecution {
    /// The tenant.
    pub scope: TenantScope,
    /// Its decision.
    pub decision: DecisionId,
}

/// Money that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The execution it is held for.
    pub execution: ExecutionId,
    /// `agent_run` or `adapter_execution`.
    pub kind: &'static str,
    /// Who holds it: the adapter, or the process that runs the agent.
    pub holder: String,
    /// How much.
    pub amount: Usd,
    /// The budgets that hold it.
    pub scopes: Vec<BudgetScope>,
    /// Since when.
    pub since: Timestamp,
    /// When it comes back if nobody does anything; `None` for a run of a living process.
    pub until: Option<Timestamp>,
}

/// Keeps executions. Each write is one commit with its audit entries; none answers before it is durable.
#[async_trait]
pub trait ExecutionStore: Send + Sync {
    /// Decides a new execution; or finds the one that the adapter asked for under the same key before.
    async fn open_execution(&self, opening: Arc<ExecutionOpening>) -> Result<Opened, StoreError>;

    /// Takes a step in an execution's life.
    async fn step(&self, step: Arc<dyn ExecutionStep>) -> Result<Stepped, StoreError>;

    /// The execution of a decision.
    async fn find_execution(
        &self,
        scope: &TenantScope,
        decision: DecisionId,
    ) -> Result<Option<Execution>, StoreError>;

    /// The execution of an adapter's key.
    async fn find_execution_by_key(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        key: &ExecutionKey,
    ) -> Result<Option<Execution>, StoreError>;

    /// Executions, the newest first.
    async fn list_executions(
        &self,
        scope: &TenantScope,
        filter: &ExecutionFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Execution>, StoreError>;

    /// Executions of all tenants for which something is due at `now`.
    async fn due_executions(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueExecution>, StoreError>;

    /// Money that is held in the tenant, the oldest first.
    async fn holds(
        &self,
        scope: &TenantScope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Hold>, StoreError>;
}
