//! The port that keeps authorizations of tools.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{
    AdapterId, Cursor, ExecutionKey, Page, StoreError, TenantScope, Timestamp, ToolAuthorizationId,
};

use crate::tool::opening::{ToolOpened, ToolOpening};
use crate::tool::record::ToolAuthorization;
use crate::tool::step::{ToolStep, ToolStepped};

/// Which authorizations to list, the newest first.
#[derive(Debug, Clone, Default)]
pub struct ToolFilter {
    /// Asked by this adapter.
    pub adapter: Option<AdapterId>,
    /// Within this execution.
    pub key: Option<ExecutionKey>,
    /// Of this tool.
    pub tool: Option<String>,
}

/// What is known of a tool from the requests for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolStatistics {
    /// The tool.
    pub tool: String,
    /// Its group, as adapters last said.
    pub tool_group: Option<String>,
    /// How often it was granted.
    pub granted: u64,
    /// How often it was refused.
    pub denied: u64,
    /// How many adapters have asked for it.
    pub adapters: u64,
    /// When it was last asked for.
    pub last_asked_at: Timestamp,
}

/// A token that has run out of time.
#[derive(Debug, Clone)]
pub struct LapsedTool {
    /// The tenant.
    pub scope: TenantScope,
    /// Its authorization.
    pub authorization: ToolAuthorizationId,
}

/// Keeps authorizations of tools. Each write is one commit with its decision, its outcome and its audit entry.
#[async_trait]
pub trait ToolStore: Send + Sync {
    /// Decides about a call, on the execution, the budgets and the calls as they are in that commit.
    async fn authorize_tool(&self, opening: Arc<ToolOpening>) -> Result<ToolOpened, StoreError>;

    /// Uses, reports or ends a token.
    async fn step_tool(&self, step: Arc<ToolStep>) -> Result<ToolStepped, StoreError>;

    /// One authorization.
    async fn find_tool_authorization(
        &self,
        scope: &TenantScope,
        id: ToolAuthorizationId,
    ) -> Result<Option<ToolAuthorization>, StoreError>;

    /// Authorizations, the newest first.
    async fn list_tool_authorizations(
        &self,
        scope: &TenantScope,
        filter: &ToolFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ToolAuthorization>, StoreError>;

    /// What is known of each tool that was asked for, by name.
    async fn tool_statistics(&self, scope: &TenantScope)
    -> Result<Vec<ToolStatistics>, StoreError>;

    /// Tokens of all tenants that have run out of time unused at `now`.
    async fn lapsed_tools(&self, now: Timestamp, limit: u32)
    -> Result<Vec<LapsedTool>, StoreError>;
}
