//! What tenants want redacted, in memory, and keys that anybody could make.

use async_trait::async_trait;
use clasper_core::{AuditEntry, DeriveKey, StoreError, TenantScope, TraceId};
use clasper_privacy::{ConfigRecord, ConfigWrite, KeptValues, RedactionStore};

use crate::fakes::Memory;

pub struct Derived;

impl DeriveKey for Derived {
    fn derive_key(&self, _: &str, context: &[u8]) -> Option<[u8; 32]> {
        let mut key = [7; 32];
        key.iter_mut().zip(context).for_each(|(k, c)| *k ^= c);
        Some(key)
    }
}

#[async_trait]
impl RedactionStore for Memory {
    async fn find_redaction(&self, _: &TenantScope) -> Result<Option<ConfigRecord>, StoreError> {
        Ok(self.state().redaction.clone())
    }

    async fn put_redaction(
        &self,
        _: &TenantScope,
        config: ConfigRecord,
        expected: Option<i64>,
        entry: AuditEntry,
    ) -> Result<ConfigWrite, StoreError> {
        let mut state = self.state();
        let counts = state.redaction.as_ref().map_or(0, |known| known.revision);
        if expected.is_some_and(|expected| expected != counts) {
            return Ok(ConfigWrite::Changed);
        }
        let revision = counts + 1;
        state.redaction = Some(ConfigRecord { revision, ..config });
        state.record(entry);
        Ok(ConfigWrite::Written(revision))
    }

    async fn find_values(
        &self,
        _: &TenantScope,
        trace: TraceId,
    ) -> Result<Option<KeptValues>, StoreError> {
        let state = self.state();
        Ok(state.kept.iter().find(|kept| kept.trace == trace).cloned())
    }

    async fn record_reveal(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.state().record(entry);
        Ok(())
    }
}
