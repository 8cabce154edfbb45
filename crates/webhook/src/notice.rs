//! Notices: what waits to be told, and what became of telling it.

use clasper_core::{AuditEntry, EndpointId, OutboxMessageId, TenantId, Timestamp, TraceId};
use serde::{Deserialize, Serialize};

use crate::endpoint::SealedEndpoint;

/// A callback, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedNotice {
    /// Where it goes.
    pub url: String,
    /// The body, as it is signed and sent.
    pub body: String,
}

impl SealedNotice {
    /// What a callback is bound to, so that one cannot be passed off as another.
    #[must_use]
    pub fn context(id: OutboxMessageId) -> Vec<u8> {
        format!("notice/{id}").into_bytes()
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The address in the payload, a [`SealedNotice`].
    Callback,
    /// An endpoint; the payload is the body.
    Endpoint(Box<SealedEndpoint>),
    /// An endpoint that was removed.
    Removed(EndpointId),
}

/// A notice whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueNotice {
    /// Its id, the same for every attempt.
    pub id: OutboxMessageId,
    /// Whose.
    pub tenant: TenantId,
    /// What it reports.
    pub event: String,
    /// The trace of the change.
    pub trace: Option<TraceId>,
    /// The body, or the sealed callback.
    pub payload: Vec<u8>,
    /// Who is told.
    pub to: Destination,
    /// Attempts, with the one that is about to be made.
    pub attempts: u32,
    /// When the change happened.
    pub created_at: Timestamp,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is told.
    Delivered,
    /// It is tried again then.
    PutOff(Timestamp),
    /// It is not tried again, unless somebody asks for it.
    GivenUp,
}

/// An attempt, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// The notice.
    pub notice: OutboxMessageId,
    /// When.
    pub at: Timestamp,
    /// What the receiver answered, or why there was no answer, for people: no address, nothing of a body.
    pub result: String,
    /// What follows.
    pub then: Then,
    /// The endpoint, and whether it took the notice.
    pub endpoint: Option<(EndpointId, bool)>,
    /// Why the endpoint is switched off now.
    pub disable: Option<&'static str>,
    /// The entries that go with it: when the notice is settled, and when the endpoint is switched off.
    pub entries: Vec<AuditEntry>,
}
