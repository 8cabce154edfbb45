//! The store as the port of tools within executions.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{Cursor, Page, StoreError, TenantScope, Timestamp, ToolAuthorizationId};
use clasper_db::store_error;
use clasper_delegated::tool::{
    LapsedTool, ToolAuthorization, ToolFilter, ToolOpened, ToolOpening, ToolStatistics, ToolStep,
    ToolStepped, ToolStore,
};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl ToolStore for Store {
    async fn authorize_tool(&self, opening: Arc<ToolOpening>) -> Result<ToolOpened, StoreError> {
        self.write(write::AuthorizeTool(opening)).await
    }

    async fn step_tool(&self, step: Arc<ToolStep>) -> Result<ToolStepped, StoreError> {
        self.write(write::StepTool(step)).await
    }

    async fn find_tool_authorization(
        &self,
        scope: &TenantScope,
        id: ToolAuthorizationId,
    ) -> Result<Option<ToolAuthorization>, StoreError> {
        read::tool::find(&self.reader, scope, id)
            .await
            .map_err(store_error)
    }

    async fn list_tool_authorizations(
        &self,
        scope: &TenantScope,
        filter: &ToolFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ToolAuthorization>, StoreError> {
        read::tool::list(&self.reader, scope, filter, after, limit)
            .await
            .map_err(store_error)
    }

    async fn tool_statistics(
        &self,
        scope: &TenantScope,
    ) -> Result<Vec<ToolStatistics>, StoreError> {
        read::tool::statistics(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn lapsed_tools(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<LapsedTool>, StoreError> {
        read::tool::lapsed(&self.reader, now, limit)
            .await
            .map_err(store_error)
    }
}
