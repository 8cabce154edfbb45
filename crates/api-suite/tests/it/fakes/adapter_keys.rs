//! The store of adapters' keys.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, StoreError, TenantScope, Timestamp};
use clasper_delegated::adapter::AdapterKeyStore;
use clasper_identity::AdapterKey;

use crate::fakes::Ledger;

/// Keys of adapters; the log is the ledger's.
pub struct KeyRing {
    ledger: Arc<Ledger>,
    keys: Mutex<Vec<AdapterKey>>,
}

impl KeyRing {
    pub fn over(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            keys: Mutex::default(),
        }
    }

    fn keys(&self) -> MutexGuard<'_, Vec<AdapterKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AdapterKeyStore for KeyRing {
    async fn issue_adapter_key(
        &self,
        _: &TenantScope,
        key: AdapterKey,
        others_end: Timestamp,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        let mut keys = self.keys();
        let others = |known: &&mut AdapterKey| known.adapter == key.adapter;
        for known in keys.iter_mut().filter(others) {
            let end = known
                .expires_at
                .map_or(others_end, |end| end.min(others_end));
            known.expires_at = Some(end);
        }
        keys.push(key);
        drop(keys);
        self.ledger.record(vec![entry]);
        Ok(())
    }

    async fn revoke_adapter_keys(
        &self,
        _: &TenantScope,
        adapter: &AdapterId,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        for known in self
            .keys()
            .iter_mut()
            .filter(|known| known.adapter == *adapter)
        {
            known.revoked_at = Some(entry.occurred_at);
        }
        self.ledger.record(vec![entry]);
        Ok(())
    }

    async fn list_adapter_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<Vec<AdapterKey>, StoreError> {
        let own = |key: &&AdapterKey| key.tenant == *scope.tenant() && key.adapter == *adapter;
        Ok(self.keys().iter().rev().filter(own).cloned().collect())
    }
}
