//! Messages waiting for the backend.

use async_trait::async_trait;
use clasper_core::{AuditEntry, OutboxMessageId, StoreError, TenantId, Timestamp, TraceId};

use crate::backend::AgentIdentity;

/// A message to the backend, kept until it is delivered. The payload is sealed: it holds the unredacted answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Its id.
    pub id: OutboxMessageId,
    /// The tenant.
    pub tenant: TenantId,
    /// The trace it belongs to.
    pub trace: TraceId,
    /// The kind, for people and metrics.
    pub kind: String,
    /// Recognised by the backend when it is repeated.
    pub idempotency_key: String,
    /// For whom to deliver.
    pub agent: AgentIdentity,
    /// The sealed [`crate::backend::Delivery`].
    pub payload: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Not before this.
    pub next_attempt_at: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
}

/// Messages waiting for the backend.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Takes up to `limit` messages that are due, and puts them off until `lease_until` so that no other process
    /// takes them meanwhile.
    async fn take_due(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError>;

    /// The message arrived: it is deleted.
    async fn delivered(
        &self,
        message: OutboxMessageId,
        entry: AuditEntry,
    ) -> Result<(), StoreError>;

    /// It did not arrive; try again at `next_attempt_at`.
    async fn put_off(
        &self,
        message: OutboxMessageId,
        next_attempt_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// It will never arrive; it is kept, but not tried again.
    async fn give_up(&self, message: OutboxMessageId, entry: AuditEntry) -> Result<(), StoreError>;

    /// How many messages wait, over all tenants.
    async fn waiting(&self) -> Result<u64, StoreError>;
}
