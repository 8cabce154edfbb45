//! What follows a run: the settlement is written, and then the answer goes to the backend.

use std::sync::Arc;
use std::time::Duration;

use clasper_core::{StoreError, Usd};
use tokio::time::Instant;

use crate::run::{OutboxMessage, RunEnd, Settled, Settlement};
use crate::send::{DeliveryState, SendReply};
use crate::service::delivery::{Attempt, PendingDelivery};
use crate::service::engine::Engine;
use crate::service::request::TaskPlan;

/// The longest that the caller waits for the first attempt at delivery.
const FIRST_ATTEMPT: Duration = Duration::from_secs(5);

/// What a run that has an answer says.
pub(crate) struct Answer {
    pub(crate) reply: SendReply,
    /// For the client's idempotency key.
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) posts: Vec<Post>,
}

impl Answer {
    pub(crate) fn messages(&self) -> Vec<OutboxMessage> {
        self.posts.iter().map(|post| post.message.clone()).collect()
    }
}

/// A message to the backend, sealed for the outbox and open for the first attempt.
pub(crate) struct Post {
    pub(crate) message: OutboxMessage,
    pub(crate) pending: PendingDelivery,
}

impl Engine {
    /// Writes a settlement. One that the database does not take is put aside, so that the hold comes back later.
    pub(crate) async fn settle(&self, settlement: Settlement) -> Result<Settled, StoreError> {
        let runs = &self.deps.runs;
        let (written, doubtful) = self.persist(|| runs.settle_run(settlement.clone())).await;
        let tenant = settlement.scope.tenant().clone();
        let result = match written {
            // It may be our own attempt that closed it; without certainty nobody is told that it worked.
            Ok(Settled::AlreadyClosed) if doubtful => Err(StoreError::Unavailable(
                "whether the settlement was written is not known".into(),
            )),
            Ok(settled) => Ok(settled),
            Err(error) => {
                self.put_aside(settlement);
                Err(error)
            }
        };
        self.waiters.freed(&tenant);
        result
    }

    /// The first attempt at delivery, after the settlement. What became of it is written in the background: if that
    /// fails, the outbox worker repeats the delivery under the same key.
    pub(crate) async fn post(self: &Arc<Self>, answer: Answer) -> SendReply {
        let Answer {
            mut reply, posts, ..
        } = answer;
        let deadline = Instant::now() + FIRST_ATTEMPT;
        let mut state = DeliveryState::Delivered;
        let mut attempts = Vec::with_capacity(posts.len());
        for Post {
            message,
            mut pending,
        } in posts
        {
            if let Some(id) = &reply.task_id {
                pending.task = TaskPlan::Id(id.clone());
            }
            let limit = deadline.saturating_duration_since(Instant::now());
            let attempt = self.attempt_delivery(&message, pending, limit).await;
            state = match (&attempt, state) {
                (Attempt::Delivered { task_id }, state) => {
                    reply.task_id.get_or_insert_with(|| task_id.clone());
                    state
                }
                (Attempt::PutOff, DeliveryState::Delivered) => DeliveryState::Queued,
                (Attempt::PutOff, state) => state,
                (Attempt::GivenUp(_), _) => DeliveryState::Refused,
            };
            attempts.push((message, attempt));
        }
        reply.delivery = state;
        let engine = Arc::clone(self);
        self.deps.tracker.spawn(async move {
            for (message, attempt) in attempts {
                if let Err(error) = engine.record_attempt(&message, &attempt).await {
                    tracing::warn!(outbox.id = %message.id, error = %error, "what became of a delivery was not recorded");
                }
            }
        });
        reply
    }
}

/// Counts a run that has ended.
pub(crate) fn count(end: RunEnd, cost: Usd) {
    let outcome = match end {
        RunEnd::Completed => "completed",
        RunEnd::Failed => "failed",
        RunEnd::Cancelled => "cancelled",
        RunEnd::Recovered => "recovered",
    };
    metrics::counter!("clasper_runs_total", "outcome" => outcome).increment(1);
    metrics::counter!("clasper_run_cost_nanousd_total")
        .increment(u64::try_from(cost.nanos()).unwrap_or_default());
}
