//! Closes runs whose process is gone, and settlements that the database once did not take.

use std::time::Duration;

use chrono::TimeDelta;
use clasper_core::{AuditEntryId, Principal, StoreError, Timestamp, Usd};

use crate::model::TokenUsage;
use crate::run::{Charge, OrphanedRun, RunEnd, Settled, Settlement};
use crate::service::engine::Engine;
use crate::service::session::millis;
use crate::service::settle::count;

/// Runs taken at a time.
const BATCH: u32 = 100;
/// How long answers are kept for idempotency keys.
const KEPT_ANSWERS: TimeDelta = TimeDelta::hours(24);

impl Engine {
    pub(crate) async fn recover(&self, silent_for: Duration) -> Result<usize, StoreError> {
        self.settle_put_aside().await?;
        let silent_for = TimeDelta::from_std(silent_for).unwrap_or(TimeDelta::MAX);
        let mut recovered = 0;
        loop {
            let now = self.now();
            let silent_since = now
                .checked_sub_signed(silent_for)
                .unwrap_or(Timestamp::MIN_UTC);
            let own = self.deps.instance;
            let orphans = self
                .deps
                .runs
                .orphaned_runs(own, silent_since, BATCH)
                .await?;
            let last = orphans.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
            let mut closed = 0;
            for orphan in orphans {
                closed += usize::from(self.close(orphan).await?);
            }
            recovered += closed;
            // A whole batch of which nothing could be closed would come again for ever.
            if last || closed == 0 {
                return Ok(recovered);
            }
        }
    }

    /// Closes one run; says whether it did. A run that the database refuses to close must not keep others open.
    async fn close(&self, orphan: OrphanedRun) -> Result<bool, StoreError> {
        let (tenant, execution) = (orphan.scope.tenant().clone(), orphan.execution);
        let closed = match self.deps.runs.settle_run(self.closing(orphan)).await {
            Ok(Settled::Charged(cost)) => {
                count(RunEnd::Recovered, cost);
                true
            }
            Ok(Settled::AlreadyClosed) => false,
            Err(error @ (StoreError::Unavailable(_) | StoreError::Overloaded)) => {
                return Err(error);
            }
            Err(error) => {
                tracing::error!(execution.id = %execution, error = %error, "a run of a dead process cannot be closed");
                false
            }
        };
        self.waiters.freed(&tenant);
        Ok(closed)
    }

    /// Settlements of this process that failed when their runs ended.
    async fn settle_put_aside(&self) -> Result<(), StoreError> {
        let mut waiting = self.take_unsettled().into_iter();
        while let Some(settlement) = waiting.next() {
            let tenant = settlement.scope.tenant().clone();
            match self.deps.runs.settle_run(settlement.clone()).await {
                Ok(_) => self.waiters.freed(&tenant),
                Err(error @ (StoreError::Unavailable(_) | StoreError::Overloaded)) => {
                    self.put_aside(settlement);
                    waiting.for_each(|rest| self.put_aside(rest));
                    return Err(error);
                }
                // It will be refused for ever; the hold comes back when this process is restarted and its runs recovered.
                Err(error) => {
                    tracing::error!(execution.id = %settlement.execution, error = %error, "a settlement was refused");
                }
            }
        }
        Ok(())
    }

    fn closing(&self, orphan: OrphanedRun) -> Settlement {
        let (ids, now) = (&*self.deps.ids, self.now());
        let mut trace = orphan.draft;
        trace.completed_at = now;
        trace.duration_ms = millis((now - trace.started_at).to_std().unwrap_or_default());
        trace.error = Some("interrupted".to_owned());
        trace.usage.estimated = true;
        trace.usage.total_cost_usd = Usd::ZERO;
        Settlement {
            actor: Principal::system(orphan.scope.tenant().clone()).actor(),
            scope: orphan.scope,
            execution: orphan.execution,
            end: RunEnd::Recovered,
            reason: trace.error.clone(),
            charge: Charge::Estimated,
            usage: TokenUsage::default(),
            trace,
            deliveries: Vec::new(),
            answer: None,
            kept_values: None,
            entry: AuditEntryId::generate(ids),
            alert_entries: std::array::from_fn(|_| AuditEntryId::generate(ids)),
            now,
        }
    }

    pub(crate) async fn beat(&self) -> Result<(), StoreError> {
        self.deps.runs.beat(self.deps.instance, self.now()).await
    }

    pub(crate) async fn forget_answers(&self) -> Result<u64, StoreError> {
        let before = self.now() - KEPT_ANSWERS;
        self.deps.runs.forget_answers(before).await
    }
}
