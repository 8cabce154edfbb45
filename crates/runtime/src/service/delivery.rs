//! Delivers answers to the backend: at once if that works, by the outbox until it does.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use clasper_core::{AuditEvent, StoreError, TraceId};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::backend::{BackendError, Delivery};
use crate::run::OutboxMessage;
use crate::service::engine::Engine;
use crate::service::facts::entry_for;
use crate::service::plan::later;
use crate::service::request::TaskPlan;

/// Messages taken from the outbox at a time.
const BATCH: u32 = 32;
/// The longest attempt; two of one run follow each other within the lease.
const ATTEMPT: Duration = Duration::from_secs(20);
/// How long messages that were taken are kept from other processes.
const LEASE: Duration = Duration::from_mins(1);
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How long delivery is tried.
const MAX_AGE: TimeDelta = TimeDelta::days(3);
/// Who acts in the entries about deliveries.
const ACTOR: &str = "system";

/// What is delivered. The task may still have to be found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PendingDelivery {
    pub(crate) task: TaskPlan,
    pub(crate) record: Record,
}

/// The record that the backend is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A message.
    Message { content: String },
    /// A document.
    Document {
        title: String,
        content: String,
        doc_type: String,
    },
}

impl Record {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Document { .. } => "document",
        }
    }

    fn to(self, task_id: String) -> Delivery {
        match self {
            Self::Message { content } => Delivery::Message { task_id, content },
            Self::Document {
                title,
                content,
                doc_type,
            } => Delivery::Document {
                task_id,
                title,
                content,
                doc_type,
            },
        }
    }
}

/// What one tick of the outbox worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliveryReport {
    /// Messages that arrived.
    pub delivered: u64,
    /// Messages that did not arrive and are tried again.
    pub put_off: u64,
    /// Messages that will never arrive; they are kept for an operator.
    pub given_up: u64,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It arrived at this task.
    Delivered { task_id: String },
    /// It may arrive later.
    PutOff,
    /// It never will, for this reason.
    GivenUp(&'static str),
}

impl DeliveryReport {
    const fn add(&mut self, attempt: &Attempt) {
        match attempt {
            Attempt::Delivered { .. } => self.delivered += 1,
            Attempt::PutOff => self.put_off += 1,
            Attempt::GivenUp(_) => self.given_up += 1,
        }
    }
}

#[derive(Serialize)]
struct DeliveryDetail<'a> {
    kind: &'a str,
    idempotency_key: &'a str,
    attempts: u32,
    reason: Option<&'a str>,
}

impl Engine {
    /// The sealed payload of a message.
    pub(crate) fn seal_delivery(
        &self,
        tenant: &clasper_core::TenantId,
        key: &str,
        pending: &PendingDelivery,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let plain = serde_json::to_vec(pending)?;
        let context = format!("delivery/{tenant}/{key}");
        Ok(self.deps.seal.seal(context.as_bytes(), &plain))
    }

    /// One attempt, `limit` long at most. Nothing is written.
    pub(crate) async fn attempt_delivery(
        &self,
        message: &OutboxMessage,
        pending: PendingDelivery,
        limit: Duration,
    ) -> Attempt {
        match timeout(limit, self.ship(message, pending)).await {
            Ok(Ok(task_id)) => Attempt::Delivered { task_id },
            Ok(Err(BackendError::Refused { .. })) => Attempt::GivenUp("backend_refused"),
            // An answer against the contract may come from something in between; the key makes repeating it safe.
            Ok(Err(_)) | Err(_) => Attempt::PutOff,
        }
    }

    async fn ship(
        &self,
        message: &OutboxMessage,
        pending: PendingDelivery,
    ) -> Result<String, BackendError> {
        let (backend, agent) = (&self.deps.backend, &message.agent);
        let task_id = match pending.task {
            TaskPlan::Id(id) => id,
            TaskPlan::Find(task) => backend.find_or_create_task(agent, &task).await?.id,
        };
        let delivery = pending.record.to(task_id.clone());
        backend
            .deliver(agent, &delivery, &message.idempotency_key)
            .await?;
        Ok(task_id)
    }

    /// Writes down what became of an attempt.
    pub(crate) async fn record_attempt(
        &self,
        message: &OutboxMessage,
        attempt: &Attempt,
    ) -> Result<(), StoreError> {
        let (outbox, now) = (&self.deps.outbox, self.now());
        let (event, reason) = match attempt {
            Attempt::PutOff => {
                let pause = pause_after(message.attempts);
                return outbox.put_off(message.id, later(now, pause)).await;
            }
            Attempt::Delivered { .. } => (AuditEvent::DeliverySucceeded, None),
            Attempt::GivenUp(reason) => (AuditEvent::DeliveryFailed, Some(*reason)),
        };
        let detail = DeliveryDetail {
            kind: &message.kind,
            idempotency_key: &message.idempotency_key,
            attempts: message.attempts.saturating_add(1),
            reason,
        };
        let target = format!("outbox:{}", message.id);
        let ids = &*self.deps.ids;
        let entry = entry_for(&message.agent, ACTOR, ids, event, target, &detail, now)
            .map_err(|error| StoreError::Refused(Box::new(error)))?;
        match attempt {
            Attempt::GivenUp(_) => outbox.give_up(message.id, entry).await,
            _ => outbox.delivered(message.id, entry).await,
        }
    }

    /// Delivers everything that is due.
    pub(crate) async fn deliver_due(&self) -> Result<DeliveryReport, StoreError> {
        let mut report = DeliveryReport::default();
        while !self.deps.shutdown.is_cancelled() {
            let now = self.now();
            let due = self
                .deps
                .outbox
                .take_due(now, later(now, LEASE), BATCH)
                .await?;
            let taken = due.len();
            // Messages of one run in their order: the first may create the task that the second goes to.
            let mut runs: BTreeMap<TraceId, Vec<OutboxMessage>> = BTreeMap::new();
            for message in due {
                runs.entry(message.trace).or_default().push(message);
            }
            let mut work: FuturesUnordered<_> = runs
                .into_values()
                .map(|run| self.deliver_run(run))
                .collect();
            // One message that cannot be recorded does not end the attempts at the others.
            let mut failure = None;
            while let Some(done) = work.next().await {
                match done {
                    Ok(attempts) => attempts.iter().for_each(|attempt| report.add(attempt)),
                    Err(error) => failure = Some(error),
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
            if taken < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok(report)
    }

    async fn deliver_run(&self, messages: Vec<OutboxMessage>) -> Result<Vec<Attempt>, StoreError> {
        let mut attempts = Vec::with_capacity(messages.len());
        for message in messages {
            let attempt = match self.open_delivery(&message) {
                Some(pending) => self.attempt_delivery(&message, pending, ATTEMPT).await,
                None => Attempt::GivenUp("unreadable"),
            };
            let too_old = self.now() - message.created_at >= MAX_AGE;
            let attempt = match attempt {
                Attempt::PutOff if too_old => Attempt::GivenUp("expired"),
                attempt => attempt,
            };
            self.record_attempt(&message, &attempt).await?;
            attempts.push(attempt);
        }
        Ok(attempts)
    }

    fn open_delivery(&self, message: &OutboxMessage) -> Option<PendingDelivery> {
        let context = format!("delivery/{}/{}", message.tenant, message.idempotency_key);
        let plain = self.deps.seal.open(context.as_bytes(), &message.payload)?;
        serde_json::from_slice(&plain).ok()
    }
}

/// The pause after so many failed attempts before this one.
fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1_u32.checked_shl(attempts).unwrap_or(u32::MAX))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let seconds: Vec<u64> = (0..11).map(|n| pause_after(n).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
    }
}
