//! What the tests share: a store in memory that keeps its audit entries, and callers of every kind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use clasper_core::{
    ApiKeyId, AuditEntry, Caller, Clock, Credential, ManualClock, PermissionSet, Principal,
    SequentialIds, Sha256Digest, StoreError, TenantId, TenantScope, Timestamp, TraceId,
};
use clasper_identity::{
    ApiKey, Identity, IdentityStore, KeyCreation, KeyRevocation, Tenant, TenantCreation,
};

pub fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a name")
}

pub fn scope(name: &str) -> TenantScope {
    TenantScope::system(tenant(name))
}

/// The moment at which the clock stands.
pub fn start() -> Timestamp {
    Timestamp::from_timestamp(1_700_000_000, 0).expect("a time")
}

pub fn caller(name: &str, credential: Credential, permissions: PermissionSet) -> Caller {
    Caller {
        principal: Principal {
            tenant: tenant(name),
            user: None,
            permissions,
            credential,
            allowed_tools: None,
        },
        trace: TraceId::generate(&SequentialIds::default()),
    }
}

pub fn operator() -> Caller {
    caller("local", Credential::LocalOperator, PermissionSet::all())
}

/// Someone with an API key of tenant `acme`.
pub fn holder(permissions: PermissionSet) -> Caller {
    let id = ApiKeyId::generate(&SequentialIds::default());
    caller("acme", Credential::ApiKey(id), permissions)
}

/// The service and the store behind it.
pub fn service() -> (Identity, Arc<Memory>) {
    let memory = Arc::new(Memory::default());
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(start()));
    let store: Arc<dyn IdentityStore> = Arc::clone(&memory) as _;
    let identity = Identity::new(store, clock, Arc::new(SequentialIds::default()));
    (identity, memory)
}

#[derive(Default)]
pub struct State {
    pub tenants: Vec<Tenant>,
    pub keys: Vec<ApiKey>,
    pub entries: Vec<AuditEntry>,
}

/// A store in memory.
#[derive(Default)]
pub struct Memory {
    state: Mutex<State>,
    tenant_lookups: AtomicUsize,
}

impl Memory {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tenant_lookups(&self) -> usize {
        self.tenant_lookups.load(Ordering::Relaxed)
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
        if let Some(there) = state.tenants.iter().find(|there| there.id == tenant.id) {
            return Ok(TenantCreation::AlreadyExists(there.clone()));
        }
        state.tenants.push(tenant.clone());
        state.entries.push(entry);
        Ok(TenantCreation::Created(tenant))
    }

    async fn find_tenant(&self, scope: &TenantScope) -> Result<Option<Tenant>, StoreError> {
        self.tenant_lookups.fetch_add(1, Ordering::Relaxed);
        let state = self.state();
        let found = state
            .tenants
            .iter()
            .find(|there| there.id == *scope.tenant());
        Ok(found.cloned())
    }

    async fn create_api_key(
        &self,
        scope: &TenantScope,
        key: ApiKey,
        entry: AuditEntry,
    ) -> Result<KeyCreation, StoreError> {
        let mut state = self.state();
        if !state
            .tenants
            .iter()
            .any(|there| there.id == *scope.tenant())
        {
            return Ok(KeyCreation::NoSuchTenant);
        }
        state.keys.push(key);
        state.entries.push(entry);
        Ok(KeyCreation::Created)
    }

    async fn find_api_key(&self, hash: Sha256Digest) -> Result<Option<ApiKey>, StoreError> {
        let state = self.state();
        Ok(state
            .keys
            .iter()
            .find(|key| key.secret_hash == hash)
            .cloned())
    }

    async fn list_api_keys(&self, scope: &TenantScope) -> Result<Vec<ApiKey>, StoreError> {
        let state = self.state();
        let own = state
            .keys
            .iter()
            .filter(|key| key.tenant == *scope.tenant());
        Ok(own.cloned().collect())
    }

    async fn revoke_api_key(
        &self,
        scope: &TenantScope,
        id: ApiKeyId,
        at: Timestamp,
        entry: AuditEntry,
    ) -> Result<KeyRevocation, StoreError> {
        let mut state = self.state();
        let own = |key: &&mut ApiKey| key.id == id && key.tenant == *scope.tenant();
        let Some(key) = state.keys.iter_mut().find(own) else {
            return Ok(KeyRevocation::NoSuchKey);
        };
        if key.revoked_at.is_some() {
            return Ok(KeyRevocation::AlreadyRevoked(key.clone()));
        }
        key.revoked_at = Some(at);
        let key = key.clone();
        state.entries.push(entry);
        Ok(KeyRevocation::Revoked(key))
    }
}
