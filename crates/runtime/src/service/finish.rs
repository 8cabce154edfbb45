//! The end of a run: one settlement, then the first attempt at delivery.

use std::sync::Arc;
use std::time::Duration;

use clasper_core::{AuditEntryId, OutboxMessageId, StoreError, Timestamp};
use clasper_tracing::{GrantedScope, RunStatus, Trace, TraceCost, UsedScope};

use crate::run::{Charge, OutboxMessage, RunEnd, Settled, Settlement};
use crate::send::{DeliveryState, Error, SendReply};
use crate::service::admit::answer_context;
use crate::service::delivery::{Attempt, PendingDelivery, Record};
use crate::service::ending::Ending;
use crate::service::engine::Engine;
use crate::service::leash::Stop;
use crate::service::plan::later;
use crate::service::request::TaskPlan;
use crate::service::session::{Session, millis};

/// The longest that the caller waits for the first attempt at delivery.
const FIRST_ATTEMPT: Duration = Duration::from_secs(5);
/// The outbox worker leaves a new message alone for this long: the first attempt is made here.
const HEAD_START: Duration = Duration::from_secs(30);

impl Session<'_> {
    /// Settles the run and, when it has an answer, delivers it.
    pub(crate) async fn finish(
        mut self,
        engine: &Arc<Engine>,
        ended: Result<(), Ending>,
    ) -> Result<SendReply, Error> {
        let trace_id = self.plan.facts.agent.trace;
        self.close_open_ends(&ended).await;
        let ended = match ended {
            Ok(()) if self.text.trim().is_empty() => Err(Ending::Model(crate::model::ModelError::Empty)),
            ended => ended,
        };
        if let Err(Ending::Closed) = ended {
            return Err(Ending::Closed.into_error(trace_id));
        }
        let end = ended.as_ref().map_or_else(Ending::end, |()| RunEnd::Completed);
        let reason = ended.as_ref().err().map(Ending::reason);
        if let Some(reason) = reason {
            self.trouble(reason, "the run ended without an answer", false);
        }
        let now = engine.now();
        let reply = ended.as_ref().ok().map(|()| self.reply());
        let posts = if reply.is_some() { self.posts(now)? } else { Vec::new() };
        let settlement = self.settlement(end, reason, reply.as_ref(), &posts, now)?;
        let written = engine.settle(settlement).await;
        engine.count(end, self.tally.cost.total);
        match (ended, reply, written) {
            (Err(ending), _, _) => Err(ending.into_error(trace_id)),
            (Ok(()), Some(reply), Ok(Settled::Charged(_))) => Ok(engine.post(reply, posts).await),
            (Ok(()), _, Err(error)) => Err(Error::Store(error)),
            (Ok(()), ..) => Err(Ending::Closed.into_error(trace_id)),
        }
    }

    /// Bills the model call and closes the tool call that were under way.
    async fn close_open_ends(&mut self, ended: &Result<(), Ending>) {
        self.bill_lost_call("cancelled");
        let reason = match ended {
            Err(Ending::Stopped(Stop::Timeout)) => "run_timeout",
            _ => "run_cancelled",
        };
        // The settlement says the rest; if the database is away, it is tried again there.
        if self.close_effect(false, Some(reason)).await.is_err() {
            self.trouble("database_failed", "the outcome of a tool call was not recorded", true);
        }
        if self.purse.limited && self.tally.cost.total > self.purse.held {
            self.violation("cost_exceeded", "the run cost more than was held for it");
        }
    }

    fn reply(&self) -> SendReply {
        SendReply {
            task_id: match &self.task {
                TaskPlan::Id(id) => Some(id.clone()),
                TaskPlan::Find(_) => None,
            },
            trace_id: self.plan.facts.agent.trace,
            execution_id: self.plan.facts.execution,
            response: self.text.clone(),
            usage: self.tally.usage,
            model: self.model.clone(),
            cost: self.tally.cost,
            context_warning: self.plan.context_warning.clone(),
            delivery: DeliveryState::Queued,
            scripted: self.scripted,
            finish_reason: self.finish_reason.to_owned(),
        }
    }

    /// What the backend is sent.
    fn posts(&self, now: Timestamp) -> Result<Vec<Post>, Error> {
        let message = Record::Message {
            content: self.text.clone(),
        };
        let document = self.plan.plan_title.as_ref().map(|title| Record::Document {
            title: title.clone(),
            content: self.text.clone(),
            doc_type: "plan".to_owned(),
        });
        let records = std::iter::once(message).chain(document);
        records.map(|record| self.post(record, now)).collect()
    }

    fn post(&self, record: Record, now: Timestamp) -> Result<Post, Error> {
        let (engine, facts) = (self.engine, &self.plan.facts);
        let key = format!("{}:{}", facts.execution, record.kind());
        let pending = PendingDelivery {
            task: self.task.clone(),
            record,
        };
        let payload = engine.seal_delivery(&facts.agent.tenant, &key, &pending);
        Ok(Post {
            message: OutboxMessage {
                id: OutboxMessageId::generate(&*engine.deps.ids),
                tenant: facts.agent.tenant.clone(),
                trace: facts.agent.trace,
                kind: pending.record.kind().to_owned(),
                idempotency_key: key,
                agent: facts.agent.clone(),
                payload: payload.map_err(|_| Error::Encoding)?,
                created_at: now,
                next_attempt_at: later(now, HEAD_START),
                attempts: 0,
            },
            pending,
        })
    }

    fn settlement(
        &mut self,
        end: RunEnd,
        reason: Option<&'static str>,
        reply: Option<&SendReply>,
        posts: &[Post],
        now: Timestamp,
    ) -> Result<Settlement, Error> {
        let ids = &*self.engine.deps.ids;
        Ok(Settlement {
            scope: self.plan.facts.scope.clone(),
            execution: self.plan.facts.execution,
            actor: self.plan.facts.actor.clone(),
            end,
            reason: reason.map(str::to_owned),
            charge: Charge::Actual(self.tally.cost.total),
            usage: self.tally.usage,
            trace: self.trace(end, reason, now),
            deliveries: posts.iter().map(|post| post.message.clone()).collect(),
            answer: reply.map_or(Ok(None), |reply| self.sealed(reply))?,
            entry: AuditEntryId::generate(ids),
            alert_entries: std::array::from_fn(|_| AuditEntryId::generate(ids)),
            now,
        })
    }

    /// The answer for the client's idempotency key.
    fn sealed(&self, reply: &SendReply) -> Result<Option<Vec<u8>>, Error> {
        let Some(claim) = &self.plan.opening.idempotency else {
            return Ok(None);
        };
        let plain = serde_json::to_vec(reply).map_err(|_| Error::Encoding)?;
        let context = answer_context(&self.plan, &claim.key);
        Ok(Some(self.engine.deps.seal.seal(&context, &plain)))
    }

    fn trace(&mut self, end: RunEnd, reason: Option<&'static str>, now: Timestamp) -> Box<Trace> {
        let output = (!self.text.is_empty()).then(|| self.plan.mask.text(&self.text));
        let draft = &mut self.plan.opening.draft;
        let granted = &mut draft.granted_scope;
        let tools = self.used.iter().filter(|used| used.starts_with("tool:"));
        let grant = &self.admission.grant;
        *granted = GrantedScope {
            capabilities: grant.limits.capabilities.iter().chain(tools).cloned().collect(),
            max_steps: grant.limits.max_steps,
            max_cost_usd: self.purse.limited.then_some(self.purse.held),
        };
        draft.status = match end {
            RunEnd::Completed => RunStatus::Completed,
            RunEnd::Failed => RunStatus::Failed,
            RunEnd::Cancelled => RunStatus::Cancelled,
            RunEnd::Recovered => RunStatus::Interrupted,
        };
        draft.completed_at = now;
        draft.duration_ms = millis(self.began.elapsed());
        draft.model.clone_from(&self.model.model);
        draft.provider.clone_from(&self.model.provider);
        draft.scripted = self.scripted;
        draft.output_message = output;
        draft.steps = std::mem::take(&mut self.steps).into_steps();
        draft.usage = TraceCost {
            input_tokens: self.tally.usage.input_tokens,
            output_tokens: self.tally.usage.output_tokens,
            total_cost_usd: self.tally.cost.total,
            estimated: self.tally.estimated,
        };
        draft.used_scope = UsedScope {
            capabilities: std::mem::take(&mut self.used),
            step_count: self.steps_used,
            actual_cost_usd: self.tally.cost.total,
        };
        draft.violations = std::mem::take(&mut self.violations);
        draft.error = reason.map(str::to_owned);
        draft.redactions = self.plan.mask.counts();
        draft.task_id = match &self.task {
            TaskPlan::Id(id) => Some(id.clone()),
            TaskPlan::Find(_) => None,
        };
        draft.clone()
    }
}

/// A message to the backend, sealed for the outbox and open for the first attempt.
pub(crate) struct Post {
    message: OutboxMessage,
    pending: PendingDelivery,
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

    pub(crate) fn count(&self, end: RunEnd, cost: clasper_core::Usd) {
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

    /// The first attempt at delivery, after the settlement. What became of it is written in the background: if that
    /// fails, the outbox worker repeats the delivery under the same key.
    async fn post(self: &Arc<Self>, mut reply: SendReply, posts: Vec<Post>) -> SendReply {
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
            let attempt = self.attempt_delivery(&message, pending, FIRST_ATTEMPT).await;
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
