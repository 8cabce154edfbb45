//! Keys of adapters' own: issued, rotated, revoked.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use clasper_core::{
    AdapterId, AdapterKeyId, AuditEntry, AuditEntryId, AuditEvent, Caller, Clock, Credential,
    IdSource, Permission, Sha256Digest, StoreError, TenantScope, TraceId, UserId, WorkspaceId,
    canonical_json,
};
use clasper_identity::{AdapterKey, SecretSource, new_adapter_key};
use secrecy::{ExposeSecret, SecretString};

use crate::adapter::registry::{AdapterRegistry, require};
use crate::adapter::store::KeyIssue;
use crate::adapter::{Adapter, AdapterChange, Registration};
use crate::service::{AdapterCaller, Error};

/// How long the keys that a rotation replaces stay good, so that an adapter in several processes can change over.
const OVERLAP: TimeDelta = TimeDelta::minutes(15);
/// The same when an adapter registers once more by the shared secret: another of its processes may not know of it.
const LONG_OVERLAP: TimeDelta = TimeDelta::days(1);

/// Keeps the keys of adapters. Each write commits with its audit entry, or does nothing.
#[async_trait]
pub trait AdapterKeyStore: Send + Sync {
    /// Stores a key, and ends the adapter's other keys.
    async fn issue_adapter_key(
        &self,
        scope: &TenantScope,
        issue: KeyIssue,
    ) -> Result<(), StoreError>;

    /// Revokes every key of the adapter as of the entry's time.
    async fn revoke_adapter_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        entry: AuditEntry,
    ) -> Result<(), StoreError>;

    /// Every key of the adapter, the newest first, ended ones included.
    async fn list_adapter_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<Vec<AdapterKey>, StoreError>;
}

/// Issues, rotates and revokes keys of adapters. Cheap to clone.
#[derive(Clone)]
pub struct AdapterKeys {
    store: Arc<dyn AdapterKeyStore>,
    registry: AdapterRegistry,
    secrets: Arc<dyn SecretSource>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for AdapterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdapterKeys").finish_non_exhaustive()
    }
}

/// Who acts, for the audit entry.
struct Acting {
    actor: String,
    user: Option<UserId>,
    trace: TraceId,
}

impl AdapterKeys {
    /// The keys of the adapters in `registry`.
    #[must_use]
    pub fn new(
        store: Arc<dyn AdapterKeyStore>,
        registry: AdapterRegistry,
        secrets: Arc<dyn SecretSource>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            store,
            registry,
            secrets,
            clock,
            ids,
        }
    }

    /// An adapter registers. One that comes with a token signed by the shared secret is given a key of its own in the same
    /// commit; none is given to one that came with a key, or that is disabled.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn register(
        &self,
        caller: &AdapterCaller,
        registration: &Registration,
    ) -> Result<(Adapter, Option<SecretString>), Error> {
        let principal = &caller.principal;
        if matches!(principal.credential, Credential::AdapterKey(_)) {
            let registered = self.registry.register(caller, registration).await?;
            return Ok((registered, None));
        }
        let scope = caller.scope();
        let holder = (&principal.adapter, principal.workspace.clone());
        let (issue, secret) = self.made(&scope, holder, LONG_OVERLAP, own(caller))?;
        let registered = self
            .registry
            .register_with(caller, registration, Some(issue.clone()))
            .await?;
        let (adapter, is_issued) = registered;
        if !adapter.enabled {
            return Ok((adapter, None));
        }
        if !is_issued {
            self.store.issue_adapter_key(&scope, issue).await?;
        }
        Ok((adapter, Some(secret)))
    }

    /// An adapter asks for another key. Those it has stay good for a quarter of an hour.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn rotate_own(
        &self,
        caller: &AdapterCaller,
    ) -> Result<(AdapterKey, SecretString), Error> {
        let scope = caller.scope();
        let found = self.registry.look(&scope, &caller.principal.adapter);
        if !found.await?.ok_or(Error::NotRegistered)?.enabled {
            return Err(Error::Disabled);
        }
        self.issue_own(caller, OVERLAP).await
    }

    async fn issue_own(
        &self,
        caller: &AdapterCaller,
        overlap: TimeDelta,
    ) -> Result<(AdapterKey, SecretString), Error> {
        let principal = &caller.principal;
        let holder = (&principal.adapter, principal.workspace.clone());
        let scope = caller.scope();
        self.issue(&scope, holder, overlap, own(caller)).await
    }

    /// An operator issues a key for an adapter that has registered.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn issue_to(
        &self,
        caller: &Caller,
        adapter: &AdapterId,
        workspace: WorkspaceId,
    ) -> Result<(AdapterKey, SecretString), Error> {
        require(caller, Permission::AdapterManage)?;
        let scope = caller.scope();
        self.registered(&scope, adapter).await?;
        let holder = (adapter, workspace);
        self.issue(&scope, holder, OVERLAP, acting(caller)).await
    }

    /// An operator revokes every key of an adapter and disables it, so that no token of its own making opens either.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn revoke(&self, caller: &Caller, adapter: &AdapterId) -> Result<Adapter, Error> {
        require(caller, Permission::AdapterManage)?;
        let scope = caller.scope();
        self.registered(&scope, adapter).await?;
        let detail = serde_json::json!({"adapter_id": adapter.as_str()});
        let event = AuditEvent::AdapterKeysRevoked;
        let entry = self.entry(&scope, event, acting(caller), adapter, &detail)?;
        self.store
            .revoke_adapter_keys(&scope, adapter, entry)
            .await?;
        let off = AdapterChange {
            enabled: Some(false),
            ..AdapterChange::default()
        };
        self.registry.manage(caller, adapter, off).await
    }

    /// Every key of an adapter, the newest first, ended ones included.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn list(
        &self,
        caller: &Caller,
        adapter: &AdapterId,
    ) -> Result<Vec<AdapterKey>, Error> {
        require(caller, Permission::AdapterView)?;
        let scope = caller.scope();
        self.registered(&scope, adapter).await?;
        Ok(self.store.list_adapter_keys(&scope, adapter).await?)
    }

    async fn registered(&self, scope: &TenantScope, id: &AdapterId) -> Result<Adapter, Error> {
        let found = self.registry.look(scope, id).await?;
        found.ok_or(Error::NotFound("adapter"))
    }

    async fn issue(
        &self,
        scope: &TenantScope,
        holder: (&AdapterId, WorkspaceId),
        overlap: TimeDelta,
        acting: Acting,
    ) -> Result<(AdapterKey, SecretString), Error> {
        let (issue, secret) = self.made(scope, holder, overlap, acting)?;
        let key = issue.key.clone();
        self.store.issue_adapter_key(scope, issue).await?;
        Ok((key, secret))
    }

    /// A new key with everything that issuing it writes.
    fn made(
        &self,
        scope: &TenantScope,
        (adapter, workspace): (&AdapterId, WorkspaceId),
        overlap: TimeDelta,
        acting: Acting,
    ) -> Result<(KeyIssue, SecretString), Error> {
        let (secret, prefix) = new_adapter_key(&*self.secrets).map_err(Error::Randomness)?;
        let now = self.clock.now();
        let key = AdapterKey {
            id: AdapterKeyId::generate(&*self.ids),
            tenant: scope.tenant().clone(),
            adapter: adapter.clone(),
            workspace,
            prefix,
            secret_hash: Sha256Digest::of(secret.expose_secret().as_bytes()),
            created_at: now,
            expires_at: None,
            revoked_at: None,
        };
        let detail = serde_json::json!({
            "adapter_id": adapter.as_str(),
            "key_id": key.id.to_string(),
            "prefix": key.prefix,
            "workspace_id": key.workspace.as_str(),
        });
        let event = AuditEvent::AdapterKeyIssued;
        let entry = self.entry(scope, event, acting, adapter, &detail)?;
        let issue = KeyIssue {
            key,
            others_end: now + overlap,
            entry,
        };
        Ok((issue, secret))
    }

    fn entry(
        &self,
        scope: &TenantScope,
        event: AuditEvent,
        acting: Acting,
        adapter: &AdapterId,
        detail: &serde_json::Value,
    ) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: scope.tenant().clone(),
            workspace: None,
            trace: Some(acting.trace),
            user: acting.user,
            actor: acting.actor,
            event,
            target: Some(format!("adapter:{adapter}")),
            detail: canonical_json(detail)?,
            occurred_at: self.clock.now(),
        })
    }
}

fn own(caller: &AdapterCaller) -> Acting {
    Acting {
        actor: caller.principal.actor(),
        user: None,
        trace: caller.trace,
    }
}

fn acting(caller: &Caller) -> Acting {
    Acting {
        actor: caller.principal.actor(),
        user: caller.principal.user.clone(),
        trace: caller.trace,
    }
}
