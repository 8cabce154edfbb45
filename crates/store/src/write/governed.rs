//! The part of a batch that decisions about executions, policies and registries share.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use clasper_core::{AdapterId, DecisionId, ExecutionKey, TenantId, Timestamp};
use clasper_db::WriteTransaction;
use clasper_delegated::execution::Execution;
use clasper_entity::{
    active_bundle, adapter, budget_scope, execution, governance_head, policy_bundle, policy_version,
};
use clasper_governance::BudgetScope;
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};

use crate::execution_row;
use crate::write::batch::Batch;
use crate::write::needs::Needs;

/// Rows loaded, changed and added by a group.
#[derive(Debug, Default)]
pub(crate) struct Governed {
    heads: HashMap<String, governance_head::Model>,
    changed_heads: HashSet<String>,
    executions: HashMap<(String, Uuid), execution::Model>,
    changed_executions: HashSet<(String, Uuid)>,
    keys: HashMap<(String, String, String), Uuid>,
    scopes: HashMap<(String, String), Option<budget_scope::Model>>,
    changed_scopes: HashSet<(String, String)>,
    pub(super) policies: Vec<policy_version::Model>,
    pub(super) bundles: Vec<policy_bundle::Model>,
    pub(super) active: Vec<active_bundle::Model>,
    pub(super) adapters: Vec<adapter::Model>,
}

impl Governed {
    pub(super) async fn load(transaction: &WriteTransaction, needs: Needs) -> Result<Self, DbErr> {
        let mut loaded = Self::default();
        if !needs.governance_heads.is_empty() {
            let heads = needs.governance_heads.iter().map(String::as_str);
            let wanted = governance_head::Column::TenantId.is_in(heads);
            let rows = transaction
                .all(governance_head::Entity::find().filter(wanted))
                .await?;
            let by_tenant = rows.into_iter().map(|row| (row.tenant_id.clone(), row));
            loaded.heads = by_tenant.collect();
        }
        if let Some(wanted) = wanted_executions(&needs) {
            let rows = transaction
                .all(execution::Entity::find().filter(wanted))
                .await?;
            for row in rows {
                loaded.take_execution(row);
            }
        }
        loaded.load_scopes(transaction, needs.budget_scopes).await?;
        Ok(loaded)
    }

    async fn load_scopes(
        &mut self,
        transaction: &WriteTransaction,
        mut wanted: BTreeSet<(String, String)>,
    ) -> Result<(), DbErr> {
        wanted.retain(|id| !self.scopes.contains_key(id));
        if wanted.is_empty() {
            return Ok(());
        }
        // Every tenant with every scope: few more rows than are wanted, and a statement that stays short.
        let tenants: BTreeSet<&str> = wanted.iter().map(|(tenant, _)| tenant.as_str()).collect();
        let scopes: BTreeSet<&str> = wanted.iter().map(|(_, scope)| scope.as_str()).collect();
        let select = budget_scope::Entity::find()
            .filter(budget_scope::Column::TenantId.is_in(tenants))
            .filter(budget_scope::Column::Scope.is_in(scopes));
        let mut rows = transaction.all(select).await?;
        rows.retain(|row| wanted.contains(&(row.tenant_id.clone(), row.scope.clone())));
        // What is not there is remembered, too: it is not asked for again within the group.
        self.scopes.extend(wanted.into_iter().map(|id| (id, None)));
        for row in rows {
            let id = (row.tenant_id.clone(), row.scope.clone());
            self.scopes.insert(id, Some(row));
        }
        Ok(())
    }

    fn take_execution(&mut self, row: execution::Model) {
        let key = (
            row.tenant_id.clone(),
            row.adapter_id.clone(),
            row.execution_key.clone(),
        );
        self.keys.insert(key, row.decision_id);
        let id = (row.tenant_id.clone(), row.decision_id);
        self.executions.insert(id, row);
    }

    pub(super) async fn flush(&mut self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let taken = std::mem::take(self);
        let (mut heads, mut executions) = (taken.heads, taken.executions);
        heads.retain(|id, _| taken.changed_heads.contains(id));
        executions.retain(|id, _| taken.changed_executions.contains(id));
        let scopes = taken
            .scopes
            .into_iter()
            .filter_map(|(id, row)| row.filter(|_| taken.changed_scopes.contains(&id)));
        let scopes: Vec<_> = scopes.collect();
        transaction.insert(taken.policies).await?;
        transaction.insert(taken.bundles).await?;
        transaction.upsert(taken.active).await?;
        transaction.upsert(taken.adapters).await?;
        transaction.upsert(executions.into_values()).await?;
        transaction.upsert(scopes).await?;
        transaction.upsert(heads.into_values()).await
    }
}

fn wanted_executions(needs: &Needs) -> Option<Condition> {
    use execution::Column as E;
    if needs.execution_keys.is_empty() && needs.executions.is_empty() {
        return None;
    }
    // By tenant and adapter, who mostly are few: the statement stays short, and its text is mostly the same.
    let mut keys: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (tenant, adapter, key) in &needs.execution_keys {
        keys.entry((tenant, adapter)).or_default().push(key);
    }
    let mut decisions: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
    for (tenant, decision) in &needs.executions {
        decisions.entry(tenant).or_default().push(*decision);
    }
    let mut any = Condition::any();
    for ((tenant, adapter), keys) in keys {
        any = any.add(
            Condition::all()
                .add(E::TenantId.eq(tenant))
                .add(E::AdapterId.eq(adapter))
                .add(E::ExecutionKey.is_in(keys)),
        );
    }
    for (tenant, decisions) in decisions {
        any = any.add(
            Condition::all()
                .add(E::TenantId.eq(tenant))
                .add(E::DecisionId.is_in(decisions)),
        );
    }
    Some(any)
}

impl Batch {
    /// The governance revision of a tenant that was named in the needs; 0 before anything was changed.
    pub(crate) fn governance_revision(&self, tenant: &TenantId) -> i64 {
        let head = self.governed.heads.get(tenant.as_str());
        head.map_or(0, |head| head.revision)
    }

    /// Raises it: what was decided by the revision before is decided again. Returns the new one.
    pub(crate) fn raise_governance_revision(&mut self, tenant: &TenantId, now: Timestamp) -> i64 {
        let revision = self.governance_revision(tenant) + 1;
        let row = governance_head::Model {
            tenant_id: tenant.as_str().to_owned(),
            revision,
            changed_at: now.timestamp_micros(),
        };
        self.governed.changed_heads.insert(row.tenant_id.clone());
        self.governed.heads.insert(row.tenant_id.clone(), row);
        revision
    }

    pub(crate) fn execution(
        &self,
        tenant: &TenantId,
        decision: DecisionId,
    ) -> Option<&execution::Model> {
        let id = (tenant.as_str().to_owned(), decision.as_uuid());
        self.governed.executions.get(&id)
    }

    /// The execution, read now if no write of the group has named it before.
    pub(crate) async fn execution_within(
        &mut self,
        transaction: &WriteTransaction,
        tenant: &TenantId,
        decision: DecisionId,
    ) -> Result<Option<Execution>, DbErr> {
        if self.execution(tenant, decision).is_none() {
            let select = execution::Entity::find()
                .filter(execution::Column::TenantId.eq(tenant.as_str()))
                .filter(execution::Column::DecisionId.eq(decision.as_uuid()));
            for row in transaction.all(select).await? {
                self.governed.take_execution(row);
            }
        }
        let found = self.execution(tenant, decision).cloned();
        found.map(execution_row::execution).transpose()
    }

    pub(crate) fn execution_by_key(
        &self,
        tenant: &TenantId,
        adapter: &AdapterId,
        key: &ExecutionKey,
    ) -> Option<&execution::Model> {
        let tenant = tenant.as_str().to_owned();
        let key = (
            tenant.clone(),
            adapter.as_str().to_owned(),
            key.as_str().to_owned(),
        );
        let decision = self.governed.keys.get(&key)?;
        self.governed.executions.get(&(tenant, *decision))
    }

    /// The executions that the group has seen.
    pub(crate) fn executions(&self) -> impl Iterator<Item = &execution::Model> {
        self.governed.executions.values()
    }

    pub(crate) fn add_execution(&mut self, row: execution::Model) {
        let id = (row.tenant_id.clone(), row.decision_id);
        self.governed.changed_executions.insert(id);
        self.governed.take_execution(row);
    }

    /// Puts a changed execution in the place of the one that was loaded.
    pub(crate) fn put_execution(&mut self, execution: &Execution) -> Result<(), DbErr> {
        let known = self.execution(&execution.tenant, execution.decision);
        let audit_seq = known.map_or(0, |row| row.audit_seq);
        self.add_execution(execution_row::execution_row(execution, audit_seq)?);
        Ok(())
    }

    /// Loads the executions that an adapter asked for under `keys`.
    pub(crate) async fn load_executions(
        &mut self,
        transaction: &WriteTransaction,
        tenant: &TenantId,
        adapter: &AdapterId,
        keys: impl Iterator<Item = &ExecutionKey> + Send,
    ) -> Result<(), DbErr> {
        use execution::Column as E;
        let mut wanted: BTreeSet<&str> = keys.map(ExecutionKey::as_str).collect();
        let id = |key: &str| {
            let names = (tenant.as_str().to_owned(), adapter.as_str().to_owned());
            (names.0, names.1, key.to_owned())
        };
        wanted.retain(|key| !self.governed.keys.contains_key(&id(key)));
        if wanted.is_empty() {
            return Ok(());
        }
        let select = execution::Entity::find()
            .filter(E::TenantId.eq(tenant.as_str()))
            .filter(E::AdapterId.eq(adapter.as_str()))
            .filter(E::ExecutionKey.is_in(wanted));
        for row in transaction.all(select).await? {
            self.governed.take_execution(row);
        }
        Ok(())
    }

    pub(crate) async fn load_scopes(
        &mut self,
        transaction: &WriteTransaction,
        tenant: &TenantId,
        scopes: Vec<String>,
    ) -> Result<(), DbErr> {
        let of = |scope| (tenant.as_str().to_owned(), scope);
        let wanted = scopes.into_iter().map(of).collect();
        self.governed.load_scopes(transaction, wanted).await
    }

    pub(crate) fn budget_scope(
        &self,
        tenant: &TenantId,
        scope: &BudgetScope,
    ) -> Option<&budget_scope::Model> {
        let id = (tenant.as_str().to_owned(), scope.to_string());
        self.governed.scopes.get(&id)?.as_ref()
    }

    pub(crate) fn budget_scope_mut(
        &mut self,
        tenant: &TenantId,
        scope: &BudgetScope,
    ) -> Option<&mut budget_scope::Model> {
        let id = (tenant.as_str().to_owned(), scope.to_string());
        let row = self.governed.scopes.get_mut(&id)?.as_mut()?;
        self.governed.changed_scopes.insert(id);
        Some(row)
    }

    /// Adds or replaces a budget within the tenant's.
    pub(crate) fn put_budget_scope(&mut self, row: budget_scope::Model) {
        let id = (row.tenant_id.clone(), row.scope.clone());
        self.governed.changed_scopes.insert(id.clone());
        self.governed.scopes.insert(id, Some(row));
    }
}
