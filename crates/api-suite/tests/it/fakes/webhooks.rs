//! The store of endpoints, and addresses and keys.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, Cursor, EndpointId, OutboxMessageId, Page, StoreError, TenantScope,
};
use clasper_webhook::{
    Address, AddressRefused, Delivered, Endpoint, EndpointPatch, EndpointStore, KeyKind,
    NewEndpoint, NewKey, NoKey, Redelivery, Signing,
};

use crate::fakes::Ledger;

/// Endpoints and the tests of them; the log is the ledger's.
pub struct Endpoints {
    ledger: Arc<Ledger>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    endpoints: Vec<Endpoint>,
    messages: Vec<(EndpointId, Delivered)>,
}

impl Endpoints {
    pub fn over(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is(endpoint: &Endpoint, scope: &TenantScope, id: EndpointId) -> bool {
    endpoint.tenant == *scope.tenant() && endpoint.id == id
}

#[async_trait]
impl EndpointStore for Endpoints {
    async fn create_endpoint(
        &self,
        _: &TenantScope,
        new: NewEndpoint,
        _: u64,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        self.known().endpoints.push(new.endpoint);
        self.ledger.record(vec![entry]);
        Ok(true)
    }

    async fn list_endpoints(&self, scope: &TenantScope) -> Result<Vec<Endpoint>, StoreError> {
        let own = |endpoint: &&Endpoint| endpoint.tenant == *scope.tenant();
        Ok(self.known().endpoints.iter().filter(own).cloned().collect())
    }

    async fn change_endpoint(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        patch: EndpointPatch,
        entry: AuditEntry,
    ) -> Result<Option<Endpoint>, StoreError> {
        let mut known = self.known();
        let mut all = known.endpoints.iter_mut();
        let Some(endpoint) = all.find(|one| is(one, scope, id)) else {
            return Ok(None);
        };
        if let Some(events) = patch.events {
            endpoint.events = events;
        }
        if let Some(enabled) = patch.enabled {
            endpoint.enabled = enabled;
            endpoint.disabled_reason = (!enabled).then(|| "operator".to_owned());
        }
        let changed = endpoint.clone();
        drop(known);
        self.ledger.record(vec![entry]);
        Ok(Some(changed))
    }

    async fn remove_endpoint(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut known = self.known();
        let before = known.endpoints.len();
        known.endpoints.retain(|one| !is(one, scope, id));
        let removed = known.endpoints.len() < before;
        drop(known);
        if removed {
            self.ledger.record(vec![entry]);
        }
        Ok(removed)
    }

    async fn add_test(
        &self,
        _: &TenantScope,
        id: EndpointId,
        message: OutboxMessageId,
        _: String,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        let delivered = Delivered {
            id: message,
            event: "webhook.test".to_owned(),
            state: "waiting".to_owned(),
            attempts: 0,
            last_result: None,
            last_attempt_at: None,
            created_at: entry.occurred_at,
            next_attempt_at: Some(entry.occurred_at),
        };
        self.known().messages.push((id, delivered));
        self.ledger.record(vec![entry]);
        Ok(())
    }

    async fn list_deliveries(
        &self,
        _: &TenantScope,
        id: EndpointId,
        _: Option<&Cursor>,
        _: u32,
    ) -> Result<Page<Delivered>, StoreError> {
        let known = self.known();
        let own = known.messages.iter().rev().filter(|(to, _)| *to == id);
        Ok(Page {
            items: own.map(|(_, one)| one.clone()).collect(),
            next: None,
        })
    }

    async fn redeliver(
        &self,
        _: &TenantScope,
        id: EndpointId,
        message: OutboxMessageId,
        _: AuditEntry,
    ) -> Result<Redelivery, StoreError> {
        let known = self.known();
        let mut all = known.messages.iter();
        Ok(if all.any(|(to, one)| *to == id && one.id == message) {
            Redelivery::Waiting
        } else {
            Redelivery::NotFound
        })
    }
}

/// Takes addresses over TLS only; the secret is no secret.
pub struct Signer;

impl Signing for Signer {
    fn address(&self, url: &str) -> Result<Address, AddressRefused> {
        if url.starts_with("https://") {
            return Ok(Address {
                url: url.to_owned(),
                origin: "https://hooks.example.com:443".to_owned(),
            });
        }
        Err(AddressRefused {
            code: "callback_url_not_https",
            detail: "an address begins with https://".to_owned(),
        })
    }

    fn new_key(&self, _: KeyKind) -> Result<NewKey, NoKey> {
        Ok(NewKey {
            signing: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
            verifying: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
        })
    }
}
