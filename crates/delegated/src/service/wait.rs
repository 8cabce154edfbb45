//! Waiting for people: callers that poll are woken by resolutions of this process, and look again for those of others.

use std::sync::Arc;
use std::time::Duration;

use clasper_core::{AdapterId, Caller, DecisionId, ExecutionKey, Permission, TenantId};
use moka::sync::Cache;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::execution::{Execution, ExecutionStatus};
use crate::service::error::Error;
use crate::service::{AdapterCaller, Executions};

/// The longest wait.
const LONGEST: Duration = Duration::from_mins(1);
/// How often a waiter looks by itself: other replicas resolve without telling.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Executions that are waited for at a time.
const MOST_WAITED_FOR: u64 = 100_000;

/// Who waits for which execution.
pub(super) struct Waiters(Cache<(TenantId, DecisionId), Arc<Notify>>);

impl Default for Waiters {
    fn default() -> Self {
        let idle = LONGEST * 2;
        let cache = Cache::builder().max_capacity(MOST_WAITED_FOR);
        Self(cache.time_to_idle(idle).build())
    }
}

impl Waiters {
    fn join(&self, execution: &Execution) -> Arc<Notify> {
        let key = (execution.tenant.clone(), execution.decision);
        self.0.get_with(key, Arc::default)
    }

    /// Wakes everybody who waits for the execution.
    pub(super) fn tell(&self, execution: &Execution) {
        let key = (execution.tenant.clone(), execution.decision);
        if let Some(waiters) = self.0.get(&key) {
            waiters.notify_waiters();
        }
    }
}

impl Executions {
    /// The execution of an adapter's key, once it is no longer pending or `wait` is over.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Store`].
    pub async fn by_key(
        &self,
        caller: &AdapterCaller,
        key: &ExecutionKey,
        wait: Duration,
    ) -> Result<Execution, Error> {
        let deadline = Instant::now() + wait.min(LONGEST);
        loop {
            let found = self.look(caller, &caller.principal.adapter, key).await?;
            if found.status != ExecutionStatus::Pending || Instant::now() >= deadline {
                return Ok(found);
            }
            let told = self.inner.waiters.join(&found);
            let told = told.notified();
            tokio::pin!(told);
            // Registered before the second look, so that a resolution in between is not missed.
            told.as_mut().enable();
            let again = self.look(caller, &caller.principal.adapter, key).await?;
            if again.status != ExecutionStatus::Pending {
                return Ok(again);
            }
            let pause = LOOK_AGAIN.min(deadline.saturating_duration_since(Instant::now()));
            // Woken or not, the loop looks again.
            let _ = timeout(pause, told).await;
        }
    }

    /// The execution of an adapter's key as it is now.
    pub(super) async fn own_execution(
        &self,
        caller: &AdapterCaller,
        key: &ExecutionKey,
    ) -> Result<Execution, Error> {
        self.look(caller, &caller.principal.adapter, key).await
    }

    async fn look(
        &self,
        caller: &AdapterCaller,
        adapter: &AdapterId,
        key: &ExecutionKey,
    ) -> Result<Execution, Error> {
        let store = &self.inner.deps.executions;
        let found = store
            .find_execution_by_key(&caller.scope(), adapter, key)
            .await?;
        let found = found.ok_or(Error::NotFound("execution"))?;
        if found.workspace != caller.principal.workspace {
            return Err(Error::NotFound("execution"));
        }
        Ok(found)
    }

    /// A decision of the adapter's own.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::OtherAdapter`] or [`Error::Store`].
    pub async fn own_decision(
        &self,
        caller: &AdapterCaller,
        decision: DecisionId,
    ) -> Result<Execution, Error> {
        let store = &self.inner.deps.executions;
        let found = store.find_execution(&caller.scope(), decision).await?;
        let found = found.ok_or(Error::NotFound("decision"))?;
        let principal = &caller.principal;
        if found.adapter != principal.adapter || found.workspace != principal.workspace {
            return Err(Error::OtherAdapter);
        }
        Ok(found)
    }

    /// A decision of the tenant, for operators.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`] or [`Error::Store`].
    pub async fn decision(
        &self,
        caller: &Caller,
        decision: DecisionId,
    ) -> Result<Execution, Error> {
        if !caller.may(Permission::DecisionView) {
            return Err(Error::Forbidden(Permission::DecisionView));
        }
        let store = &self.inner.deps.executions;
        let found = store.find_execution(&caller.scope(), decision).await?;
        found.ok_or(Error::NotFound("decision"))
    }
}
