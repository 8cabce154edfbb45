//! What the agent loop needs from the world.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{Caller, Clock, IdSource, InstanceId};
use clasper_governance::TenantPrices;
use clasper_policy::Policies;
use clasper_privacy::Redactions;
use clasper_workspace::WorkspaceCache;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backend::ControlPlane;
use crate::model::ModelProvider;
use crate::run::{OutboxStore, RunStore};
use crate::send::Error;
use clasper_core::Seal;

/// Says whether a tenant may be used, and brings it into being where that is wanted.
#[async_trait]
pub trait TenantGate: Send + Sync {
    /// Lets the caller's tenant in.
    ///
    /// # Errors
    /// [`Error::Tenant`] or [`Error::Store`].
    async fn admit(&self, caller: &Caller) -> Result<(), Error>;
}

/// Everything that [`crate::service::AgentService`] works with.
#[derive(Clone)]
pub struct AgentDeps {
    /// Runs.
    pub runs: Arc<dyn RunStore>,
    /// Messages waiting for the backend.
    pub outbox: Arc<dyn OutboxStore>,
    /// Models.
    pub models: Arc<dyn ModelProvider>,
    /// The tenant's backend.
    pub backend: Arc<dyn ControlPlane>,
    /// Workspaces.
    pub workspace: Arc<WorkspaceCache>,
    /// What each tenant wants redacted.
    pub redactions: Redactions,
    /// What may be done.
    pub policies: Policies,
    /// What models cost.
    pub prices: TenantPrices,
    /// Seals what must be kept unredacted for a while.
    pub seal: Arc<dyn Seal>,
    /// Lets tenants in.
    pub tenants: Arc<dyn TenantGate>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// This process.
    pub instance: InstanceId,
    /// Every run is a task of this tracker, so that shutdown can wait for it.
    pub tracker: TaskTracker,
    /// Cancelled when no new runs are wanted.
    pub shutdown: CancellationToken,
    /// Cancelled when open runs must end, too: they are settled as cancelled.
    pub abort: CancellationToken,
}
