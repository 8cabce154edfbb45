//! The end of a run: one settlement, then the first attempt at delivery.

use std::sync::Arc;
use std::time::Duration;

use clasper_core::{AuditEntryId, OutboxMessageId, Timestamp};
use clasper_privacy::values_context;
use clasper_tracing::{GrantedScope, RunStatus, Trace, TraceCost, UsedScope};

use crate::model::ModelError;
use crate::run::{Charge, OutboxMessage, RunEnd, Settled, Settlement};
use crate::send::{DeliveryState, Error, SendReply};
use crate::service::admit::answer_context;
use crate::service::delivery::{PendingDelivery, Record};
use crate::service::ending::Ending;
use crate::service::engine::Engine;
use crate::service::leash::Stop;
use crate::service::plan::later;
use crate::service::request::TaskPlan;
use crate::service::session::{Session, millis};
use crate::service::settle::{Answer, Post, count};

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
        let output = (!self.text.is_empty()).then(|| self.plan.mask.text(&self.text));
        let ended = ended.and_then(|()| Ok(self.plan.mask.check()?));
        let answer = match ended {
            Ok(()) if self.text.trim().is_empty() => Err(Ending::Model(ModelError::Empty)),
            Ok(()) => self.answer(engine.now()),
            Err(ending) => Err(ending),
        };
        if let Err(ending @ Ending::Closed) = answer {
            return Err(ending.into_error(trace_id));
        }
        let cost = self.tally.cost.total;
        let settlement = self.settlement(&answer, output, engine.now());
        let end = settlement.end;
        let written = engine.settle(settlement).await;
        count(end, cost);
        match (answer, written) {
            (Err(ending), _) => Err(ending.into_error(trace_id)),
            (Ok(answer), Ok(Settled::Charged(_))) => Ok(engine.post(answer).await),
            (Ok(_), Ok(Settled::AlreadyClosed)) => Err(Ending::Closed.into_error(trace_id)),
            (Ok(_), Err(error)) => Err(Error::Store(error)),
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
            self.trouble(
                "database_failed",
                "the outcome of a tool call was not recorded",
                true,
            );
        }
        if self.purse.limited && self.tally.cost.total > self.purse.held {
            self.violation("cost_exceeded", "the run cost more than was held for it");
        }
    }

    /// What the caller, the backend and a repetition of the request are told.
    fn answer(&self, now: Timestamp) -> Result<Answer, Ending> {
        let told = self.plan.mask.tell(self.plan.may_see());
        let told = told.whole(&self.text)?;
        let reply = self.reply(told.clone());
        let sealed = match &self.plan.opening.idempotency {
            None => None,
            Some(claim) => {
                let context = answer_context(&self.plan, &claim.key);
                let plain = serde_json::to_vec(&reply)?;
                Some(self.engine.deps.seal.seal(&context, &plain))
            }
        };
        let message = Record::Message {
            content: told.clone(),
        };
        let document = self
            .plan
            .kickoff_title
            .as_ref()
            .map(|title| Record::Document {
                title: title.clone(),
                content: told,
                doc_type: "plan".to_owned(),
            });
        let records = std::iter::once(message).chain(document);
        let posts = records
            .map(|record| self.post(record, now))
            .collect::<Result<_, _>>()?;
        Ok(Answer {
            reply,
            sealed,
            posts,
        })
    }

    fn reply(&self, response: String) -> SendReply {
        SendReply {
            task_id: self.task_id(),
            trace_id: self.plan.facts.agent.trace,
            execution_id: self.plan.facts.execution,
            response,
            usage: self.tally.usage,
            model: self.model.clone(),
            cost: self.tally.cost,
            context_warning: self.plan.context_warning.clone(),
            delivery: DeliveryState::Queued,
            scripted: self.scripted,
            finish_reason: self.finish_reason.to_owned(),
        }
    }

    fn task_id(&self) -> Option<String> {
        match &self.task {
            TaskPlan::Id(id) => Some(id.clone()),
            TaskPlan::Find(_) => None,
        }
    }

    fn post(&self, record: Record, now: Timestamp) -> Result<Post, serde_json::Error> {
        let (engine, facts) = (self.engine, &self.plan.facts);
        let key = format!("{}:{}", facts.execution, record.kind());
        let pending = PendingDelivery {
            task: self.task.clone(),
            record,
        };
        let payload = engine.seal_delivery(&facts.agent.tenant, &key, &pending)?;
        Ok(Post {
            message: OutboxMessage {
                id: OutboxMessageId::generate(&*engine.deps.ids),
                tenant: facts.agent.tenant.clone(),
                trace: facts.agent.trace,
                kind: pending.record.kind().to_owned(),
                idempotency_key: key,
                agent: facts.agent.clone(),
                payload,
                created_at: now,
                next_attempt_at: later(now, HEAD_START),
                attempts: 0,
            },
            pending,
        })
    }

    fn settlement(
        mut self,
        answer: &Result<Answer, Ending>,
        output: Option<String>,
        now: Timestamp,
    ) -> Settlement {
        let ids = &*self.engine.deps.ids;
        let end = answer
            .as_ref()
            .map_or_else(Ending::end, |_| RunEnd::Completed);
        let reason = answer.as_ref().err().map(Ending::reason);
        if let Some(reason) = reason {
            self.trouble(reason, "the run ended without an answer", false);
        }
        let answer = answer.as_ref().ok();
        Settlement {
            scope: self.plan.facts.scope.clone(),
            execution: self.plan.facts.execution,
            actor: self.plan.facts.actor.clone(),
            end,
            reason: reason.map(str::to_owned),
            charge: Charge::Actual(self.tally.cost.total),
            usage: self.tally.usage,
            deliveries: answer.map_or_else(Vec::new, Answer::messages),
            answer: answer.and_then(|answer| answer.sealed.clone()),
            kept_values: self.kept_values(),
            entry: AuditEntryId::generate(ids),
            alert_entries: std::array::from_fn(|_| AuditEntryId::generate(ids)),
            now,
            trace: self.into_trace(end, reason, output, now),
        }
    }

    /// The values behind the trace's tokens. There is a JSON form of every text; a trace without its values would show tokens.
    fn kept_values(&self) -> Option<Vec<u8>> {
        let plain = self.plan.mask.values().ok().flatten()?;
        let agent = &self.plan.facts.agent;
        let context = values_context(&agent.tenant, agent.trace);
        Some(self.engine.deps.seal.seal(&context, &plain))
    }

    fn into_trace(
        self,
        end: RunEnd,
        reason: Option<&'static str>,
        output: Option<String>,
        now: Timestamp,
    ) -> Box<Trace> {
        let task_id = self.task_id();
        let limits = self.admission.grant.limits;
        let tools = self.used.iter().filter(|used| used.starts_with("tool:"));
        let mut trace = self.plan.opening.draft;
        trace.granted_scope = GrantedScope {
            capabilities: limits.capabilities.iter().chain(tools).cloned().collect(),
            max_steps: limits.max_steps,
            max_cost_usd: self.purse.limited.then_some(self.purse.held),
        };
        trace.status = match end {
            RunEnd::Completed => RunStatus::Completed,
            RunEnd::Failed => RunStatus::Failed,
            RunEnd::Cancelled => RunStatus::Cancelled,
            RunEnd::Recovered => RunStatus::Interrupted,
        };
        trace.completed_at = now;
        trace.duration_ms = millis((now - trace.started_at).to_std().unwrap_or_default());
        trace.model = self.model.model;
        trace.provider = self.model.provider;
        trace.scripted = self.scripted;
        trace.output_message = output;
        trace.steps = self.steps.into_steps();
        trace.usage = TraceCost {
            input_tokens: self.tally.usage.input_tokens,
            output_tokens: self.tally.usage.output_tokens,
            total_cost_usd: self.tally.cost.total,
            estimated: self.tally.estimated,
        };
        trace.used_scope = UsedScope {
            capabilities: self.used,
            step_count: self.steps_used,
            actual_cost_usd: self.tally.cost.total,
        };
        trace.violations = self.violations;
        trace.error = reason.map(str::to_owned);
        trace.redactions = self.plan.mask.counts();
        trace.task_id = task_id;
        trace
    }
}
