//! What happens by itself.

use std::sync::Arc;

use clasper_core::{AuditEntryId, OutboxMessageId, StoreError};

use crate::execution::{DueStep, NoticeWriter, Stepped};
use crate::service::Executions;

/// Most executions looked at in one tick.
const BATCH: u32 = 500;

impl Executions {
    /// Escalates and expires approvals and lets grants lapse whose time is over: one tick of the worker. Every replica may
    /// run it; each step is taken once. Returns how many were taken.
    ///
    /// # Errors
    /// [`StoreError`]; what is left is found again by the next tick.
    pub async fn settle_due(&self) -> Result<usize, StoreError> {
        let deps = &self.inner.deps;
        let now = deps.clock.now();
        let due = deps.executions.due_executions(now, BATCH).await?;
        let mut taken = 0;
        for execution in due {
            let step = DueStep {
                scope: execution.scope,
                decision: execution.decision,
                entry: AuditEntryId::generate(&*deps.ids),
                message: OutboxMessageId::generate(&*deps.ids),
                notices: NoticeWriter(Arc::clone(&deps.seal)),
                now,
            };
            if let Stepped::Taken(execution) = deps.executions.step(Arc::new(step)).await? {
                taken += 1;
                self.inner.waiters.tell(&execution);
            }
        }
        Ok(taken)
    }
}
