//! Where the histories of costs are found.

use async_trait::async_trait;
use clasper_core::{StoreError, TenantScope};

use crate::forecast::{CostHistory, HistorySubject};

/// Finds what was learnt from a tenant's own runs.
#[async_trait]
pub trait CostHistories: Send + Sync {
    /// The history of `subject`; `None` before the first run.
    async fn find_history(
        &self,
        scope: &TenantScope,
        subject: &HistorySubject,
    ) -> Result<Option<CostHistory>, StoreError>;
}
