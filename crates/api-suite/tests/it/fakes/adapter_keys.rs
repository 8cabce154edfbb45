//! The store of adapters' keys.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, StoreError, TenantScope};
use clasper_delegated::adapter::{AdapterKeyStore, KeyIssue};
use clasper_identity::AdapterKey;

use crate::fakes::Ledger;

/// Keys of adapters; they and the log are the ledger's.
pub struct KeyRing(Arc<Ledger>);

impl KeyRing {
    pub const fn over(ledger: Arc<Ledger>) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl AdapterKeyStore for KeyRing {
    async fn issue_adapter_key(&self, _: &TenantScope, issue: KeyIssue) -> Result<(), StoreError> {
        self.0.issue(issue);
        Ok(())
    }

    async fn revoke_adapter_keys(
        &self,
        _: &TenantScope,
        adapter: &AdapterId,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        for known in self.0.keys().iter_mut() {
            if known.adapter == *adapter {
                known.revoked_at = Some(entry.occurred_at);
            }
        }
        self.0.record(vec![entry]);
        Ok(())
    }

    async fn list_adapter_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<Vec<AdapterKey>, StoreError> {
        let own = |key: &&AdapterKey| key.tenant == *scope.tenant() && key.adapter == *adapter;
        Ok(self.0.keys().iter().rev().filter(own).cloned().collect())
    }
}
