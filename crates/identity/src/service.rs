//! The use cases: tenants come into being, keys are issued, listed and revoked.

use std::sync::Arc;

use chrono_tz::Tz;
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use clasper_core::{
    ApiKeyId, AuditEntry, AuditEntryId, AuditEvent, Caller, Clock, Credential, IdSource,
    Permission, Principal, Role, Sha256Digest, TenantId, TenantScope, Timestamp, TraceId,
    canonical_json,
};

use crate::secret::{self, SecretSource, SystemSecrets};
use crate::{
    ApiKey, Error, IdentityStore, KeyCreation, KeyRevocation, Tenant, TenantCreation,
    TenantMismatch,
};

/// Tenants remembered so that the hot path asks the store nothing. Beyond it the least used are asked for again.
const REMEMBERED_TENANTS: u64 = 10_000;
/// The longest name for people, in characters.
const MAX_NAME_CHARS: usize = 200;

/// Whether naming a tenant may bring it into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TenantProvisioning {
    /// Tenants exist only once an operator has created them.
    #[default]
    Explicit,
    /// A tenant that a proven credential names is created when it first acts, in UTC.
    OnFirstUse,
}

/// A tenant to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Where its months end.
    pub time_zone: Tz,
}

/// An API key to issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its name for people.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

/// The service over tenants and API keys. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub struct Identity {
    store: Arc<dyn IdentityStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    secrets: Arc<dyn SecretSource>,
    provisioning: TenantProvisioning,
    known: Cache<TenantId, Arc<Tenant>>,
}

impl Identity {
    /// The service with the operating system's randomness and [`TenantProvisioning::Explicit`].
    #[must_use]
    pub fn new(
        store: Arc<dyn IdentityStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            store,
            clock,
            ids,
            secrets: Arc::new(SystemSecrets),
            provisioning: TenantProvisioning::default(),
            known: Cache::new(REMEMBERED_TENANTS),
        }
    }

    /// The service with another rule for tenants that are named before they exist.
    #[must_use]
    pub fn with_provisioning(mut self, provisioning: TenantProvisioning) -> Self {
        self.provisioning = provisioning;
        self
    }

    /// The service with another source of secrets.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Arc<dyn SecretSource>) -> Self {
        self.secrets = secrets;
        self
    }

    /// Creates a tenant. One that exists already stays as it is and is returned as such.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] without `tenant:create`; [`Error::InvalidName`]; [`Error::ReservedTenant`]; [`Error::Store`].
    pub async fn create_tenant(
        &self,
        caller: &Caller,
        new: NewTenant,
    ) -> Result<TenantCreation, Error> {
        authorise(caller, Permission::TenantCreate)?;
        check_name(&new.name)?;
        check_reserved(&new.id)?;
        let creation = self.write_tenant(caller, new, false).await?;
        self.remember(creation.clone().into_tenant());
        Ok(creation)
    }

    /// The caller's tenant, created first when it is missing and [`TenantProvisioning::OnFirstUse`] holds. A tenant
    /// seen before is answered from memory: tenants are neither changed nor deleted.
    ///
    /// # Errors
    /// [`Error::UnknownTenant`] when it is missing and must be created explicitly; [`Error::ReservedTenant`], as nothing runs in that one;
    /// [`Error::Store`].
    pub async fn ensure_tenant(&self, caller: &Caller) -> Result<Arc<Tenant>, Error> {
        let id = &caller.principal.tenant;
        check_reserved(id)?;
        if let Some(tenant) = self.known.get(id) {
            return Ok(tenant);
        }
        let tenant = match self.store.find_tenant(&caller.scope()).await? {
            Some(tenant) => tenant,
            None if self.provisioning == TenantProvisioning::OnFirstUse => {
                self.provision(caller).await?
            }
            None => return Err(Error::UnknownTenant(id.clone())),
        };
        Ok(self.remember(tenant))
    }

    /// Creates the tenant whose log tells of the server itself, unless it is there.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn ensure_server_tenant(&self) -> Result<(), Error> {
        let caller = Caller {
            principal: Principal::system(TenantId::server()),
            trace: TraceId::generate(self.ids.as_ref()),
        };
        if self.store.find_tenant(&caller.scope()).await?.is_none() {
            self.provision(&caller).await?;
        }
        Ok(())
    }

    /// Issues an API key. The secret is in the answer and nowhere else, ever.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] without `key:manage`; [`Error::TenantMismatch`] for another tenant's scope;
    /// [`Error::RoleTooHigh`]; [`Error::InvalidName`]; [`Error::UnknownTenant`]; [`Error::NoRandomness`];
    /// [`Error::Store`].
    pub async fn create_key(
        &self,
        caller: &Caller,
        scope: &TenantScope,
        new: NewKey,
    ) -> Result<(ApiKey, SecretString), Error> {
        authorise_in(caller, scope)?;
        authorise_role(caller, new.role)?;
        check_name(&new.name)?;
        let secret = secret::generate(self.secrets.as_ref())?;
        let key = ApiKey {
            id: ApiKeyId::generate(self.ids.as_ref()),
            tenant: scope.tenant().clone(),
            name: new.name,
            role: new.role,
            prefix: secret::prefix(&secret),
            secret_hash: Sha256Digest::of(secret.expose_secret().as_bytes()),
            created_at: self.clock.now(),
            revoked_at: None,
        };
        // Of the digest, which finds a key, and not of the secret: so that nobody can put another secret's digest in its place unseen.
        let fingerprint = Sha256Digest::of(key.secret_hash.as_bytes());
        let detail = json!({
            "name": key.name, "role": key.role.name(), "prefix": key.prefix, "fingerprint": fingerprint,
        });
        let reason = Reason {
            event: AuditEvent::ApiKeyCreated,
            target: format!("api_key:{}", key.id),
            detail,
            at: key.created_at,
        };
        let entry = self.entry(caller, &key.tenant, reason);
        match self.store.create_api_key(scope, key.clone(), entry).await? {
            KeyCreation::Created => Ok((key, secret)),
            KeyCreation::NoSuchTenant => Err(Error::UnknownTenant(key.tenant)),
        }
    }

    /// Every key of the tenant, oldest first, revoked ones included.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] without `key:manage`; [`Error::TenantMismatch`] for another tenant's scope;
    /// [`Error::Store`].
    pub async fn list_keys(
        &self,
        caller: &Caller,
        scope: &TenantScope,
    ) -> Result<Vec<ApiKey>, Error> {
        authorise_in(caller, scope)?;
        Ok(self.store.list_api_keys(scope).await?)
    }

    /// Revokes a key and returns it as it now stands; revoking it again changes nothing. Replicas that saw the key
    /// moments ago may accept it for as long as their authenticators remember it.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] without `key:manage`; [`Error::TenantMismatch`] for another tenant's scope;
    /// [`Error::NoSuchKey`]; [`Error::Store`].
    pub async fn revoke_key(
        &self,
        caller: &Caller,
        scope: &TenantScope,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        authorise_in(caller, scope)?;
        let at = self.clock.now();
        let reason = Reason {
            event: AuditEvent::ApiKeyRevoked,
            target: format!("api_key:{id}"),
            detail: json!({}),
            at,
        };
        let entry = self.entry(caller, scope.tenant(), reason);
        match self.store.revoke_api_key(scope, id, at, entry).await? {
            KeyRevocation::Revoked(key) | KeyRevocation::AlreadyRevoked(key) => Ok(key),
            KeyRevocation::NoSuchKey => Err(Error::NoSuchKey),
        }
    }

    /// Two first uses at once are one creation: the second finds the tenant of the first.
    async fn provision(&self, caller: &Caller) -> Result<Tenant, Error> {
        let id = caller.principal.tenant.clone();
        let new = NewTenant {
            name: id.to_string(),
            id,
            time_zone: Tz::UTC,
        };
        Ok(self.write_tenant(caller, new, true).await?.into_tenant())
    }

    async fn write_tenant(
        &self,
        caller: &Caller,
        new: NewTenant,
        on_first_use: bool,
    ) -> Result<TenantCreation, Error> {
        let tenant = Tenant {
            id: new.id,
            name: new.name,
            time_zone: new.time_zone,
            created_at: self.clock.now(),
        };
        let detail = json!({
            "name": tenant.name,
            "time_zone": tenant.time_zone.name(),
            "on_first_use": on_first_use,
        });
        let reason = Reason {
            event: AuditEvent::TenantCreated,
            target: format!("tenant:{}", tenant.id),
            detail,
            at: tenant.created_at,
        };
        let entry = self.entry(caller, &tenant.id, reason);
        Ok(self.store.create_tenant(tenant, entry).await?)
    }

    fn remember(&self, tenant: Tenant) -> Arc<Tenant> {
        let tenant = Arc::new(tenant);
        self.known.insert(tenant.id.clone(), Arc::clone(&tenant));
        tenant
    }

    fn entry(&self, caller: &Caller, tenant: &TenantId, reason: Reason) -> AuditEntry {
        AuditEntry {
            id: AuditEntryId::generate(self.ids.as_ref()),
            tenant: tenant.clone(),
            workspace: None,
            trace: Some(caller.trace),
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event: reason.event,
            target: Some(reason.target),
            detail: canonical_json(&reason.detail).expect("an object of texts has a JSON form"),
            occurred_at: reason.at,
        }
    }
}

/// What an audit entry says beyond who and where.
struct Reason {
    event: AuditEvent,
    target: String,
    detail: serde_json::Value,
    at: Timestamp,
}

fn authorise(caller: &Caller, permission: Permission) -> Result<(), Error> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(Error::PermissionDenied(permission))
    }
}

/// Keys are managed within the caller's own tenant; only someone at the machine itself acts across tenants.
fn authorise_in(caller: &Caller, scope: &TenantScope) -> Result<(), Error> {
    authorise(caller, Permission::KeyManage)?;
    let own = caller.principal.tenant == *scope.tenant();
    if own || matches!(caller.principal.credential, Credential::LocalOperator) {
        Ok(())
    } else {
        Err(TenantMismatch.into())
    }
}

/// Nobody lifts themselves: a key may hold at most what its maker holds, except from the machine's operator and the
/// trusted backend, who set up tenants to begin with.
fn authorise_role(caller: &Caller, role: Role) -> Result<(), Error> {
    let trusted = matches!(
        caller.principal.credential,
        Credential::LocalOperator | Credential::DaemonKey
    );
    let missing = role.permissions().iter().find(|p| !caller.may(*p));
    match missing {
        Some(missing) if !trusted => Err(Error::RoleTooHigh { role, missing }),
        _ => Ok(()),
    }
}

fn check_reserved(id: &TenantId) -> Result<(), Error> {
    if id.is_server() {
        Err(Error::ReservedTenant(id.clone()))
    } else {
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let fits = !name.trim().is_empty()
        && name.chars().count() <= MAX_NAME_CHARS
        && !name.chars().any(char::is_control);
    if fits {
        Ok(())
    } else {
        Err(Error::InvalidName)
    }
}
