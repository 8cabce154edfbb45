//! The port that writes runs.

use async_trait::async_trait;
use clasper_core::{ExecutionId, InstanceId, StoreError, TenantScope, Timestamp, Usd};
use clasper_tracing::Trace;

use crate::run::{
    EffectDecision, EffectOutcome, Extension, HoldExtension, Opening, Recorded, RunOpening,
    Settled, Settlement,
};

/// An open run whose process is gone.
#[derive(Debug, Clone)]
pub struct OrphanedRun {
    /// The tenant.
    pub scope: TenantScope,
    /// The execution.
    pub execution: ExecutionId,
    /// The process that ran it.
    pub instance: InstanceId,
    /// The money held.
    pub hold: Usd,
    /// The trace as far as it was known.
    pub draft: Box<Trace>,
}

/// Writes runs. Each method is one commit; none answers before it is durable.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Decides, holds money and consumes the grant; or records the refusal.
    async fn open_run(&self, opening: RunOpening) -> Result<Opening, StoreError>;

    /// Holds more money for an open run.
    async fn extend_hold(&self, extension: HoldExtension) -> Result<Extension, StoreError>;

    /// Records the decision about an effect within an open run.
    async fn decide_effect(&self, decision: EffectDecision) -> Result<Recorded, StoreError>;

    /// Records what came of an allowed effect.
    async fn record_effect(&self, outcome: EffectOutcome) -> Result<(), StoreError>;

    /// Ends a run: charges it, frees the rest of its hold, stores its trace and its messages.
    async fn settle_run(&self, settlement: Settlement) -> Result<Settled, StoreError>;

    /// Says that this process lives.
    async fn beat(&self, instance: InstanceId, now: Timestamp) -> Result<(), StoreError>;

    /// Open runs of processes that have not said that they live since `silent_since`; `own` is never among them.
    async fn orphaned_runs(
        &self,
        own: InstanceId,
        silent_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrphanedRun>, StoreError>;

    /// Forgets answers kept for idempotency keys since before `before`. Returns how many.
    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError>;
}
