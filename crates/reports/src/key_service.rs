//! Operators set and revoke the keys by which reports are verified.

use std::fmt;
use std::sync::Arc;

use clasper_core::{
    AdapterId, AuditEntry, AuditEntryId, AuditEvent, Caller, Clock, IdSource, Permission,
    canonical_json,
};
use clasper_identity::AdapterDirectory;
use serde_json::{Value, json};

use crate::error::Error;
use crate::key::{PublicKey, TelemetryKey};
use crate::store::TelemetryKeyStore;

/// The longest id of a key, the longest version and the longest reason, in bytes.
const LONGEST: usize = 200;

/// A key to set.
#[derive(Debug, Clone)]
pub struct SetTelemetryKey {
    /// The adapter.
    pub adapter: AdapterId,
    /// The version of the adapter that signs with it; any without one.
    pub version: Option<String>,
    /// The key.
    pub key: PublicKey,
    /// Its id; its thumbprint (RFC 7638) without one.
    pub key_id: Option<String>,
}

/// Sets, shows and revokes keys. Cheap to clone.
#[derive(Clone)]
pub struct TelemetryKeys {
    store: Arc<dyn TelemetryKeyStore>,
    adapters: Arc<dyn AdapterDirectory>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for TelemetryKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryKeys").finish_non_exhaustive()
    }
}

impl TelemetryKeys {
    /// The keys of the adapters in `adapters`.
    #[must_use]
    pub fn new(
        store: Arc<dyn TelemetryKeyStore>,
        adapters: Arc<dyn AdapterDirectory>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            store,
            adapters,
            clock,
            ids,
        }
    }

    /// Sets a key in the place of the one in use for its version; for any version, in the place of every key.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn set(&self, caller: &Caller, set: SetTelemetryKey) -> Result<TelemetryKey, Error> {
        require(caller, Permission::AdapterManage)?;
        for (text, pointer) in [(&set.version, "/version"), (&set.key_id, "/key_id")] {
            if text.as_deref().is_some_and(|text| !fits(text)) {
                let detail = "must have between 1 and 200 bytes";
                return Err(Error::Invalid { pointer, detail });
            }
        }
        self.registered(caller, &set.adapter).await?;
        let key = TelemetryKey {
            id: set.key_id.unwrap_or_else(|| set.key.thumbprint()),
            adapter: set.adapter,
            version: set.version,
            key: set.key,
            created_at: self.clock.now(),
            replaced_at: None,
            revoked_at: None,
        };
        let detail = json!({
            "adapter_id": key.adapter.as_str(), "version": key.version, "key_id": key.id,
            "key_alg": key.key.algorithm().name(), "thumbprint": key.key.thumbprint(),
        });
        let entry = self.entry(caller, AuditEvent::TelemetryKeySet, &key.adapter, &detail)?;
        let scope = caller.scope();
        self.store
            .set_telemetry_key(&scope, key.clone(), entry)
            .await?;
        Ok(key)
    }

    /// Revokes the keys of one version, or all of them: nothing that they signed is believed any more.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn revoke(
        &self,
        caller: &Caller,
        adapter: &AdapterId,
        version: Option<&str>,
        reason: Option<&str>,
    ) -> Result<Vec<TelemetryKey>, Error> {
        require(caller, Permission::AdapterManage)?;
        if reason.is_some_and(|reason| !fits(reason)) {
            let (pointer, detail) = ("/reason", "must have between 1 and 200 bytes");
            return Err(Error::Invalid { pointer, detail });
        }
        self.registered(caller, adapter).await?;
        let detail = json!({"adapter_id": adapter.as_str(), "version": version, "reason": reason});
        let entry = self.entry(caller, AuditEvent::TelemetryKeysRevoked, adapter, &detail)?;
        let scope = caller.scope();
        let revoked = self
            .store
            .revoke_telemetry_keys(&scope, adapter, version, entry)
            .await?;
        if revoked == 0 {
            return Err(Error::NotFound("telemetry key in use"));
        }
        Ok(self.store.telemetry_keys(&scope, adapter).await?)
    }

    /// Every key of an adapter, the newest first, ended ones included.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn list(
        &self,
        caller: &Caller,
        adapter: &AdapterId,
    ) -> Result<Vec<TelemetryKey>, Error> {
        require(caller, Permission::AdapterView)?;
        self.registered(caller, adapter).await?;
        Ok(self.store.telemetry_keys(&caller.scope(), adapter).await?)
    }

    async fn registered(&self, caller: &Caller, adapter: &AdapterId) -> Result<(), Error> {
        let tenant = caller.scope().tenant().clone();
        let found = self.adapters.adapter_standing(&tenant, adapter).await?;
        found.map(drop).ok_or(Error::NotFound("adapter"))
    }

    fn entry(
        &self,
        caller: &Caller,
        event: AuditEvent,
        adapter: &AdapterId,
        detail: &Value,
    ) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: caller.scope().tenant().clone(),
            workspace: None,
            trace: Some(caller.trace),
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event,
            target: Some(format!("adapter:{adapter}")),
            detail: canonical_json(detail)?,
            occurred_at: self.clock.now(),
        })
    }
}

fn fits(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST
}

fn require(caller: &Caller, permission: Permission) -> Result<(), Error> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(Error::Forbidden(permission))
    }
}
