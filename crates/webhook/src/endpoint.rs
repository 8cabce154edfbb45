//! The endpoints of a tenant's webhooks.

use std::collections::BTreeSet;

use clasper_core::{EndpointId, TenantId, Timestamp};

use crate::EventType;

/// An endpoint as it is known. Its address and its secret are in [`SealedEndpoint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whose.
    pub tenant: TenantId,
    /// Its id.
    pub id: EndpointId,
    /// Scheme, host and port, which may be shown; paths and queries often carry secrets.
    pub origin: String,
    /// What it is told about.
    pub events: BTreeSet<EventType>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Why it was switched off: `operator`, `failing` or `gone`.
    pub disabled_reason: Option<String>,
    /// Since when nothing has arrived; `None` while all is well.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What the courier needs of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEndpoint {
    /// Its id.
    pub id: EndpointId,
    /// The address.
    pub url: Vec<u8>,
    /// The signing secret.
    pub secret: Vec<u8>,
    /// The one before, as long as it signs, too.
    pub old_secret: Option<(Vec<u8>, Timestamp)>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Since when nothing has arrived.
    pub failing_since: Option<Timestamp>,
}

impl SealedEndpoint {
    /// What an endpoint's address is bound to.
    #[must_use]
    pub fn url_context(tenant: &TenantId, id: EndpointId) -> Vec<u8> {
        format!("webhook-url/{tenant}/{id}").into_bytes()
    }

    /// What an endpoint's secret is bound to.
    #[must_use]
    pub fn secret_context(tenant: &TenantId, id: EndpointId) -> Vec<u8> {
        format!("webhook-secret/{tenant}/{id}").into_bytes()
    }
}
