//! What operators read of tools, and what happens to tokens by itself.

use std::sync::Arc;

use clasper_core::{
    AuditEntryId, Caller, Cursor, Page, Permission, StoreError, ToolAuthorizationId,
};

use crate::execution::Actor;
use crate::service::Executions;
use crate::service::error::Error;
use crate::tool::{ToolAct, ToolAuthorization, ToolFilter, ToolStatistics, ToolStep, ToolStepped};

/// Most tokens that one tick lets lapse.
const BATCH: u32 = 500;

impl Executions {
    /// Lets tokens lapse that have run out of time: one tick of the worker. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`]; what is left is found again by the next tick.
    pub async fn lapse_tools(&self) -> Result<usize, StoreError> {
        let deps = &self.inner.deps;
        let now = deps.clock.now();
        let mut taken = 0;
        for lapsed in deps.tools.lapsed_tools(now, BATCH).await? {
            let step = ToolStep {
                scope: lapsed.scope,
                authorization: lapsed.authorization,
                actor: Actor::system(),
                act: ToolAct::Lapse,
                entry: AuditEntryId::generate(&*deps.ids),
                now,
            };
            let stepped = deps.tools.step_tool(Arc::new(step)).await?;
            taken += usize::from(matches!(stepped, ToolStepped::Taken(_)));
        }
        Ok(taken)
    }

    /// One authorization of the tenant, for operators.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`] or [`Error::Store`].
    pub async fn tool_authorization(
        &self,
        caller: &Caller,
        id: ToolAuthorizationId,
    ) -> Result<ToolAuthorization, Error> {
        may_view(caller)?;
        let tools = &self.inner.deps.tools;
        let found = tools.find_tool_authorization(&caller.scope(), id).await?;
        found.ok_or(Error::NotFound("tool authorization"))
    }

    /// Authorizations of the tenant, the newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn tool_authorizations(
        &self,
        caller: &Caller,
        filter: &ToolFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ToolAuthorization>, Error> {
        may_view(caller)?;
        let tools = &self.inner.deps.tools;
        Ok(tools
            .list_tool_authorizations(&caller.scope(), filter, after, limit)
            .await?)
    }

    /// What is known of each tool that adapters have asked for.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn tool_statistics(&self, caller: &Caller) -> Result<Vec<ToolStatistics>, Error> {
        may_view(caller)?;
        let tools = &self.inner.deps.tools;
        Ok(tools.tool_statistics(&caller.scope()).await?)
    }
}

fn may_view(caller: &Caller) -> Result<(), Error> {
    if caller.may(Permission::DecisionView) {
        Ok(())
    } else {
        Err(Error::Forbidden(Permission::DecisionView))
    }
}
