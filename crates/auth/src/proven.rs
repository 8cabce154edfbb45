//! The memory of tokens already proven.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;

use clasper_core::{Sha256Digest, Timestamp};

/// How long a proven token is not proven again, and so the longest that it outlives the withdrawal of its key.
const PROVEN_SECS: u32 = 60;
/// Proven tokens remembered.
const PROVEN_TOKENS: u64 = 20_000;

/// Who proven tokens speak for, by the digest of the whole token.
pub(crate) struct ProvenTokens<P>(Cache<Sha256Digest, Arc<Proven<P>>>);

struct Proven<P> {
    principal: P,
    /// The end of the token's validity or of our memory of it, whichever comes first.
    until: Timestamp,
}

impl<P: Clone + Send + Sync + 'static> ProvenTokens<P> {
    pub(crate) fn new() -> Self {
        // The expiry of the cache only frees memory; whether an entry still counts is decided by the injected clock.
        let cache = Cache::builder()
            .max_capacity(PROVEN_TOKENS)
            .time_to_live(Duration::from_secs(PROVEN_SECS.into()));
        Self(cache.build())
    }

    pub(crate) fn find(&self, token: Sha256Digest, now: Timestamp) -> Option<P> {
        let proven = self.0.get(&token).filter(|hit| now < hit.until)?;
        Some(proven.principal.clone())
    }

    pub(crate) fn remember(
        &self,
        token: Sha256Digest,
        principal: P,
        now: Timestamp,
        valid_until: Timestamp,
    ) {
        let until = valid_until.min(now + TimeDelta::seconds(PROVEN_SECS.into()));
        self.0.insert(token, Arc::new(Proven { principal, until }));
    }
}
