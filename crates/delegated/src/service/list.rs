//! Lists for operators and adapters.

use clasper_core::{Caller, Cursor, Page, Permission};

use crate::execution::{Execution, ExecutionFilter, Hold};
use crate::service::error::Error;
use crate::service::{AdapterCaller, Executions};

impl Executions {
    /// Executions of the tenant, the newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn list(
        &self,
        caller: &Caller,
        filter: &ExecutionFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Execution>, Error> {
        if !caller.may(Permission::DecisionView) {
            return Err(Error::Forbidden(Permission::DecisionView));
        }
        let store = &self.inner.deps.executions;
        Ok(store
            .list_executions(&caller.scope(), filter, after, limit)
            .await?)
    }

    /// Executions that the adapter itself asked for, the newest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn own(
        &self,
        caller: &AdapterCaller,
        filter: &ExecutionFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Execution>, Error> {
        let own = ExecutionFilter {
            adapter: Some(caller.principal.adapter.clone()),
            workspace: Some(caller.principal.workspace.to_string()),
            ..filter.clone()
        };
        let store = &self.inner.deps.executions;
        Ok(store
            .list_executions(&caller.scope(), &own, after, limit)
            .await?)
    }

    /// Where money is held, by what, since when.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn holds(
        &self,
        caller: &Caller,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Hold>, Error> {
        if !caller.may(Permission::BudgetView) {
            return Err(Error::Forbidden(Permission::BudgetView));
        }
        let store = &self.inner.deps.executions;
        Ok(store.holds(&caller.scope(), after, limit).await?)
    }
}
