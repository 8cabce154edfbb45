//! The store as the ports of callbacks, webhooks and adapters' keys.

use async_trait::async_trait;
use clasper_core::{StoreError, Timestamp};
use clasper_db::store_error;
use clasper_webhook::{AttemptRecord, DueNotice, NoticeStore};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl NoticeStore for Store {
    async fn take_notices(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueNotice>, StoreError> {
        self.write(write::TakeNotices {
            now,
            lease_until,
            limit,
        })
        .await
    }

    async fn record_notice(&self, record: AttemptRecord) -> Result<(), StoreError> {
        self.write(write::RecordNotice(record)).await
    }

    async fn forget_notices(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(write::ForgetNotices { before }).await
    }

    async fn waiting_notices(&self) -> Result<u64, StoreError> {
        read::notice::waiting(&self.reader)
            .await
            .map_err(store_error)
    }
}
