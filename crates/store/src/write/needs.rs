//! What a group of writes must see before it decides.

use std::collections::BTreeSet;

use clasper_core::{AdapterId, DecisionId, ExecutionId, ExecutionKey, TenantId};
use clasper_governance::BudgetScope;
use clasper_governance::forecast::HistorySubject;
use sea_orm::prelude::Uuid;

/// Rows to load, each once.
#[derive(Debug, Default)]
pub struct Needs {
    pub(crate) tenants: BTreeSet<String>,
    pub(crate) open_runs: BTreeSet<Uuid>,
    pub(crate) idempotency_keys: BTreeSet<(String, String)>,
    pub(crate) governance_heads: BTreeSet<String>,
    /// Tenant, adapter, key.
    pub(crate) execution_keys: BTreeSet<(String, String, String)>,
    pub(crate) executions: BTreeSet<(String, Uuid)>,
    pub(crate) budget_scopes: BTreeSet<(String, String)>,
    /// Tenant, subject.
    pub(crate) histories: BTreeSet<(String, String)>,
}

impl Needs {
    /// The account of a tenant, locked until the commit. Whoever appends to the log needs it.
    pub fn tenant(&mut self, tenant: &TenantId) {
        if !self.tenants.contains(tenant.as_str()) {
            self.tenants.insert(tenant.as_str().to_owned());
        }
    }

    pub(crate) fn open_run(&mut self, execution: ExecutionId) {
        self.open_runs.insert(execution.as_uuid());
    }

    pub(crate) fn idempotency_key(&mut self, tenant: &TenantId, key: &str) {
        self.idempotency_keys
            .insert((tenant.as_str().to_owned(), key.to_owned()));
    }

    pub(crate) fn governance_head(&mut self, tenant: &TenantId) {
        if !self.governance_heads.contains(tenant.as_str()) {
            self.governance_heads.insert(tenant.as_str().to_owned());
        }
    }

    pub(crate) fn execution_key(
        &mut self,
        tenant: &TenantId,
        adapter: &AdapterId,
        key: &ExecutionKey,
    ) {
        self.execution_keys.insert((
            tenant.as_str().to_owned(),
            adapter.as_str().to_owned(),
            key.as_str().to_owned(),
        ));
    }

    pub(crate) fn execution(&mut self, tenant: &TenantId, decision: DecisionId) {
        self.executions
            .insert((tenant.as_str().to_owned(), decision.as_uuid()));
    }

    pub(crate) fn history(&mut self, tenant: &TenantId, subject: &HistorySubject) {
        self.histories
            .insert((tenant.as_str().to_owned(), subject.to_string()));
    }

    pub(crate) fn budget_scope(&mut self, tenant: &TenantId, scope: &BudgetScope) {
        self.budget_scopes
            .insert((tenant.as_str().to_owned(), scope.to_string()));
    }
}
