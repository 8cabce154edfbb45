//! A run between admission and settlement: what it has said, used and recorded so far.

use std::time::Duration;

use clasper_core::{AuditEvent, DecisionId, Timestamp};
use clasper_governance::ModelPrice;
use clasper_privacy::Told;
use clasper_tracing::{StepData, StepRecorder, Violation};
use serde::Serialize;
use tokio::time::Instant;

use crate::model::{ModelRef, ToolSpec};
use crate::run::EffectOutcome;
use crate::service::admit::Admission;
use crate::service::ending::Ending;
use crate::service::engine::Engine;
use crate::service::leash::Leash;
use crate::service::plan::Plan;
use crate::service::purse::{Purse, Tally};
use crate::service::request::TaskPlan;
use crate::service::sink::Sink;
use crate::service::window::tokens_of_chars;

/// A model call that has not come back: charged by estimate if it never does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InFlight {
    pub(crate) price: ModelPrice,
    pub(crate) input_tokens: u64,
    pub(crate) output_chars: usize,
    pub(crate) started_at: Timestamp,
    pub(crate) started: Instant,
    pub(crate) attempt: u32,
}

/// A tool call that was allowed and has not come back.
#[derive(Debug, Clone)]
pub(crate) struct OpenEffect {
    pub(crate) decision: DecisionId,
    /// The tool's name, redacted.
    pub(crate) tool: String,
}

/// The state of a run.
pub(crate) struct Session<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) plan: Plan,
    pub(crate) admission: Admission,
    pub(crate) sink: Sink,
    pub(crate) leash: Leash,
    pub(crate) steps: StepRecorder,
    pub(crate) violations: Vec<Violation>,
    pub(crate) tally: Tally,
    pub(crate) purse: Purse,
    pub(crate) in_flight: Option<InFlight>,
    pub(crate) open_effect: Option<OpenEffect>,
    /// What the agent has said, over all model calls, with tokens where the provider was given tokens.
    pub(crate) text: String,
    /// The way of that to the caller.
    pub(crate) told: Told,
    /// Where the current model call's part of `text` begins.
    pub(crate) call_start: usize,
    /// Everything that the backend offers.
    pub(crate) offered: Vec<ToolSpec>,
    pub(crate) steps_used: u32,
    pub(crate) tool_calls: u32,
    /// What was done: `llm`, `tool:<name>`.
    pub(crate) used: Vec<String>,
    pub(crate) task: TaskPlan,
    pub(crate) failed_over: bool,
    pub(crate) model: ModelRef,
    pub(crate) scripted: bool,
    pub(crate) finish_reason: &'static str,
}

#[derive(Serialize)]
struct EffectDetail<'a> {
    execution_id: String,
    decision_id: String,
    tool: &'a str,
    success: bool,
    reason: Option<&'a str>,
}

impl<'e> Session<'e> {
    pub(crate) fn new(
        engine: &'e Engine,
        plan: Plan,
        admission: Admission,
        sink: Sink,
        leash: Leash,
    ) -> Self {
        let purse = Purse {
            held: admission.hold,
            limited: admission.grant.limits.max_cost_usd.is_some(),
            capped: admission.hold < plan.opening.ask.full,
        };
        Self {
            engine,
            told: plan.mask.tell(plan.may_see()),
            task: plan.task.clone(),
            model: plan.request.model.clone(),
            plan,
            admission,
            sink,
            leash,
            steps: StepRecorder::default(),
            violations: Vec::new(),
            tally: Tally::default(),
            purse,
            in_flight: None,
            open_effect: None,
            text: String::new(),
            call_start: 0,
            offered: Vec::new(),
            steps_used: 0,
            tool_calls: 0,
            used: Vec::new(),
            failed_over: false,
            scripted: false,
            finish_reason: "",
        }
    }

    pub(crate) const fn steps_left(&self) -> u32 {
        self.admission
            .grant
            .limits
            .max_steps
            .saturating_sub(self.steps_used)
    }

    pub(crate) fn did(&mut self, capability: &str) {
        if !self.used.iter().any(|known| known == capability) {
            self.used.push(capability.to_owned());
        }
    }

    pub(crate) fn violation(&mut self, kind: &str, message: &str) {
        if self.violations.iter().any(|known| known.kind == kind) {
            return;
        }
        self.violations.push(Violation {
            kind: kind.to_owned(),
            message: message.to_owned(),
            timestamp: self.engine.now(),
        });
    }

    pub(crate) fn trouble(&mut self, code: &str, message: &str, recoverable: bool) {
        let data = StepData::Error {
            code: code.to_owned(),
            message: message.to_owned(),
            recoverable,
        };
        self.steps.push(self.engine.now(), 0, data);
    }

    /// Records a model call and adds it to the bill.
    pub(crate) fn bill(
        &mut self,
        call: &InFlight,
        usage: crate::model::TokenUsage,
        estimated: bool,
        finish_reason: &str,
        has_tool_calls: bool,
    ) {
        let cost = call
            .price
            .cost(usage.input_tokens, usage.output_tokens)
            .unwrap_or_default();
        self.tally.add(usage, cost, estimated);
        let model = &self.plan.request.model;
        let data = StepData::LlmCall {
            model: model.model.clone(),
            provider: model.provider.clone(),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_usd: cost.total.to_string(),
            has_tool_calls,
            finish_reason: finish_reason.to_owned(),
            attempt: call.attempt,
        };
        self.steps
            .push(call.started_at, millis(call.started.elapsed()), data);
        self.did("llm");
    }

    /// A model call will not come back: bills what it may have used.
    pub(crate) fn bill_lost_call(&mut self, finish_reason: &str) {
        if let Some(call) = self.in_flight.take() {
            let usage = crate::model::TokenUsage {
                input_tokens: call.input_tokens,
                output_tokens: tokens_of_chars(call.output_chars),
            };
            self.bill(&call, usage, true, finish_reason, false);
        }
    }

    /// Records what came of the tool call under way.
    pub(crate) async fn close_effect(
        &mut self,
        success: bool,
        reason: Option<&'static str>,
    ) -> Result<(), Ending> {
        let Some(effect) = self.open_effect.take() else {
            return Ok(());
        };
        let now = self.engine.now();
        let facts = &self.plan.facts;
        let event = if success {
            AuditEvent::ToolCallSucceeded
        } else {
            AuditEvent::ToolCallFailed
        };
        let detail = EffectDetail {
            execution_id: facts.execution.to_string(),
            decision_id: effect.decision.to_string(),
            tool: &effect.tool,
            success,
            reason,
        };
        let target = format!("tool:{}", effect.tool);
        let outcome = EffectOutcome {
            scope: facts.scope.clone(),
            decision: effect.decision,
            success,
            entry: facts.entry(&*self.engine.deps.ids, event, target, &detail, now)?,
            now,
        };
        let runs = &self.engine.deps.runs;
        let (written, _) = self
            .engine
            .persist(|| runs.record_effect(outcome.clone()))
            .await;
        Ok(written?)
    }
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
