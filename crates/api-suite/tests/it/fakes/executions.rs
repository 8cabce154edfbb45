//! The stores of executions and adapters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use clasper_core::{
    AdapterId, AuditEntry, Cursor, DecisionId, ExecutionKey, Page, StoreError, TenantId,
    TenantScope, Timestamp,
};
use clasper_delegated::adapter::{Adapter, AdapterStore, AdapterWrite, KeyIssue};
use clasper_delegated::execution::{
    DueExecution, Execution, ExecutionFilter, ExecutionOpening, ExecutionStatus, ExecutionStep,
    ExecutionStore, Hold, HoldMove, Opened, StepRefusal, StepResult, Stepped,
};
use clasper_delegated::tool::ToolAuthorization;
use clasper_governance::{BudgetScope, NestedBudgets, ScopedBudget};
use clasper_identity::AdapterKey;
use clasper_policy::{ActiveBundle, BundleRecord};

use crate::fakes::Memory;

/// What governs a tenant, and its executions.
#[derive(Default)]
pub struct TenantLedger {
    pub revision: i64,
    pub adapters: Vec<Adapter>,
    pub bundles: Vec<BundleRecord>,
    pub active: Vec<ActiveBundle>,
    pub executions: Vec<Execution>,
    pub tools: Vec<ToolAuthorization>,
}

/// Executions, adapters and policies of every tenant; money and the log are in [`Memory`].
pub struct Ledger {
    memory: Arc<Memory>,
    tenants: Mutex<HashMap<TenantId, TenantLedger>>,
    keys: Mutex<Vec<AdapterKey>>,
}

pub type Tenants<'a> = MutexGuard<'a, HashMap<TenantId, TenantLedger>>;

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Refused(Box::new(error))
}

impl Ledger {
    pub fn over(memory: Arc<Memory>) -> Self {
        Self {
            memory,
            tenants: Mutex::default(),
            keys: Mutex::default(),
        }
    }

    pub fn tenants(&self) -> Tenants<'_> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn keys(&self) -> MutexGuard<'_, Vec<AdapterKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a key of an adapter, and ends its others.
    pub fn issue(&self, issue: KeyIssue) {
        let KeyIssue {
            key,
            others_end,
            entry,
        } = issue;
        let mut keys = self.keys();
        let others = |known: &&mut AdapterKey| known.adapter == key.adapter;
        for known in keys.iter_mut().filter(others) {
            let end = known
                .expires_at
                .map_or(others_end, |end| end.min(others_end));
            known.expires_at = Some(end);
        }
        keys.push(key);
        drop(keys);
        self.record(vec![entry]);
    }

    pub fn record(&self, entries: Vec<AuditEntry>) {
        let mut state = self.memory.state();
        for entry in entries {
            state.record(entry);
        }
    }

    pub fn budgets(&self, tenant: &TenantId) -> NestedBudgets {
        let budget = self.memory.state().budgets.get(tenant).cloned();
        let scoped = budget.map(|budget| ScopedBudget {
            scope: BudgetScope::Tenant,
            budget,
        });
        NestedBudgets::new(scoped.into_iter().collect()).expect("one budget")
    }

    fn shift(&self, tenant: &TenantId, moved: HoldMove) -> Result<(), StoreError> {
        let mut budgets = self.budgets(tenant);
        match moved {
            HoldMove::Hold(amount) => budgets.hold(amount).map_err(refused)?,
            HoldMove::Release(amount) => budgets.release(amount).map_err(refused)?,
        }
        for scoped in budgets.into_budgets() {
            let mut state = self.memory.state();
            state.budgets.insert(tenant.clone(), scoped.budget);
        }
        Ok(())
    }

    /// Takes a step on `execution`, as one commit.
    fn apply(
        &self,
        step: &dyn ExecutionStep,
        revision: i64,
        execution: &mut Execution,
    ) -> Result<Stepped, StoreError> {
        if step
            .governance_revision()
            .is_some_and(|seen| seen != revision)
        {
            return Ok(Stepped::Stale);
        }
        let budgets = self.budgets(&execution.tenant);
        match step.apply(execution, &budgets).map_err(refused)? {
            StepResult::Refused(refusal) => {
                Ok(Stepped::Refused(refusal, Box::new(execution.clone())))
            }
            StepResult::Wait => Ok(Stepped::Wait),
            StepResult::Change(change) => {
                if let Some(moved) = change.hold {
                    self.shift(&execution.tenant, moved)?;
                }
                self.record(change.entries);
                *execution = change.execution;
                Ok(Stepped::Taken(Box::new(execution.clone())))
            }
        }
    }

    /// What an adapter is told that asks again under a key.
    fn again(
        &self,
        opening: &ExecutionOpening,
        revision: i64,
        known: &mut Execution,
    ) -> Result<Opened, StoreError> {
        if known.intent_hash != opening.intent.hash {
            return Ok(Opened::KeyReused(Box::new(known.clone())));
        }
        if known.status != ExecutionStatus::Approved {
            return Ok(Opened::Known(Box::new(known.clone())));
        }
        let claim = opening.claim(known);
        Ok(match self.apply(&claim, revision, known)? {
            Stepped::Taken(execution) => Opened::Claimed(execution),
            Stepped::Refused(StepRefusal::Claim(refusal), execution) => {
                Opened::ClaimRefused(refusal, execution)
            }
            Stepped::Wait => Opened::Wait,
            Stepped::Stale => Opened::Stale,
            Stepped::Refused(_, execution) => Opened::Known(execution),
            Stepped::NotFound => unreachable!("it was found"),
        })
    }
}

#[async_trait]
impl ExecutionStore for Ledger {
    async fn open_execution(&self, opening: Arc<ExecutionOpening>) -> Result<Opened, StoreError> {
        let mut tenants = self.tenants();
        let tenant = opening.scope.tenant();
        let own = tenants.entry(tenant.clone()).or_default();
        let is_it = |known: &&mut Execution| {
            known.adapter == opening.ask.adapter && known.key == opening.key
        };
        if let Some(known) = own.executions.iter_mut().find(is_it) {
            return self.again(&opening, own.revision, known);
        }
        if own.revision != opening.judgement.governance_revision {
            return Ok(Opened::Stale);
        }
        let budgets = self.budgets(tenant);
        let Some(verdict) = opening.decide(&budgets).map_err(refused)? else {
            return Ok(Opened::Wait);
        };
        self.shift(tenant, HoldMove::Hold(verdict.execution.hold))?;
        self.record(vec![verdict.entry]);
        own.executions.push(verdict.execution.clone());
        Ok(Opened::Decided(Box::new(verdict.execution)))
    }

    async fn step(&self, step: Arc<dyn ExecutionStep>) -> Result<Stepped, StoreError> {
        let mut tenants = self.tenants();
        let Some(own) = tenants.get_mut(step.scope().tenant()) else {
            return Ok(Stepped::NotFound);
        };
        let is_it = |known: &&mut Execution| known.decision == step.decision();
        match own.executions.iter_mut().find(is_it) {
            Some(execution) => self.apply(&*step, own.revision, execution),
            None => Ok(Stepped::NotFound),
        }
    }

    async fn find_execution(
        &self,
        scope: &TenantScope,
        decision: DecisionId,
    ) -> Result<Option<Execution>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant());
        let mut all = own.into_iter().flat_map(|own| &own.executions);
        Ok(all.find(|known| known.decision == decision).cloned())
    }

    async fn find_execution_by_key(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        key: &ExecutionKey,
    ) -> Result<Option<Execution>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant());
        let mut all = own.into_iter().flat_map(|own| &own.executions);
        let is_it = |known: &&Execution| known.adapter == *adapter && known.key == *key;
        Ok(all.find(is_it).cloned())
    }

    async fn list_executions(
        &self,
        scope: &TenantScope,
        filter: &ExecutionFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Execution>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant());
        let wanted = |known: &&Execution| {
            (filter.statuses.is_empty() || filter.statuses.contains(&known.status))
                && filter.adapter.as_ref().is_none_or(|a| *a == known.adapter)
                && filter
                    .workspace
                    .as_deref()
                    .is_none_or(|workspace| workspace == known.workspace.as_str())
                && (filter.tool.is_none() || filter.tool == known.tool)
                && filter.since.is_none_or(|since| since <= known.requested_at)
        };
        let all = own.into_iter().flat_map(|own| own.executions.iter().rev());
        Ok(page(
            all.filter(wanted).cloned(),
            after,
            limit,
            |execution| execution.decision.to_string(),
        ))
    }

    async fn due_executions(
        &self,
        now: Timestamp,
        _: u32,
    ) -> Result<Vec<DueExecution>, StoreError> {
        let tenants = self.tenants();
        let all = tenants.values().flat_map(|own| &own.executions);
        let due = all.filter(|known| known.due_at.is_some_and(|due| due <= now));
        Ok(due
            .map(|known| DueExecution {
                scope: TenantScope::system(known.tenant.clone()),
                decision: known.decision,
            })
            .collect())
    }

    async fn holds(
        &self,
        scope: &TenantScope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Hold>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant());
        let held = own
            .into_iter()
            .flat_map(|own| &own.executions)
            .filter(|known| !known.hold.is_zero())
            .map(|known| Hold {
                execution: known.execution,
                kind: "adapter_execution",
                holder: known.adapter.to_string(),
                amount: known.hold,
                scopes: known.hold_scopes.clone(),
                since: known.updated_at,
                until: known.due_at,
            });
        Ok(page(held, after, limit, |hold| hold.execution.to_string()))
    }
}

#[async_trait]
impl AdapterStore for Ledger {
    async fn find_adapter(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<(i64, Option<Adapter>), StoreError> {
        let mut tenants = self.tenants();
        let own = tenants.entry(scope.tenant().clone()).or_default();
        let found = own.adapters.iter().find(|known| known.id == *adapter);
        Ok((own.revision, found.cloned()))
    }

    async fn list_adapters(&self, scope: &TenantScope) -> Result<Vec<Adapter>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant());
        Ok(own.map(|own| own.adapters.clone()).unwrap_or_default())
    }

    async fn put_adapter(
        &self,
        scope: &TenantScope,
        revision: i64,
        adapter: Adapter,
        entry: AuditEntry,
        key: Option<KeyIssue>,
    ) -> Result<AdapterWrite, StoreError> {
        let mut tenants = self.tenants();
        let own = tenants.entry(scope.tenant().clone()).or_default();
        if own.revision != revision {
            return Ok(AdapterWrite::Stale);
        }
        own.revision += 1;
        own.adapters.retain(|known| known.id != adapter.id);
        own.adapters.push(adapter);
        own.adapters.sort_by(|a, b| a.id.cmp(&b.id));
        drop(tenants);
        self.record(vec![entry]);
        if let Some(issue) = key {
            self.issue(issue);
        }
        Ok(AdapterWrite::Written)
    }
}

/// The items after the one that the cursor names.
fn page<T>(
    items: impl Iterator<Item = T>,
    after: Option<&Cursor>,
    limit: u32,
    id: impl Fn(&T) -> String,
) -> Page<T> {
    let limit = usize::try_from(limit).expect("a small limit");
    let mut rest: Vec<T> = items.collect();
    if let Some(cursor) = after {
        let seen = rest.iter().position(|item| id(item) == cursor.id);
        rest.drain(..=seen.expect("a cursor of this list"));
    }
    let more = rest.len() > limit;
    rest.truncate(limit);
    let next = rest.last().filter(|_| more).map(|item| Cursor {
        key: 0,
        id: id(item),
    });
    Page { items: rest, next }
}
