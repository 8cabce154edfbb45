//! The use cases of endpoints.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Caller, Clock, Cursor, EndpointId, IdSource,
    OutboxMessageId, Page, Permission, Seal, canonical_json, wire_time,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::endpoint::{Endpoint, SealedEndpoint};
use crate::error::Error;
use crate::event::EventType;
use crate::ports::{
    Address, Delivered, EndpointPatch, EndpointStore, KeyKind, KeyTurn, NewEndpoint, Redelivery,
    Signing,
};

/// Most endpoints of one tenant: each is asked about by every change.
const MOST_ENDPOINTS: u64 = 32;

/// How long a key that was replaced signs beside the new one.
const OVERLAP: TimeDelta = TimeDelta::days(1);

/// What the service works with.
#[derive(Clone)]
pub struct WebhookDeps {
    /// Endpoints.
    pub endpoints: Arc<dyn EndpointStore>,
    /// Addresses and keys.
    pub signing: Arc<dyn Signing>,
    /// Seals addresses and secrets.
    pub seal: Arc<dyn Seal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// An endpoint to set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointAsk {
    /// Where to.
    pub url: String,
    /// What it is told about.
    pub events: Vec<EventType>,
    /// How its messages are signed.
    pub key: KeyKind,
}

/// What an operator changes of an endpoint. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointChange {
    /// Where to.
    pub url: Option<String>,
    /// What it is told about.
    pub events: Option<Vec<EventType>>,
    /// On or off.
    pub enabled: Option<bool>,
}

/// Manages the endpoints of tenants. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    deps: Arc<WebhookDeps>,
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}

impl Webhooks {
    /// The service over its ports.
    #[must_use]
    pub fn new(deps: WebhookDeps) -> Self {
        Self {
            deps: Arc::new(deps),
        }
    }

    /// Sets an endpoint up. What its receiver checks by is in the answer and nowhere else that can be read.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn create(
        &self,
        caller: &Caller,
        ask: EndpointAsk,
    ) -> Result<(Endpoint, SecretString), Error> {
        require(caller)?;
        let deps = &self.deps;
        let events = events(ask.events)?;
        let Address { url, origin } = deps.signing.address(&ask.url).map_err(Error::Address)?;
        let key = deps.signing.new_key(ask.key)?;
        let id = EndpointId::generate(&*deps.ids);
        let (tenant, now) = (caller.principal.tenant.clone(), deps.clock.now());
        let seal = |context: Vec<u8>, plain: &str| deps.seal.seal(&context, plain.as_bytes());
        let endpoint = Endpoint {
            tenant: tenant.clone(),
            id,
            origin,
            events,
            enabled: true,
            disabled_reason: None,
            failing_since: None,
            created_at: now,
            updated_at: now,
        };
        let new = NewEndpoint {
            sealed_url: seal(SealedEndpoint::url_context(&tenant, id), &url),
            sealed_secret: seal(
                SealedEndpoint::secret_context(&tenant, id),
                key.signing.expose_secret(),
            ),
            endpoint: endpoint.clone(),
        };
        let said = json!({
            "endpoint_id": id.to_string(),
            "origin": endpoint.origin,
            "events": names(&endpoint.events),
            "signature": ask.key.name(),
        });
        let entry = self.entry(caller, AuditEvent::WebhookCreated, id, &said)?;
        let (scope, most) = (caller.scope(), MOST_ENDPOINTS);
        if !deps
            .endpoints
            .create_endpoint(&scope, new, most, entry)
            .await?
        {
            return Err(Error::TooMany { most });
        }
        Ok((endpoint, key.verifying))
    }

    /// Every endpoint of the tenant, the oldest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Endpoint>, Error> {
        require(caller)?;
        Ok(self.deps.endpoints.list_endpoints(&caller.scope()).await?)
    }

    /// Changes an endpoint.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn change(
        &self,
        caller: &Caller,
        id: EndpointId,
        change: EndpointChange,
    ) -> Result<Endpoint, Error> {
        require(caller)?;
        if change == EndpointChange::default() {
            return Err(Error::Nothing);
        }
        let deps = &self.deps;
        let address = change.url.map(|url| deps.signing.address(&url));
        let address = address.transpose().map_err(Error::Address)?;
        let events = change.events.map(events).transpose()?;
        let said = json!({
            "endpoint_id": id.to_string(),
            "origin": address.as_ref().map(|address| address.origin.as_str()),
            "events": events.as_ref().map(names),
            "enabled": change.enabled,
        });
        let context = SealedEndpoint::url_context(&caller.principal.tenant, id);
        let patch = EndpointPatch {
            url: address.map(|address| {
                let sealed = deps.seal.seal(&context, address.url.as_bytes());
                (sealed, address.origin)
            }),
            events,
            enabled: change.enabled,
            key: None,
        };
        let entry = self.entry(caller, AuditEvent::WebhookChanged, id, &said)?;
        let store = &deps.endpoints;
        let scope = caller.scope();
        let changed = store.change_endpoint(&scope, id, patch, entry);
        changed.await?.ok_or(Error::NotFound("webhook"))
    }

    /// Gives an endpoint another key. For a day the one before signs beside it, so that the receiver can change over.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn rotate(
        &self,
        caller: &Caller,
        id: EndpointId,
        kind: KeyKind,
    ) -> Result<(Endpoint, SecretString), Error> {
        require(caller)?;
        let deps = &self.deps;
        let key = deps.signing.new_key(kind)?;
        let context = SealedEndpoint::secret_context(&caller.principal.tenant, id);
        let old_until = deps.clock.now() + OVERLAP;
        let patch = EndpointPatch {
            key: Some(KeyTurn {
                sealed: deps
                    .seal
                    .seal(&context, key.signing.expose_secret().as_bytes()),
                old_until,
            }),
            ..EndpointPatch::default()
        };
        let said = json!({
            "endpoint_id": id.to_string(),
            "signature": kind.name(),
            "old_key_signs_until": wire_time(old_until),
        });
        let entry = self.entry(caller, AuditEvent::WebhookKeyRotated, id, &said)?;
        let (store, scope) = (&deps.endpoints, caller.scope());
        let changed = store.change_endpoint(&scope, id, patch, entry);
        let endpoint = changed.await?.ok_or(Error::NotFound("webhook"))?;
        Ok((endpoint, key.verifying))
    }

    /// Removes an endpoint. What waits for it is given up.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn remove(&self, caller: &Caller, id: EndpointId) -> Result<(), Error> {
        require(caller)?;
        let said = json!({"endpoint_id": id.to_string()});
        let entry = self.entry(caller, AuditEvent::WebhookRemoved, id, &said)?;
        let store = &self.deps.endpoints;
        if store.remove_endpoint(&caller.scope(), id, entry).await? {
            Ok(())
        } else {
            Err(Error::NotFound("webhook"))
        }
    }

    /// Sends an endpoint a message that reports nothing.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn test(&self, caller: &Caller, id: EndpointId) -> Result<OutboxMessageId, Error> {
        self.enabled(caller, id).await?;
        let message = OutboxMessageId::generate(&*self.deps.ids);
        let now = self.deps.clock.now();
        let body = EventType::WebhookTest.body(caller.principal.tenant.as_str(), "{}", now);
        let said = json!({"endpoint_id": id.to_string(), "message_id": message.to_string()});
        let entry = self.entry(caller, AuditEvent::WebhookTested, id, &said)?;
        let store = &self.deps.endpoints;
        store
            .add_test(&caller.scope(), id, message, body, entry)
            .await?;
        Ok(message)
    }

    /// Messages to an endpoint, the newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`] or [`Error::Store`].
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: EndpointId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivered>, Error> {
        self.find(caller, id).await?;
        let store = &self.deps.endpoints;
        let scope = caller.scope();
        let page = store.list_deliveries(&scope, id, after, limit);
        Ok(page.await?)
    }

    /// Sends a settled message again, under the same id.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn redeliver(
        &self,
        caller: &Caller,
        id: EndpointId,
        message: OutboxMessageId,
    ) -> Result<(), Error> {
        self.enabled(caller, id).await?;
        let said = json!({"endpoint_id": id.to_string(), "message_id": message.to_string()});
        let entry = self.entry(caller, AuditEvent::WebhookRedelivered, id, &said)?;
        let store = &self.deps.endpoints;
        match store.redeliver(&caller.scope(), id, message, entry).await? {
            Redelivery::Queued => Ok(()),
            Redelivery::Waiting => Err(Error::Waiting),
            Redelivery::NotFound => Err(Error::NotFound("delivery")),
        }
    }

    async fn enabled(&self, caller: &Caller, id: EndpointId) -> Result<(), Error> {
        let found = self.find(caller, id).await?;
        found.enabled.then_some(()).ok_or(Error::Disabled)
    }

    async fn find(&self, caller: &Caller, id: EndpointId) -> Result<Endpoint, Error> {
        let known = self.list(caller).await?.into_iter();
        let mut own = known.filter(|endpoint| endpoint.id == id);
        own.next().ok_or(Error::NotFound("webhook"))
    }

    fn entry(
        &self,
        caller: &Caller,
        event: AuditEvent,
        id: EndpointId,
        detail: &serde_json::Value,
    ) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.deps.ids),
            tenant: caller.principal.tenant.clone(),
            workspace: None,
            trace: Some(caller.trace),
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event,
            target: Some(format!("webhook:{id}")),
            detail: canonical_json(detail)?,
            occurred_at: self.deps.clock.now(),
        })
    }
}

fn require(caller: &Caller) -> Result<(), Error> {
    let needed = Permission::WebhookManage;
    caller
        .may(needed)
        .then_some(())
        .ok_or(Error::Forbidden(needed))
}

/// Each named once, and none that no change causes.
fn events(named: Vec<EventType>) -> Result<BTreeSet<EventType>, Error> {
    let count = named.len();
    let events: BTreeSet<EventType> = named.into_iter().collect();
    let fits =
        !events.is_empty() && events.len() == count && !events.contains(&EventType::WebhookTest);
    fits.then_some(events).ok_or(Error::Events)
}

fn names(events: &BTreeSet<EventType>) -> Vec<&'static str> {
    events.iter().map(|event| event.name()).collect()
}
