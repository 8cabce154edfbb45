//! The courier as the port of callbacks and webhooks: signs, makes one attempt, says what follows.

use async_trait::async_trait;
use bytes::Bytes;
use clasper_core::OutboxMessageId;
use clasper_webhook::{Letter, NextStep as Follows, Sender, Sent};
use secrecy::SecretString;

use crate::callback_url::CallbackUrl;
use crate::caller_headers::CallerHeaders;
use crate::courier::{Courier, Message};
use crate::delivery::{BlockReason, Delivery};
use crate::key::{SigningKey, SigningKeys};
use crate::message_id::MessageId;
use crate::schedule::{NextStep, RetrySchedule};

/// Signs letters with the receiver's key, or with the server's own, and hands them to a courier.
#[derive(Debug)]
pub struct SigningSender {
    courier: Courier,
    own_keys: Option<SigningKeys>,
    schedule: RetrySchedule,
}

impl SigningSender {
    /// A sender over `courier`. Without `own_keys`, letters to receivers without a secret of their own wait.
    #[must_use]
    pub const fn new(
        courier: Courier,
        own_keys: Option<SigningKeys>,
        schedule: RetrySchedule,
    ) -> Self {
        Self {
            courier,
            own_keys,
            schedule,
        }
    }

    async fn attempt(&self, letter: &Letter<'_>) -> Delivery {
        let blocked = |reason| Delivery::Blocked { reason };
        let url = match CallbackUrl::parse(letter.url, self.courier.policy()) {
            Ok(url) => url,
            Err(error) => return blocked(BlockReason::Url(error)),
        };
        let Ok(id) = letter.id.to_string().parse::<MessageId>() else {
            return blocked(BlockReason::Request);
        };
        let theirs = (!letter.keys.is_empty()).then(|| keys_of(letter.keys));
        let Ok(theirs) = theirs.transpose() else {
            return blocked(BlockReason::Unsigned);
        };
        let Some(keys) = theirs.as_ref().or(self.own_keys.as_ref()) else {
            return blocked(BlockReason::Unsigned);
        };
        let message = Message {
            id: &id,
            url: &url,
            keys,
            body: &Bytes::copy_from_slice(letter.body.as_bytes()),
            attempted_at: letter.now,
            headers: &CallerHeaders::default(),
            body_secret: None,
        };
        self.courier.deliver(&message).await
    }
}

#[async_trait]
impl Sender for SigningSender {
    async fn send(&self, letter: Letter<'_>) -> Sent {
        let delivery = self.attempt(&letter).await;
        let jitter = jitter(letter.id, letter.attempts);
        let next = match self.schedule.next(&delivery, letter.attempts, jitter) {
            NextStep::Done => Follows::Done,
            NextStep::Retry { after } => Follows::Retry(after),
            NextStep::GiveUp => Follows::GiveUp,
            NextStep::DisableEndpoint => Follows::Gone,
        };
        Sent {
            result: words(&delivery),
            next,
        }
    }
}

fn keys_of(keys: &[SecretString]) -> Result<SigningKeys, crate::key::KeyError> {
    let keys: Result<Vec<_>, _> = keys.iter().map(SigningKey::parse).collect();
    SigningKeys::new(keys?)
}

fn words(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Accepted { status } | Delivery::Refused { status, .. } => {
            format!("status {status}")
        }
        Delivery::Blocked { reason } => reason.to_string(),
        Delivery::Unreachable { cause } => cause.to_string(),
    }
}

/// From 0 to 1, another for every attempt at every message. Nobody has to be kept from guessing it.
fn jitter(id: OutboxMessageId, attempts: u32) -> f64 {
    let bytes = id.as_uuid().into_bytes();
    let seed = u16::from_be_bytes([bytes[14], bytes[15]]);
    let mixed = u32::from(seed)
        .wrapping_add(attempts)
        .wrapping_mul(0x9E37_79B1);
    f64::from(mixed) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_in_its_range_and_differs() {
        let id = OutboxMessageId::from_bytes([7; 16]);
        let drawn: Vec<f64> = (1..20).map(|attempts| jitter(id, attempts)).collect();
        assert!(drawn.iter().all(|one| (0.0..=1.0).contains(one)));
        assert!(
            drawn
                .windows(2)
                .all(|pair| (pair[0] - pair[1]).abs() > 0.01)
        );
    }
}
