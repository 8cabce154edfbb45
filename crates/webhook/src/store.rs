//! The ports to what is kept.

use async_trait::async_trait;
use clasper_core::{StoreError, Timestamp};

use crate::notice::{AttemptRecord, DueNotice};

/// Keeps notices. They are written by the changes that they report.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// Takes up to `limit` notices that are due and before which none of their queue waits, and puts them off until
    /// `lease_until`, so that no other process takes them meanwhile.
    async fn take_notices(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueNotice>, StoreError>;

    /// Writes an attempt down, with its audit entries.
    async fn record_notice(&self, record: AttemptRecord) -> Result<(), StoreError>;

    /// Forgets what was settled before `before`; returns how many.
    async fn forget_notices(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// How many notices wait, over all tenants.
    async fn waiting_notices(&self) -> Result<u64, StoreError>;
}
