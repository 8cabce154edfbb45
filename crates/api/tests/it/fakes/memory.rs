//! The state of every store, and the stores of tenants and budgets over it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono_tz::Tz;
use clasper_core::{
    ApiKeyId, AuditEntry, ChainHead, ExecutionId, LoggedEntry, Sha256Digest, StoreError, TenantId,
    TenantScope, Timestamp, Usd,
};
use clasper_governance::{Account, Budget, BudgetChange, BudgetSettings, BudgetStore, UsageTotals};
use clasper_identity::{ApiKey, IdentityStore, KeyCreation, KeyRevocation, Tenant, TenantCreation};
use clasper_tracing::Trace;

use crate::fakes::Signed;

#[derive(Default)]
pub struct State {
    pub tenants: HashMap<TenantId, Tenant>,
    pub keys: Vec<ApiKey>,
    pub budgets: HashMap<TenantId, Budget>,
    pub usage: UsageTotals,
    pub traces: Vec<Trace>,
    pub log: Vec<LoggedEntry>,
    pub signed: Signed,
    pub open: HashMap<ExecutionId, (Usd, Option<(String, Sha256Digest)>)>,
    pub answers: HashMap<String, (Sha256Digest, Vec<u8>)>,
}

impl State {
    pub fn record(&mut self, entry: AuditEntry) {
        let head = self.log.last().map_or(ChainHead::EMPTY, LoggedEntry::head);
        self.log.push(head.append(entry));
    }
}

/// One tenant's worth of everything.
#[derive(Default)]
pub struct Memory(Mutex<State>);

impl Memory {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BudgetStore for Memory {
    async fn find_account(&self, scope: &TenantScope) -> Result<Option<Account>, StoreError> {
        let state = self.state();
        Ok(state.tenants.contains_key(scope.tenant()).then(|| Account {
            usage: state.usage,
            budget: state.budgets.get(scope.tenant()).cloned(),
        }))
    }

    async fn set_budget(
        &self,
        scope: &TenantScope,
        settings: &BudgetSettings,
        zone: Option<Tz>,
        now: Timestamp,
        entry: AuditEntry,
    ) -> Result<BudgetChange, StoreError> {
        let mut state = self.state();
        let tenant = scope.tenant().clone();
        let zone = zone.unwrap_or(Tz::UTC);
        let mut budget = match state.budgets.get(&tenant).cloned() {
            Some(budget) => budget,
            None => match Budget::open(tenant.clone(), settings, zone, now) {
                Ok(budget) => budget,
                Err(error) => return Ok(BudgetChange::Refused(error)),
            },
        };
        if let Err(error) = budget.change(settings, zone, now) {
            return Ok(BudgetChange::Refused(error));
        }
        state.budgets.insert(tenant, budget.clone());
        state.record(entry);
        Ok(BudgetChange::Changed(budget))
    }
}

#[async_trait]
impl IdentityStore for Memory {
    async fn create_tenant(
        &self,
        tenant: Tenant,
        entry: AuditEntry,
    ) -> Result<TenantCreation, StoreError> {
        let mut state = self.state();
        if let Some(known) = state.tenants.get(&tenant.id) {
            return Ok(TenantCreation::AlreadyExists(known.clone()));
        }
        state.tenants.insert(tenant.id.clone(), tenant.clone());
        state.record(entry);
        Ok(TenantCreation::Created(tenant))
    }

    async fn find_tenant(&self, scope: &TenantScope) -> Result<Option<Tenant>, StoreError> {
        Ok(self.state().tenants.get(scope.tenant()).cloned())
    }

    async fn create_api_key(
        &self,
        scope: &TenantScope,
        key: ApiKey,
        entry: AuditEntry,
    ) -> Result<KeyCreation, StoreError> {
        let mut state = self.state();
        if !state.tenants.contains_key(scope.tenant()) {
            return Ok(KeyCreation::NoSuchTenant);
        }
        state.keys.push(key);
        state.record(entry);
        Ok(KeyCreation::Created)
    }

    async fn find_api_key(&self, secret_hash: Sha256Digest) -> Result<Option<ApiKey>, StoreError> {
        let state = self.state();
        let found = state.keys.iter().find(|key| key.secret_hash == secret_hash);
        Ok(found.cloned())
    }

    async fn list_api_keys(&self, scope: &TenantScope) -> Result<Vec<ApiKey>, StoreError> {
        let own = |key: &&ApiKey| key.tenant == *scope.tenant();
        Ok(self.state().keys.iter().filter(own).cloned().collect())
    }

    async fn revoke_api_key(
        &self,
        scope: &TenantScope,
        id: ApiKeyId,
        at: Timestamp,
        entry: AuditEntry,
    ) -> Result<KeyRevocation, StoreError> {
        let mut state = self.state();
        let own = |key: &&mut ApiKey| key.tenant == *scope.tenant() && key.id == id;
        let Some(key) = state.keys.iter_mut().find(own) else {
            return Ok(KeyRevocation::NoSuchKey);
        };
        if key.revoked_at.is_some() {
            return Ok(KeyRevocation::AlreadyRevoked(key.clone()));
        }
        key.revoked_at = Some(at);
        let revoked = key.clone();
        state.record(entry);
        Ok(KeyRevocation::Revoked(revoked))
    }
}
