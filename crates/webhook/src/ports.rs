//! The ports of managing endpoints.

use std::collections::BTreeSet;

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, Cursor, EndpointId, OutboxMessageId, Page, StoreError, TenantScope, Timestamp,
};
use secrecy::SecretString;

use crate::endpoint::Endpoint;
use crate::event::EventType;

/// An address that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The whole address, to be sealed.
    pub url: String,
    /// Scheme, host and port, which may be shown.
    pub origin: String,
}

/// Why an address may not be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRefused {
    /// The stable code.
    pub code: &'static str,
    /// What to do about it.
    pub detail: String,
}

/// No secret could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no secret could be made")]
pub struct NoKey;

/// What the courier knows of addresses and keys.
pub trait Signing: Send + Sync {
    /// Reads an address as it was sent.
    ///
    /// # Errors
    /// [`AddressRefused`].
    fn address(&self, url: &str) -> Result<Address, AddressRefused>;

    /// A new signing key.
    ///
    /// # Errors
    /// [`NoKey`] when the source of randomness fails.
    fn new_key(&self, kind: KeyKind) -> Result<NewKey, NoKey>;
}

/// How an endpoint's messages are signed (Standard Webhooks).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyKind {
    /// `v1`: HMAC-SHA256, with a secret that the receiver holds, too.
    #[default]
    Symmetric,
    /// `v1a`: Ed25519; the receiver holds the public key only.
    Asymmetric,
}

impl KeyKind {
    /// The version that signatures by such a key have.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "v1",
            Self::Asymmetric => "v1a",
        }
    }
}

/// A new signing key.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What signs, `whsec_…` or `whsk_…`: to be sealed, and shown to nobody when it is the latter.
    pub signing: SecretString,
    /// What the receiver checks by, `whsec_…` or `whpk_…`.
    pub verifying: SecretString,
}

/// A key that takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTurn {
    /// The new key, sealed.
    pub sealed: Vec<u8>,
    /// Until when the one before signs, too.
    pub old_until: Timestamp,
}

/// An endpoint as it is stored for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its address, sealed.
    pub sealed_url: Vec<u8>,
    /// Its secret, sealed.
    pub sealed_secret: Vec<u8>,
}

/// What is changed of an endpoint. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    /// Another address, sealed, with its origin.
    pub url: Option<(Vec<u8>, String)>,
    /// Other events.
    pub events: Option<BTreeSet<EventType>>,
    /// On or off. Switched on, it counts as well again.
    pub enabled: Option<bool>,
    /// Another key.
    pub key: Option<KeyTurn>,
}

/// A message to an endpoint, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The message.
    pub id: OutboxMessageId,
    /// What it reports.
    pub event: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// What came of the last one.
    pub last_result: Option<String>,
    /// When that was.
    pub last_attempt_at: Option<Timestamp>,
    /// When the change happened.
    pub created_at: Timestamp,
    /// When it is tried next; `None` once it is settled.
    pub next_attempt_at: Option<Timestamp>,
}

/// What became of asking for a message again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redelivery {
    /// It is sent again, under the same id.
    Queued,
    /// It is not settled yet.
    Waiting,
    /// There is no such message to that endpoint.
    NotFound,
}

/// Keeps endpoints. Each write commits with its audit entry, or does nothing.
#[async_trait]
pub trait EndpointStore: Send + Sync {
    /// Stores an endpoint, unless the tenant has `most` already; says whether it did.
    async fn create_endpoint(
        &self,
        scope: &TenantScope,
        new: NewEndpoint,
        most: u64,
        entry: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Every endpoint of the tenant, the oldest first.
    async fn list_endpoints(&self, scope: &TenantScope) -> Result<Vec<Endpoint>, StoreError>;

    /// Changes an endpoint; `None` when there is none.
    async fn change_endpoint(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        patch: EndpointPatch,
        entry: AuditEntry,
    ) -> Result<Option<Endpoint>, StoreError>;

    /// Removes an endpoint; says whether there was one. What waits for it is given up.
    async fn remove_endpoint(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        entry: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Writes a message to an endpoint that no change caused.
    async fn add_test(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        message: OutboxMessageId,
        body: String,
        entry: AuditEntry,
    ) -> Result<(), StoreError>;

    /// Messages to an endpoint, the newest first.
    async fn list_deliveries(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivered>, StoreError>;

    /// Lets a settled message be sent again from the entry's time on.
    async fn redeliver(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        message: OutboxMessageId,
        entry: AuditEntry,
    ) -> Result<Redelivery, StoreError>;
}
