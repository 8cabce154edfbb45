//! The agent service: messages in, governed runs, answers out.

mod admit;
mod config;
mod conversation;
mod delivery;
mod deps;
mod drive;
mod ending;
mod engine;
mod facts;
mod finish;
mod judge;
mod leash;
mod mask;
mod model_call;
mod opening;
mod plan;
mod prompt;
mod purse;
mod recover;
mod request;
mod schema;
mod session;
mod settle;
mod sink;
mod speech;
mod tool_call;
mod waiting;
mod window;

use std::sync::Arc;
use std::time::Duration;

use clasper_core::{Caller, StoreError};

pub use config::{AgentConfig, RetryPolicy};
pub use delivery::DeliveryReport;
pub use deps::{AgentDeps, TenantGate};
pub use sink::RunStream;

use crate::send::{Error, SendReply, SendRequest};
use crate::service::engine::Engine;

/// Runs agents under governance. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct AgentService {
    engine: Arc<Engine>,
}

impl AgentService {
    /// The service over its ports.
    #[must_use]
    pub fn new(deps: AgentDeps, config: AgentConfig) -> Self {
        let engine = Arc::new(Engine::new(deps, config));
        Self { engine }
    }

    /// Runs the agent on a message and returns its answer once everything is settled. Dropping the future cancels the
    /// run, which is then settled for what it used.
    ///
    /// # Errors
    /// [`Error`], saying whether a run was opened ([`Error::trace`]); its outcome is recorded then.
    pub async fn send(&self, caller: &Caller, request: SendRequest) -> Result<SendReply, Error> {
        let plan = self.engine.plan(caller, request).await?;
        self.engine.run_whole(plan).await
    }

    /// Runs the agent on a message and returns its answer as it is made. The same road as [`Self::send`].
    ///
    /// # Errors
    /// [`Error`] for everything that is decided before the run is admitted; later failures end the stream.
    pub async fn stream(&self, caller: &Caller, request: SendRequest) -> Result<RunStream, Error> {
        let plan = self.engine.plan(caller, request).await?;
        self.engine.run_streamed(plan).await
    }

    /// Delivers the messages that are due: one tick of the outbox worker.
    ///
    /// # Errors
    /// [`StoreError`]; messages that were taken and not recorded come again when their lease is over.
    pub async fn deliver_due(&self) -> Result<DeliveryReport, StoreError> {
        self.engine.deliver_due().await
    }

    /// Counts the messages that wait, of all tenants and processes, for the metrics.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_waiting(&self) -> Result<(), StoreError> {
        let waiting = self.engine.deps.outbox.waiting().await?;
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        metrics::gauge!("clasper_outbox_pending").set(f64::from(waiting));
        Ok(())
    }

    /// Closes runs of processes that have not been heard of for `silent_for`. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`]; what is left is found again by the next call.
    pub async fn recover(&self, silent_for: Duration) -> Result<usize, StoreError> {
        self.engine.recover(silent_for).await
    }

    /// Says that this process lives.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn beat(&self) -> Result<(), StoreError> {
        self.engine.beat().await
    }

    /// Forgets answers kept for idempotency keys for longer than a day. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_answers(&self) -> Result<u64, StoreError> {
        self.engine.forget_answers().await
    }
}
