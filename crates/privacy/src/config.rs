//! A tenant's configuration as it is stored, and the port to where it is.

use async_trait::async_trait;
use clasper_core::{AuditEntry, StoreError, TenantScope, Timestamp, TraceId};
use serde_json::Value;

/// One version of a tenant's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigRecord {
    /// Counted from 1; 0 for the configuration that counts where none was saved.
    pub revision: i64,
    /// The configuration, as [`clasper_redaction::RedactionConfig`] reads it.
    pub document: Value,
    /// When it was saved.
    pub updated_at: Timestamp,
    /// By whom ([`clasper_core::Principal::actor`]).
    pub updated_by: String,
}

/// What became of saving a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigWrite {
    /// It counts, under this revision.
    Written(i64),
    /// Another revision counts than the one that was expected. Nothing was written.
    Changed,
}

/// The values behind the tokens of a trace, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptValues {
    /// The trace.
    pub trace: TraceId,
    /// The values, sealed for this tenant and trace.
    pub sealed: Vec<u8>,
}

/// Keeps tenants' configurations, and the values behind tokens.
#[async_trait]
pub trait RedactionStore: Send + Sync {
    /// The configuration that counts, if the tenant has saved one.
    async fn find_redaction(&self, scope: &TenantScope)
    -> Result<Option<ConfigRecord>, StoreError>;

    /// Saves a new version; its revision is given by the store, and `entry` is completed with it. With `expected`, only if that
    /// revision counts.
    async fn put_redaction(
        &self,
        scope: &TenantScope,
        config: ConfigRecord,
        expected: Option<i64>,
        entry: AuditEntry,
    ) -> Result<ConfigWrite, StoreError>;

    /// The values kept for a trace, if there are any.
    async fn find_values(
        &self,
        scope: &TenantScope,
        trace: TraceId,
    ) -> Result<Option<KeptValues>, StoreError>;

    /// Says in the log that values are about to be shown.
    async fn record_reveal(&self, entry: AuditEntry) -> Result<(), StoreError>;
}

/// A store with the same configuration for everybody, or none; nothing can be saved.
#[derive(Debug, Clone, Default)]
pub struct FixedConfig(Option<Value>);

impl FixedConfig {
    /// This configuration for everybody.
    #[must_use]
    pub const fn of(document: Value) -> Self {
        Self(Some(document))
    }
}

#[async_trait]
impl RedactionStore for FixedConfig {
    async fn find_redaction(&self, _: &TenantScope) -> Result<Option<ConfigRecord>, StoreError> {
        Ok(self.0.clone().map(|document| ConfigRecord {
            revision: 1,
            document,
            updated_at: Timestamp::UNIX_EPOCH,
            updated_by: "system".to_owned(),
        }))
    }

    async fn put_redaction(
        &self,
        _: &TenantScope,
        _: ConfigRecord,
        _: Option<i64>,
        _: AuditEntry,
    ) -> Result<ConfigWrite, StoreError> {
        Err(StoreError::Unavailable(
            "there is no store for it here".into(),
        ))
    }

    async fn find_values(
        &self,
        _: &TenantScope,
        _: TraceId,
    ) -> Result<Option<KeptValues>, StoreError> {
        Ok(None)
    }

    async fn record_reveal(&self, _: AuditEntry) -> Result<(), StoreError> {
        Err(StoreError::Unavailable(
            "there is no store for it here".into(),
        ))
    }
}
