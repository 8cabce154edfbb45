//! The store of authorizations of tools.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{Cursor, Page, StoreError, TenantScope, Timestamp, ToolAuthorizationId};
use clasper_delegated::tool::{
    LapsedTool, ToolAuthorization, ToolFilter, ToolOpened, ToolOpening, ToolStatistics, ToolStep,
    ToolStepped, ToolStore,
};

use crate::fakes::Ledger;

#[async_trait]
impl ToolStore for Ledger {
    async fn authorize_tool(&self, opening: Arc<ToolOpening>) -> Result<ToolOpened, StoreError> {
        let mut tenants = self.tenants();
        let own = tenants.get_mut(opening.scope.tenant()).expect("a tenant");
        let executions = own.executions.iter();
        let mut found = executions.filter(|known| known.decision == opening.execution);
        let execution = found.next().expect("it was found").clone();
        let calls = own.tools.iter();
        let calls = calls.filter(|call| call.execution == execution.decision);
        let granted = calls.filter(|call| call.token.is_some()).count();
        let granted = u32::try_from(granted).expect("few");
        let verdict = opening.decide(&execution, granted, &self.budgets(&execution.tenant));
        let verdict = verdict.map_err(|error| StoreError::Refused(Box::new(error)))?;
        self.record(vec![verdict.entry.clone()]);
        own.tools.push(verdict.authorization.clone());
        Ok(ToolOpened::Decided(Box::new(verdict)))
    }

    async fn step_tool(&self, step: Arc<ToolStep>) -> Result<ToolStepped, StoreError> {
        let mut tenants = self.tenants();
        let Some(own) = tenants.get_mut(step.scope.tenant()) else {
            return Ok(ToolStepped::NotFound);
        };
        let mut calls = own.tools.iter_mut();
        let Some(call) = calls.find(|call| call.id == step.authorization) else {
            return Ok(ToolStepped::NotFound);
        };
        let mut executions = own.executions.iter();
        let execution = executions.find(|known| known.decision == call.execution);
        let applied = step.apply(call, execution.expect("it is kept"));
        match applied.map_err(|error| StoreError::Refused(Box::new(error)))? {
            Err(refusal) => Ok(ToolStepped::Refused(refusal)),
            Ok(change) => {
                self.record(vec![change.entry]);
                *call = change.authorization;
                Ok(ToolStepped::Taken(Box::new(call.clone())))
            }
        }
    }

    async fn find_tool_authorization(
        &self,
        scope: &TenantScope,
        id: ToolAuthorizationId,
    ) -> Result<Option<ToolAuthorization>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant()).into_iter();
        let mut calls = own.flat_map(|own| &own.tools);
        Ok(calls.find(|call| call.id == id).cloned())
    }

    async fn list_tool_authorizations(
        &self,
        scope: &TenantScope,
        filter: &ToolFilter,
        _: Option<&Cursor>,
        _: u32,
    ) -> Result<Page<ToolAuthorization>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant()).into_iter();
        let calls = own.flat_map(|own| own.tools.iter().rev());
        let wanted =
            |call: &&ToolAuthorization| filter.tool.as_ref().is_none_or(|tool| *tool == call.tool);
        Ok(Page {
            items: calls.filter(wanted).cloned().collect(),
            next: None,
        })
    }

    async fn tool_statistics(&self, _: &TenantScope) -> Result<Vec<ToolStatistics>, StoreError> {
        Ok(Vec::new())
    }

    async fn lapsed_tools(&self, _: Timestamp, _: u32) -> Result<Vec<LapsedTool>, StoreError> {
        Ok(Vec::new())
    }
}
