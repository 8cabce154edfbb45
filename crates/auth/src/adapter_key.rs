//! Adapters' own keys, and whether an adapter is let in at all: looked up, remembered for seconds.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;
use subtle::ConstantTimeEq;

use clasper_core::{AdapterId, Clock, Credential, Sha256Digest, TenantId, Timestamp};
use clasper_identity::{
    AdapterDirectory, AdapterKey, AdapterPrincipal, AuthError, adapter_key_digest,
};

/// How long what was found is not looked up again, and so the longest that a revoked key or a disabled adapter is let in on
/// any replica. (Whether an adapter is enabled is looked at again by every decision.)
const REMEMBERED_SECS: u32 = 5;
/// Keys and adapters remembered.
const REMEMBERED: u64 = 10_000;
/// Refused keys remembered: few, because whoever guesses never guesses the same twice.
const REFUSED: u64 = 1_000;

pub(crate) struct AdapterDoor {
    directory: Arc<dyn AdapterDirectory>,
    clock: Arc<dyn Clock>,
    accepted: Cache<Sha256Digest, Arc<(AdapterPrincipal, Timestamp)>>,
    refused: Cache<Sha256Digest, Timestamp>,
    standings: Cache<(TenantId, AdapterId), (bool, Timestamp)>,
}

impl AdapterDoor {
    pub(crate) fn new(directory: Arc<dyn AdapterDirectory>, clock: Arc<dyn Clock>) -> Self {
        // The expiry of the caches only frees memory; whether an entry still counts is decided by the injected clock.
        let life = Duration::from_secs(REMEMBERED_SECS.into());
        Self {
            directory,
            clock,
            accepted: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(life)
                .build(),
            refused: Cache::builder()
                .max_capacity(REFUSED)
                .time_to_live(life)
                .build(),
            standings: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(life)
                .build(),
        }
    }

    /// Proves an adapter's own key.
    pub(crate) async fn prove(&self, presented: &str) -> Result<AdapterPrincipal, AuthError> {
        let digest = adapter_key_digest(presented).ok_or(AuthError::MalformedAdapterToken)?;
        let now = self.clock.now();
        if let Some(hit) = self.accepted.get(&digest)
            && now < hit.1
        {
            return Ok(hit.0.clone());
        }
        if self.refused.get(&digest).is_some_and(|until| now < until) {
            return Err(AuthError::Invalid);
        }
        let until = now + TimeDelta::seconds(REMEMBERED_SECS.into());
        let found = self.directory.find_adapter_key(digest).await?;
        let Some(key) = found.filter(|key| opens(key, digest, now)) else {
            self.refused.insert(digest, until);
            return Err(AuthError::Invalid);
        };
        let standing = self
            .directory
            .adapter_standing(&key.tenant, &key.adapter)
            .await?;
        // A key without an adapter in the registry was issued for nothing.
        let standing = standing.ok_or(AuthError::Invalid)?;
        if !standing.enabled {
            return Err(AuthError::AdapterDisabled);
        }
        let until = key.expires_at.map_or(until, |end| end.min(until));
        let principal = AdapterPrincipal {
            tenant: key.tenant,
            workspace: key.workspace,
            adapter: key.adapter,
            capabilities: standing.capabilities,
            credential: Credential::AdapterKey(key.id),
        };
        self.accepted
            .insert(digest, Arc::new((principal.clone(), until)));
        Ok(principal)
    }

    /// Lets in an adapter that came with a token of its own making, unless an operator has disabled it. One that is not
    /// known yet may come in to register.
    pub(crate) async fn admit(&self, principal: &AdapterPrincipal) -> Result<(), AuthError> {
        let key = (principal.tenant.clone(), principal.adapter.clone());
        let now = self.clock.now();
        let known = self.standings.get(&key).filter(|(_, until)| now < *until);
        let enabled = if let Some((enabled, _)) = known {
            enabled
        } else {
            let found = self.directory.adapter_standing(&key.0, &key.1).await?;
            let enabled = found.is_none_or(|standing| standing.enabled);
            let until = now + TimeDelta::seconds(REMEMBERED_SECS.into());
            self.standings.insert(key, (enabled, until));
            enabled
        };
        enabled.then_some(()).ok_or(AuthError::AdapterDisabled)
    }
}

/// Whether the key is the one that was presented, and good. The digest is compared again because the store found it by an
/// index, whose notion of equality is the database's.
fn opens(key: &AdapterKey, digest: Sha256Digest, now: Timestamp) -> bool {
    let same = bool::from(key.secret_hash.as_bytes().ct_eq(digest.as_bytes()));
    same && key.is_good(now)
}
