//! Delivers notices: the tick of the worker.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Clock, EndpointId, IdSource, Seal, StoreError, Timestamp,
    canonical_json,
};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use secrecy::SecretString;
use serde_json::json;

use crate::endpoint::SealedEndpoint;
use crate::notice::{AttemptRecord, Destination, DueNotice, SealedNotice, Then};
use crate::sender::{Letter, NextStep, Sender, Sent};
use crate::store::NoticeStore;

/// Notices taken at a time. They are sent together, so that one receiver that keeps silent costs the others one time-out.
const BATCH: u32 = 128;
/// Most batches of one tick.
const MOST_BATCHES: u32 = 64;
/// How long what was taken is kept from other processes: longer than the courier's time-out.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// An endpoint that took nothing for so long is switched off.
const PATIENCE: TimeDelta = TimeDelta::days(3);
/// How long settled notices are kept, to be looked at and sent again.
const MEMORY: TimeDelta = TimeDelta::days(30);
/// Who acts in the entries about deliveries.
const ACTOR: &str = "system";

/// What the delivery works with.
#[derive(Clone)]
pub struct NoticeDeps {
    /// Notices.
    pub notices: Arc<dyn NoticeStore>,
    /// The courier.
    pub sender: Arc<dyn Sender>,
    /// Opens addresses and secrets.
    pub seal: Arc<dyn Seal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// Delivers notices. Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    deps: Arc<NoticeDeps>,
}

/// What one tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeReport {
    /// Notices that arrived.
    pub delivered: u64,
    /// Notices that are tried again.
    pub put_off: u64,
    /// Notices that are not tried again.
    pub given_up: u64,
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").finish_non_exhaustive()
    }
}

impl Notices {
    /// The delivery over its ports.
    #[must_use]
    pub fn new(deps: NoticeDeps) -> Self {
        Self {
            deps: Arc::new(deps),
        }
    }

    /// Delivers everything that is due. Every replica may run it: a notice is taken by one at a time.
    ///
    /// # Errors
    /// [`StoreError`]; what could not be written down is tried again, under the same id.
    pub async fn deliver_due(&self) -> Result<NoticeReport, StoreError> {
        let mut report = NoticeReport::default();
        // What comes next in a queue is due once its predecessor is told, so this ends with an empty batch, not a short one.
        for _ in 0..MOST_BATCHES {
            let now = self.deps.clock.now();
            let due = self.deps.notices.take_notices(now, now + LEASE, BATCH);
            let due = due.await?;
            if due.is_empty() {
                break;
            }
            let mut work: FuturesUnordered<_> =
                due.into_iter().map(|notice| self.attempt(notice)).collect();
            // One notice that cannot be written down does not end the attempts at the others.
            let mut failure = None;
            while let Some(done) = work.next().await {
                match done {
                    Ok(then) => report.add(then),
                    Err(error) => failure = Some(error),
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(report)
    }

    /// Forgets what was settled long ago, and counts what waits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn upkeep(&self) -> Result<(), StoreError> {
        let before = self.deps.clock.now() - MEMORY;
        self.deps.notices.forget_notices(before).await?;
        let waiting = self.deps.notices.waiting_notices().await?;
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        metrics::gauge!("clasper_notices_waiting").set(f64::from(waiting));
        Ok(())
    }

    async fn attempt(&self, notice: DueNotice) -> Result<Then, StoreError> {
        let sent = self.send(&notice).await;
        let record = self.record(&notice, sent)?;
        let then = record.then;
        let outcome = match then {
            Then::Delivered => "delivered",
            Then::PutOff(_) => "put_off",
            Then::GivenUp => "given_up",
        };
        metrics::counter!("clasper_notices_total", "outcome" => outcome).increment(1);
        self.deps.notices.record_notice(record).await?;
        Ok(then)
    }

    async fn send(&self, notice: &DueNotice) -> Sent {
        let Some((url, keys, body)) = self.open(notice) else {
            return Sent {
                result: match &notice.to {
                    Destination::Endpoint(endpoint) if !endpoint.enabled => "endpoint disabled",
                    Destination::Removed(_) => "endpoint removed",
                    _ => "unreadable: it was sealed with another secret",
                }
                .to_owned(),
                next: NextStep::GiveUp,
            };
        };
        let letter = Letter {
            id: notice.id,
            url: &url,
            keys: &keys,
            body: &body,
            attempts: notice.attempts,
            now: self.deps.clock.now(),
        };
        self.deps.sender.send(letter).await
    }

    /// Address, keys and body; `None` when the notice cannot or must not be sent.
    fn open(&self, notice: &DueNotice) -> Option<(String, Vec<SecretString>, String)> {
        let seal = &self.deps.seal;
        match &notice.to {
            Destination::Callback => {
                let plain = seal.open(&SealedNotice::context(notice.id), &notice.payload)?;
                let notice: SealedNotice = serde_json::from_slice(&plain).ok()?;
                Some((notice.url, Vec::new(), notice.body))
            }
            Destination::Endpoint(endpoint) if endpoint.enabled => {
                let (tenant, id) = (&notice.tenant, endpoint.id);
                let url = seal.open(&SealedEndpoint::url_context(tenant, id), &endpoint.url)?;
                let context = SealedEndpoint::secret_context(tenant, id);
                let now = self.deps.clock.now();
                let old = endpoint.old_secret.as_ref();
                let old = old.filter(|(_, until)| now < *until).map(|(old, _)| old);
                let text = |bytes| String::from_utf8(bytes).ok();
                let keys: Option<Vec<SecretString>> = [Some(&endpoint.secret), old]
                    .into_iter()
                    .flatten()
                    .map(|key| Some(text(seal.open(&context, key)?)?.into()))
                    .collect();
                let body = text(notice.payload.clone())?;
                Some((text(url)?, keys?, body))
            }
            Destination::Endpoint(_) | Destination::Removed(_) => None,
        }
    }

    fn record(&self, notice: &DueNotice, sent: Sent) -> Result<AttemptRecord, StoreError> {
        let at = self.deps.clock.now();
        let then = match sent.next {
            NextStep::Done => Then::Delivered,
            NextStep::Retry(after) => {
                let after = TimeDelta::from_std(after).unwrap_or(TimeDelta::days(1));
                Then::PutOff(at.checked_add_signed(after).unwrap_or(Timestamp::MAX_UTC))
            }
            NextStep::GiveUp | NextStep::Gone => Then::GivenUp,
        };
        let endpoint = match &notice.to {
            Destination::Endpoint(endpoint) if endpoint.enabled => Some(endpoint),
            _ => None,
        };
        let disable = endpoint.and_then(|endpoint| reason_to_stop(endpoint, sent.next, at));
        let mut entries = Vec::new();
        if then == Then::Delivered || then == Then::GivenUp {
            entries.push(self.told(notice, &sent.result, then, at)?);
        }
        if let (Some(endpoint), Some(reason)) = (endpoint, disable) {
            entries.push(self.stopped(notice, endpoint.id, reason, at)?);
        }
        Ok(AttemptRecord {
            notice: notice.id,
            at,
            result: sent.result,
            then,
            endpoint: endpoint.map(|endpoint| (endpoint.id, then == Then::Delivered)),
            disable,
            entries,
        })
    }

    fn told(
        &self,
        notice: &DueNotice,
        result: &str,
        then: Then,
        at: Timestamp,
    ) -> Result<AuditEntry, StoreError> {
        let event = match then {
            Then::Delivered => AuditEvent::DeliverySucceeded,
            _ => AuditEvent::DeliveryFailed,
        };
        let (kind, endpoint) = match &notice.to {
            Destination::Callback => ("callback", None),
            Destination::Endpoint(endpoint) => ("webhook", Some(endpoint.id)),
            Destination::Removed(id) => ("webhook", Some(*id)),
        };
        let detail = json!({
            "kind": kind,
            "event": notice.event,
            "endpoint_id": endpoint.map(|id| id.to_string()),
            "attempts": notice.attempts,
            "result": result,
        });
        self.entry(notice, event, format!("notice:{}", notice.id), &detail, at)
    }

    fn stopped(
        &self,
        notice: &DueNotice,
        endpoint: EndpointId,
        reason: &str,
        at: Timestamp,
    ) -> Result<AuditEntry, StoreError> {
        let target = format!("webhook:{endpoint}");
        let detail = json!({"endpoint_id": endpoint.to_string(), "reason": reason});
        self.entry(notice, AuditEvent::WebhookDisabled, target, &detail, at)
    }

    fn entry(
        &self,
        notice: &DueNotice,
        event: AuditEvent,
        target: String,
        detail: &serde_json::Value,
        at: Timestamp,
    ) -> Result<AuditEntry, StoreError> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.deps.ids),
            tenant: notice.tenant.clone(),
            workspace: None,
            trace: notice.trace,
            user: None,
            actor: ACTOR.to_owned(),
            event,
            target: Some(target),
            detail: canonical_json(detail).map_err(|error| StoreError::Refused(Box::new(error)))?,
            occurred_at: at,
        })
    }
}

impl NoticeReport {
    const fn add(&mut self, then: Then) {
        match then {
            Then::Delivered => self.delivered += 1,
            Then::PutOff(_) => self.put_off += 1,
            Then::GivenUp => self.given_up += 1,
        }
    }
}

/// Why an endpoint is sent nothing more.
fn reason_to_stop(
    endpoint: &SealedEndpoint,
    next: NextStep,
    at: Timestamp,
) -> Option<&'static str> {
    match next {
        NextStep::Done => None,
        NextStep::Gone => Some("gone"),
        _ => endpoint
            .failing_since
            .is_some_and(|since| at - since >= PATIENCE)
            .then_some("failing"),
    }
}
