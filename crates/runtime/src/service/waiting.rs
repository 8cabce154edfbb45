//! Requests that wait for money held by other runs of their tenant, first come, first woken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clasper_core::TenantId;
use tokio::sync::Notify;

/// The waiting rooms, one per tenant that has someone waiting. Only this process's settlements wake; other replicas'
/// are noticed by asking again.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Mutex<HashMap<TenantId, Arc<Notify>>>);

/// A place in a tenant's waiting room.
pub(crate) struct Place<'w> {
    waiters: &'w Waiters,
    tenant: TenantId,
    bell: Arc<Notify>,
}

impl Waiters {
    pub(crate) fn join(&self, tenant: &TenantId) -> Place<'_> {
        let bell = Arc::clone(self.rooms().entry(tenant.clone()).or_default());
        Place {
            waiters: self,
            tenant: tenant.clone(),
            bell,
        }
    }

    /// Money of `tenant` came free: wakes the one who waits longest.
    pub(crate) fn freed(&self, tenant: &TenantId) {
        if let Some(bell) = self.rooms().get(tenant) {
            bell.notify_one();
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<TenantId, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    pub(crate) async fn woken(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut rooms = self.waiters.rooms();
        // The room's own handle and this one: nobody else waits.
        if Arc::strong_count(&self.bell) == 2 {
            rooms.remove(&self.tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_gone_with_the_last_who_waits() {
        let waiters = Waiters::default();
        let tenant = TenantId::new("acme").expect("a name");
        let (first, second) = (waiters.join(&tenant), waiters.join(&tenant));
        drop(first);
        assert_eq!(waiters.rooms().len(), 1);
        drop(second);
        assert!(waiters.rooms().is_empty());
    }
}
