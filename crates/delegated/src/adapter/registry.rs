//! The use cases of the registry.

use std::fmt;
use std::sync::Arc;

use clasper_core::{
    AdapterId, AuditEntry, AuditEntryId, AuditEvent, Caller, Clock, IdSource, Permission, TenantId,
    TenantScope, canonical_json,
};
use clasper_governance::risk::AdapterRiskClass;
use moka::sync::Cache;

use crate::adapter::record::{Adapter, CertificationTier, Registration};
use crate::adapter::store::{AdapterStore, AdapterWrite, KeyIssue};
use crate::service::{AdapterCaller, Error};

/// Adapters that are kept in memory.
const CACHED: u64 = 10_000;
/// How often a write is tried again when somebody else was first.
const ATTEMPTS: u32 = 8;

/// What an operator changes of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AdapterChange {
    /// Whether it may ask at all.
    pub enabled: Option<bool>,
    /// How dangerous it is.
    pub risk_class: Option<AdapterRiskClass>,
    /// How far it was examined.
    pub certification: Option<CertificationTier>,
}

/// The registry of adapters. Cheap to clone.
#[derive(Clone)]
pub struct AdapterRegistry {
    store: Arc<dyn AdapterStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    /// Adapters as of a governance revision: another revision is another key, so nothing has to be invalidated.
    cache: Cache<(TenantId, AdapterId), (i64, Arc<Adapter>)>,
}

impl fmt::Debug for AdapterRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdapterRegistry").finish_non_exhaustive()
    }
}

impl AdapterRegistry {
    /// The registry over its store.
    #[must_use]
    pub fn new(
        store: Arc<dyn AdapterStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            store,
            clock,
            ids,
            cache: Cache::new(CACHED),
        }
    }

    /// The adapter as of governance revision `revision`, which the caller knows to be recent.
    ///
    /// # Errors
    /// [`Error::NotRegistered`] or [`Error::Store`].
    pub(crate) async fn known(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        revision: i64,
    ) -> Result<Arc<Adapter>, Error> {
        let key = (scope.tenant().clone(), adapter.clone());
        if let Some((seen, known)) = self.cache.get(&key)
            && seen == revision
        {
            return Ok(known);
        }
        let (seen, found) = self.store.find_adapter(scope, adapter).await?;
        let found = Arc::new(found.ok_or(Error::NotRegistered)?);
        self.cache.insert(key, (seen, Arc::clone(&found)));
        Ok(found)
    }

    /// The adapter as it is stored now.
    pub(super) async fn look(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<Option<Adapter>, Error> {
        Ok(self.store.find_adapter(scope, adapter).await?.1)
    }

    /// An adapter registers, for the first time or again.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn register(
        &self,
        caller: &AdapterCaller,
        registration: &Registration,
    ) -> Result<Adapter, Error> {
        let registered = self.register_with(caller, registration, None).await?;
        Ok(registered.0)
    }

    /// The same, with a key that is issued in the same commit. The key is not issued when the adapter is disabled, nor when
    /// nothing was written because nothing has changed: the answer says whether it was.
    pub(super) async fn register_with(
        &self,
        caller: &AdapterCaller,
        registration: &Registration,
        key: Option<KeyIssue>,
    ) -> Result<(Adapter, bool), Error> {
        registration.check()?;
        let principal = &caller.principal;
        let make = |known: Option<&Adapter>| {
            let now = self.clock.now();
            Some(Adapter::registered(
                known,
                &principal.tenant,
                &principal.adapter,
                registration,
                now,
            ))
        };
        let actor = (principal.actor(), None);
        let event = AuditEvent::AdapterRegistered;
        let caller = caller.caller();
        self.change(&caller, &principal.adapter, event, actor, make, key)
            .await
    }

    /// An operator changes an adapter.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn manage(
        &self,
        caller: &Caller,
        adapter: &AdapterId,
        change: AdapterChange,
    ) -> Result<Adapter, Error> {
        require(caller, Permission::AdapterManage)?;
        let make = |known: Option<&Adapter>| {
            let known = known?;
            Some(Adapter {
                enabled: change.enabled.unwrap_or(known.enabled),
                risk_class: change.risk_class.unwrap_or(known.risk_class),
                certification: change.certification.unwrap_or(known.certification),
                updated_at: self.clock.now(),
                ..known.clone()
            })
        };
        let actor = (caller.principal.actor(), caller.principal.user.clone());
        let event = AuditEvent::AdapterChanged;
        let changed = self.change(caller, adapter, event, actor, make, None);
        changed.await.map(|(adapter, _)| adapter)
    }

    /// Every adapter of the tenant.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Adapter>, Error> {
        require(caller, Permission::AdapterView)?;
        Ok(self.store.list_adapters(&caller.scope()).await?)
    }

    async fn change(
        &self,
        caller: &Caller,
        adapter: &AdapterId,
        event: AuditEvent,
        (actor, user): (String, Option<clasper_core::UserId>),
        make: impl Fn(Option<&Adapter>) -> Option<Adapter> + Send,
        key: Option<KeyIssue>,
    ) -> Result<(Adapter, bool), Error> {
        let scope = caller.scope();
        for _ in 0..ATTEMPTS {
            let (revision, known) = self.store.find_adapter(&scope, adapter).await?;
            let changed = make(known.as_ref()).ok_or(Error::NotFound("adapter"))?;
            if let Some(known) = known.filter(|known| known.says_the_same(&changed)) {
                return Ok((known, false));
            }
            let issue = key.clone().filter(|_| changed.enabled);
            let is_issued = issue.is_some();
            let entry = AuditEntry {
                id: AuditEntryId::generate(&*self.ids),
                tenant: changed.tenant.clone(),
                workspace: None,
                trace: Some(caller.trace),
                user: user.clone(),
                actor: actor.clone(),
                event,
                target: Some(format!("adapter:{adapter}")),
                detail: canonical_json(&serde_json::json!({
                    "adapter_id": adapter.as_str(),
                    "version": changed.version,
                    "risk_class": changed.risk_class,
                    "enabled": changed.enabled,
                    "certification_tier": changed.certification,
                    "capabilities": changed.capabilities,
                    "tool_capabilities": changed.tool_capabilities,
                }))?,
                occurred_at: changed.updated_at,
            };
            let written = self
                .store
                .put_adapter(&scope, revision, changed.clone(), entry, issue)
                .await?;
            match written {
                AdapterWrite::Written => {
                    let key = (changed.tenant.clone(), changed.id.clone());
                    self.cache.invalidate(&key);
                    return Ok((changed, is_issued));
                }
                AdapterWrite::NoSuchTenant => return Err(Error::NoSuchTenant),
                AdapterWrite::Stale => {}
            }
        }
        Err(Error::Unsettled)
    }
}

pub(super) fn require(caller: &Caller, permission: Permission) -> Result<(), Error> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(Error::Forbidden(permission))
    }
}
