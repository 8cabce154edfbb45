//! A bounded cache whose entries age by the injected clock and are loaded by one caller at a time.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{Clock, Timestamp};
use clasper_runtime::backend::BackendError;
use moka::future::Cache;

/// Answers of the backend, for a while.
pub(crate) struct FreshCache<K, V> {
    entries: Cache<K, Aged<V>>,
    lifetime: TimeDelta,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Aged<V> {
    value: V,
    since: Timestamp,
}

impl<K, V> FreshCache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A cache of about `max_bytes`, as `weigh` counts an entry.
    pub fn new(
        max_bytes: u64,
        weigh: fn(&K, &V) -> usize,
        lifetime: TimeDelta,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let entries = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(move |key, aged: &Aged<V>| {
                u32::try_from(weigh(key, &aged.value)).unwrap_or(u32::MAX)
            })
            .build();
        Self {
            entries,
            lifetime,
            clock,
        }
    }

    /// The entry if it is fresh and `usable`, otherwise what `load` gives. Callers who ask for the same key at the same
    /// time share one load; errors are shared with them and not kept.
    pub async fn get_or_load(
        &self,
        key: K,
        usable: impl Fn(&V) -> bool,
        load: impl Future<Output = Result<V, BackendError>>,
    ) -> Result<V, BackendError> {
        if let Some(aged) = self.entries.get(&key).await {
            if self.is_fresh(aged.since) && usable(&aged.value) {
                return Ok(aged.value);
            }
            self.entries.invalidate(&key).await;
        }
        let load = async {
            let value = load.await?;
            Ok(Aged {
                value,
                since: self.clock.now(),
            })
        };
        let loaded = self.entries.try_get_with(key, load).await;
        loaded
            .map(|aged| aged.value)
            .map_err(|error: Arc<BackendError>| Arc::unwrap_or_clone(error))
    }

    /// An entry from the future is not fresh either: the clock was set back, and its age is unknown.
    fn is_fresh(&self, since: Timestamp) -> bool {
        let age = self.clock.now() - since;
        age >= TimeDelta::zero() && age < self.lifetime
    }
}
