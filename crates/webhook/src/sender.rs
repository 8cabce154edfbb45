//! The port to the courier.

use std::time::Duration;

use async_trait::async_trait;
use clasper_core::{OutboxMessageId, Timestamp};
use secrecy::SecretString;

/// One message to one receiver.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// Its id, the same for every attempt.
    pub id: OutboxMessageId,
    /// Where to.
    pub url: &'a str,
    /// The receiver's own keys, the current one first; none for the server's.
    pub keys: &'a [SecretString],
    /// The body, signed and sent as it is.
    pub body: &'a str,
    /// Attempts, with this one.
    pub attempts: u32,
    /// Now.
    pub now: Timestamp,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// The receiver has it.
    Done,
    /// Try again after this time.
    Retry(Duration),
    /// Enough attempts, or nothing that another could change.
    GiveUp,
    /// The receiver wants no more messages at this address.
    Gone,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// In words, for people: no address, nothing of a body.
    pub result: String,
    /// What follows.
    pub next: NextStep,
}

/// Signs and carries messages, once each time it is asked.
#[async_trait]
pub trait Sender: Send + Sync {
    /// Makes one attempt. The message may have arrived even if it is to be tried again.
    async fn send(&self, letter: Letter<'_>) -> Sent;
}
