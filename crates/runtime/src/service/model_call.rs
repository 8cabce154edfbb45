//! One model call with its retries and its failover.

use std::time::Duration;

use clasper_core::{AuditEvent, Usd};
use clasper_governance::{HoldAsk, ModelPrice, Refusal};
use serde::Serialize;
use tokio::time::sleep;
use tracing::{Instrument, Span, field};

use crate::model::{ModelError, ModelRef, ModelReply, TokenUsage};
use crate::run::{Extension, HoldExtension};
use crate::service::ending::Ending;
use crate::service::purse::{LEAST_OUTPUT, believed};
use crate::service::session::{InFlight, Session};
use crate::service::window::{tokens_of, tokens_of_prompt};

#[derive(Serialize)]
struct ExtensionDetail {
    execution_id: String,
    asked_usd: Usd,
    held_usd: Usd,
}

impl Session<'_> {
    /// Calls the model, again while that may help, and the second model after it. Counts as one step.
    pub(crate) async fn call_model(&mut self) -> Result<ModelReply, Ending> {
        self.steps_used += 1;
        self.begin_part();
        let request = &self.plan.request;
        let input = if self.steps_used == 1 {
            self.plan.input_tokens
        } else {
            tokens_of_prompt(&request.system, &request.messages)
        };
        let input = input.saturating_add(self.plan.tool_tokens);
        let mut attempts = 0;
        let mut last = None;
        for model in self.candidates() {
            let price = match self.plan.prices.get(&model.to_string()) {
                Ok(price) => price,
                Err(error) => {
                    self.trouble("price_unknown", &error.to_string(), true);
                    continue;
                }
            };
            match self.fund(&price, input, last.is_none()).await? {
                Ok(output) => self.plan.request.max_output_tokens = output,
                Err(refusal) => return Err(last.map_or(Ending::Budget(refusal), Ending::Model)),
            }
            self.failed_over = model != self.engine.config.default_model;
            self.plan.request.model = model;
            match self.try_model(price, input, &mut attempts).await? {
                Ok(reply) => {
                    self.model = self.plan.request.model.clone();
                    self.scripted |= reply.scripted;
                    self.finish_reason = reply.finish_reason.name();
                    return Ok(reply);
                }
                Err(error) => last = Some(error),
            }
            if self.part_has_begun() {
                break;
            }
        }
        Err(Ending::Model(last.unwrap_or(ModelError::Unavailable)))
    }

    /// The models to try. A run that has left the first one does not go back to it.
    fn candidates(&self) -> Vec<ModelRef> {
        let config = &self.engine.config;
        let fallback = config.fallback_model.iter().cloned();
        if self.failed_over {
            fallback.collect()
        } else {
            std::iter::once(config.default_model.clone())
                .chain(fallback)
                .collect()
        }
    }

    /// Sees to the money of a call. Returns the most tokens it may produce, or why there is no money.
    async fn fund(
        &mut self,
        price: &ModelPrice,
        input: u64,
        is_first_model: bool,
    ) -> Result<Result<u32, Refusal>, Ending> {
        let wanted = self.engine.config.max_output_tokens;
        let spent = self.tally.cost.total;
        let lacking = self.purse.lacking(spent, price, input, wanted);
        let is_first = self.steps_used == 1 && is_first_model;
        let mut refusal = Refusal::BudgetExceeded;
        // A first call whose hold was cut was told just now that there is no more.
        let knows_better = is_first && self.purse.capped;
        if !lacking.is_zero() && !knows_better {
            match self.extend(lacking).await? {
                Extension::Held(more) => {
                    self.purse.held = self.purse.held.checked_add(more).unwrap_or(self.purse.held);
                }
                Extension::Refused(why) => refusal = why,
                Extension::Closed => return Err(Ending::Closed),
            }
        }
        let output = self.purse.output(spent, price, input, wanted);
        if output >= LEAST_OUTPUT.min(wanted) {
            return Ok(Ok(output));
        }
        if is_first {
            // It was admitted with this money, so it may say something.
            return Ok(Ok(output.max(1)));
        }
        self.violation("budget", "the budget did not cover a further model call");
        Ok(Err(refusal))
    }

    async fn extend(&mut self, lacking: Usd) -> Result<Extension, Ending> {
        let (engine, facts) = (self.engine, &self.plan.facts);
        let now = engine.now();
        let detail = ExtensionDetail {
            execution_id: facts.execution.to_string(),
            asked_usd: lacking,
            held_usd: self.purse.held,
        };
        let target = format!("execution:{}", facts.execution);
        let event = AuditEvent::BudgetHoldExtended;
        let extension = HoldExtension {
            scope: facts.scope.clone(),
            execution: facts.execution,
            ask: HoldAsk {
                full: lacking,
                floor: Usd::from_nanos(1).unwrap_or(lacking),
            },
            entry: facts.entry(&*engine.deps.ids, event, target, &detail, now)?,
            now,
        };
        Ok(engine.deps.runs.extend_hold(extension).await?)
    }

    /// Tries one model as often as that may help.
    async fn try_model(
        &mut self,
        price: ModelPrice,
        input_tokens: u64,
        attempts: &mut u32,
    ) -> Result<Result<ModelReply, ModelError>, Ending> {
        let policy = self.engine.config.retry;
        for failures in 1.. {
            *attempts += 1;
            let call = InFlight {
                price,
                input_tokens,
                output_chars: 0,
                started_at: self.engine.now(),
                started: tokio::time::Instant::now(),
                attempt: *attempts,
            };
            let error = match self.attempt(call).await? {
                Ok(reply) => return Ok(Ok(reply)),
                Err(error) => error,
            };
            let again =
                error.is_transient() && failures < policy.attempts && !self.part_has_begun();
            self.trouble(error.code(), &error.to_string(), again);
            if !again {
                return Ok(Err(error));
            }
            let noise = self.engine.deps.ids.next_uuid().as_u128();
            self.leash
                .hold(sleep(policy.pause(failures, noise)))
                .await?;
        }
        Ok(Err(ModelError::Unavailable))
    }

    /// One attempt.
    async fn attempt(&mut self, call: InFlight) -> Result<Result<ModelReply, ModelError>, Ending> {
        let span = chat_span(&self.plan.request.model);
        self.in_flight = Some(call);
        let result = if self.sink.is_streamed() {
            self.read_stream().instrument(span.clone()).await?
        } else {
            let models = &self.engine.deps.models;
            let answer = models.complete(&self.plan.request).instrument(span.clone());
            self.leash.hold(answer).await?
        };
        observe(&self.plan.request.model, call.started.elapsed());
        let reply = match result.and_then(not_empty) {
            Ok(reply) => reply,
            Err(error) => {
                let streamed = self.in_flight.is_some_and(|c| c.output_chars > 0);
                if error.may_have_been_charged() || streamed {
                    self.bill_lost_call("error");
                }
                self.in_flight = None;
                return Ok(Err(error));
            }
        };
        self.in_flight = None;
        let told = believed(reply.usage);
        let usage = told.unwrap_or_else(|| TokenUsage {
            input_tokens: call.input_tokens,
            output_tokens: tokens_of_reply(&reply),
        });
        let reason = reply.finish_reason.name();
        span.record("gen_ai.response.finish_reasons", reason);
        span.record("gen_ai.usage.input_tokens", usage.input_tokens);
        span.record("gen_ai.usage.output_tokens", usage.output_tokens);
        self.bill(
            &call,
            usage,
            told.is_none(),
            reason,
            !reply.tool_calls.is_empty(),
        );
        if !self.sink.is_streamed() {
            self.append(&reply.content);
        }
        Ok(Ok(reply))
    }
}

fn not_empty(reply: ModelReply) -> Result<ModelReply, ModelError> {
    if reply.content.trim().is_empty() && reply.tool_calls.is_empty() {
        Err(ModelError::Empty)
    } else {
        Ok(reply)
    }
}

fn tokens_of_reply(reply: &ModelReply) -> u64 {
    let calls = reply
        .tool_calls
        .iter()
        .map(|call| tokens_of(&call.name) + tokens_of(&call.arguments.to_string()));
    tokens_of(&reply.content) + calls.sum::<u64>()
}

fn observe(model: &ModelRef, time: Duration) {
    metrics::histogram!("clasper_model_call_duration_seconds", "model" => model.to_string())
        .record(time.as_secs_f64());
}

fn chat_span(model: &ModelRef) -> Span {
    tracing::info_span!(
        "chat",
        otel.name = %format!("chat {}", model.model),
        otel.kind = "client",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = %model.provider,
        gen_ai.request.model = %model.model,
        gen_ai.response.finish_reasons = field::Empty,
        gen_ai.usage.input_tokens = field::Empty,
        gen_ai.usage.output_tokens = field::Empty,
    )
}
