//! The state of every store, and the stores of tenants and budgets over it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono_tz::Tz;
use clasper_core::{
    ApiKeyId, AuditEntry, ChainHead, Cursor, ExecutionId, LoggedEntry, Page, Sha256Digest,
    StoreError, TenantId, TenantScope, Timestamp, TraceId, Usd,
};
use clasper_governance::{
    Account, Budget, BudgetChange, BudgetScope, BudgetSettings, BudgetStore, NestedBudgets,
    OwnPrice, PriceStore, PriceWrite, ScopedBudget, UsageTotals,
};
use clasper_identity::{ApiKey, IdentityStore, KeyCreation, KeyRevocation, Tenant, TenantCreation};
use clasper_privacy::{ConfigRecord, KeptValues};
use clasper_retention::RetentionPolicy;
use clasper_tracing::{Annotation, Trace};

use crate::fakes::Signed;

/// The hold, the idempotency key with the request's hash, and the parts of the tenant that it runs in.
pub type OpenRun = (Usd, Option<(String, Sha256Digest)>, Vec<BudgetScope>);

#[derive(Default)]
pub struct State {
    pub tenants: HashMap<TenantId, Tenant>,
    pub keys: Vec<ApiKey>,
    pub budgets: HashMap<TenantId, Budget>,
    pub parts: BTreeMap<(TenantId, String), ScopedBudget>,
    pub usage: UsageTotals,
    pub prices: Vec<OwnPrice>,
    pub redaction: Option<ConfigRecord>,
    pub kept: Vec<KeptValues>,
    pub traces: Vec<Trace>,
    pub retention: BTreeMap<TenantId, RetentionPolicy>,
    pub dropped: Vec<TraceId>,
    pub annotations: Vec<Annotation>,
    pub log: Vec<LoggedEntry>,
    pub signed: Signed,
    pub open: HashMap<ExecutionId, OpenRun>,
    pub answers: HashMap<String, (Sha256Digest, Vec<u8>)>,
}

impl State {
    /// The tenant's budget and those of `scopes`.
    pub fn nested(&self, tenant: &TenantId, scopes: &[BudgetScope]) -> NestedBudgets {
        let own = self.budgets.get(tenant).map(|budget| ScopedBudget {
            scope: BudgetScope::Tenant,
            budget: budget.clone(),
        });
        let parts = scopes.iter().filter_map(|scope| {
            self.parts
                .get(&(tenant.clone(), scope.to_string()))
                .cloned()
        });
        NestedBudgets::new(own.into_iter().chain(parts).collect()).expect("one of each kind")
    }

    /// Puts budgets back.
    pub fn keep(&mut self, budgets: NestedBudgets) {
        for scoped in budgets.into_budgets() {
            let tenant = scoped.budget.tenant.clone();
            if scoped.scope == BudgetScope::Tenant {
                self.budgets.insert(tenant, scoped.budget);
            } else {
                self.parts
                    .insert((tenant, scoped.scope.to_string()), scoped);
            }
        }
    }

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

    async fn find_scopes(
        &self,
        scope: &TenantScope,
        wanted: &[BudgetScope],
    ) -> Result<Vec<ScopedBudget>, StoreError> {
        let state = self.state();
        let key = |part: &BudgetScope| (scope.tenant().clone(), part.to_string());
        let found = wanted.iter().filter_map(|part| state.parts.get(&key(part)));
        Ok(found.cloned().collect())
    }

    async fn list_scopes(
        &self,
        scope: &TenantScope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ScopedBudget>, StoreError> {
        let state = self.state();
        let wanted = |(tenant, name): &(TenantId, String)| {
            tenant == scope.tenant() && after.is_none_or(|after| *name > after.id)
        };
        let limit = usize::try_from(limit).expect("a small limit");
        let found = state.parts.iter().filter(|(key, _)| wanted(key));
        let mut items: Vec<ScopedBudget> = found
            .map(|(_, scoped)| scoped.clone())
            .take(limit + 1)
            .collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| Cursor {
            key: 0,
            id: last.scope.to_string(),
        });
        Ok(Page { items, next })
    }

    async fn set_scope(
        &self,
        scope: &TenantScope,
        part: &BudgetScope,
        settings: &BudgetSettings,
        now: Timestamp,
        entry: AuditEntry,
    ) -> Result<BudgetChange, StoreError> {
        let mut state = self.state();
        let tenant = scope.tenant().clone();
        let key = (tenant.clone(), part.to_string());
        let zone = settings.time_zone.unwrap_or(Tz::UTC);
        let set = match state.parts.get(&key).cloned() {
            Some(mut known) => known.budget.change(settings, zone, now).map(|()| known),
            None => ScopedBudget::open(part.clone(), tenant, settings, zone, now),
        };
        let scoped = match set {
            Ok(scoped) => scoped,
            Err(error) => return Ok(BudgetChange::Refused(error)),
        };
        state.parts.insert(key, scoped.clone());
        state.record(entry);
        Ok(BudgetChange::Changed(scoped.budget))
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

#[async_trait]
impl PriceStore for Memory {
    async fn own_prices(&self, _: &TenantScope) -> Result<Vec<OwnPrice>, StoreError> {
        Ok(self.state().prices.clone())
    }

    async fn set_price(
        &self,
        _: &TenantScope,
        price: OwnPrice,
        entry: AuditEntry,
    ) -> Result<PriceWrite, StoreError> {
        let mut state = self.state();
        state.prices.retain(|known| known.model != price.model);
        state.prices.push(price);
        state.record(entry);
        Ok(PriceWrite::Written)
    }

    async fn remove_price(
        &self,
        _: &TenantScope,
        model: &str,
        entry: AuditEntry,
    ) -> Result<PriceWrite, StoreError> {
        let mut state = self.state();
        let before = state.prices.len();
        state.prices.retain(|known| known.model != model);
        if state.prices.len() == before {
            return Ok(PriceWrite::NotFound);
        }
        state.record(entry);
        Ok(PriceWrite::Written)
    }
}
