//! API keys: looked up by digest, remembered for seconds.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;
use subtle::ConstantTimeEq;

use clasper_core::{Clock, Credential, Principal, Sha256Digest, Timestamp};
use clasper_identity::{ApiKey, AuthError, IdentityStore, api_key_digest};

/// How long an accepted key is not looked up again, and so the longest that a revoked one stays good on any replica.
const ACCEPTED_SECS: u32 = 10;
/// How long a refused key is not looked up again.
const REFUSED_SECS: u32 = 5;
/// Accepted keys remembered.
const ACCEPTED_KEYS: u64 = 10_000;
/// Refused keys remembered: few, because whoever guesses never guesses the same twice.
const REFUSED_KEYS: u64 = 1_000;

pub(crate) struct ApiKeys {
    store: Arc<dyn IdentityStore>,
    clock: Arc<dyn Clock>,
    accepted: Cache<Sha256Digest, Arc<Accepted>>,
    refused: Cache<Sha256Digest, Timestamp>,
}

struct Accepted {
    principal: Principal,
    until: Timestamp,
}

impl ApiKeys {
    pub(crate) fn new(store: Arc<dyn IdentityStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            accepted: cache(ACCEPTED_KEYS, ACCEPTED_SECS),
            refused: cache(REFUSED_KEYS, REFUSED_SECS),
        }
    }

    pub(crate) async fn prove(&self, presented: &str) -> Result<Principal, AuthError> {
        let digest = api_key_digest(presented).ok_or(AuthError::Malformed)?;
        let now = self.clock.now();
        if let Some(accepted) = self.accepted.get(&digest).filter(|hit| now < hit.until) {
            return Ok(accepted.principal.clone());
        }
        if self.refused.get(&digest).is_some_and(|until| now < until) {
            return Err(AuthError::Invalid);
        }
        let found = self.store.find_api_key(digest).await?;
        let Some(principal) = found.and_then(|key| open(&key, digest)) else {
            let until = now + TimeDelta::seconds(REFUSED_SECS.into());
            self.refused.insert(digest, until);
            return Err(AuthError::Invalid);
        };
        let until = now + TimeDelta::seconds(ACCEPTED_SECS.into());
        let accepted = Accepted {
            principal: principal.clone(),
            until,
        };
        self.accepted.insert(digest, Arc::new(accepted));
        Ok(principal)
    }
}

/// The principal of a key that is good. The digest is compared again because the store found it by an index, whose
/// notion of equality is the database's.
fn open(key: &ApiKey, digest: Sha256Digest) -> Option<Principal> {
    let same = bool::from(key.secret_hash.as_bytes().ct_eq(digest.as_bytes()));
    (same && key.revoked_at.is_none()).then(|| Principal {
        tenant: key.tenant.clone(),
        user: None,
        permissions: key.role.permissions(),
        credential: Credential::ApiKey(key.id),
        allowed_tools: None,
    })
}

/// The expiry of the cache only frees memory; whether an entry still counts is decided by the injected clock.
fn cache<V: Clone + Send + Sync + 'static>(entries: u64, secs: u32) -> Cache<Sha256Digest, V> {
    Cache::builder()
        .max_capacity(entries)
        .time_to_live(Duration::from_secs(secs.into()))
        .build()
}
