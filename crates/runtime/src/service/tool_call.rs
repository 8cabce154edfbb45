//! One tool call: judged, decided, recorded, made, and its outcome recorded.

use clasper_core::{AuditEvent, DecisionId, GrantId, Sha256Digest};
use clasper_governance::{Action, Decision, Effect, Grant, GrantLimits, Intent, Reason};
use clasper_tracing::StepData;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;
use tracing::Instrument;

use crate::backend::ToolAnswer;
use crate::model::ToolCallRequest;
use crate::run::{EffectDecision, Recorded};
use crate::service::ending::Ending;
use crate::service::judge::Judged;
use crate::service::mask::shortened;
use crate::service::plan::later;
use crate::service::session::{OpenEffect, Session, millis};

/// Seconds that a tool call may take; the backend's client keeps to it.
const TOOL_SECONDS: u64 = 30;
/// Most bytes of a tool's name or a call's id that are recorded.
const MAX_NAME_BYTES: usize = 200;

/// What executes when a tool is called.
#[derive(Serialize)]
struct ToolEffect<'a> {
    tool: &'static str,
    name: &'a str,
    arguments: &'a Value,
    execution: String,
    call: &'a str,
    index: u32,
}

#[derive(Serialize)]
struct ToolDetail<'a> {
    execution_id: String,
    decision_id: String,
    decision_hash: Sha256Digest,
    grant_id: Option<String>,
    intent_hash: String,
    tool: &'a str,
    effect: &'static str,
    reason: &'static str,
    policy_bundle_hash: String,
}

impl Session<'_> {
    /// Answers one tool call of the model. Returns the text that the model is given.
    pub(crate) async fn use_tool(&mut self, said: &ToolCallRequest) -> Result<String, Ending> {
        let index = self.tool_calls;
        self.tool_calls += 1;
        let started_at = self.engine.now();
        // What is decided about and executed is the call with its values; what is stored is the one that was said.
        let call = &self.plan.mask.meant(said);
        let name = self.plan.mask.text(&shortened(&call.name, MAX_NAME_BYTES));
        let judged = self.judge(call, &name).await?;
        let intent = self.tool_intent(call, index)?;
        let (decision, grant) = self.decide(intent, &judged, &name);
        let permitted = grant.is_some();
        let step = StepData::ToolCall {
            tool_call_id: self.plan.mask.text(&shortened(&call.id, MAX_NAME_BYTES)),
            tool_name: name.clone(),
            arguments: self.plan.mask.json(&said.arguments),
            permitted,
            permission_reason: judged.reason.code().to_owned(),
            decision_id: decision.id.to_string(),
        };
        let id = decision.id;
        self.plan.mask.check()?;
        self.record_decision(decision, grant.clone(), &name).await?;
        self.steps.push(started_at, 0, step);
        let Some(grant) = grant else {
            if judged.reason == Reason::StepLimit {
                self.violation(
                    "step_limit",
                    "the model asked for more tool calls than the run has steps",
                );
            }
            let advice = self.plan.mask.for_model(&judged.advice);
            return Ok(format!("refused ({}): {advice}", judged.reason.code()));
        };
        // What is sent is hashed again: the grant is for these arguments and no others.
        if !grant.covers(&self.tool_intent(call, index)?, self.engine.now()) {
            return Err(Ending::Grant);
        }
        self.steps_used += 1;
        self.did(&format!("tool:{name}"));
        self.open_effect = Some(OpenEffect {
            decision: id,
            tool: name.clone(),
        });
        self.make_call(call, index, name).await
    }

    /// Makes an allowed call and records what came of it.
    async fn make_call(
        &mut self,
        call: &ToolCallRequest,
        index: u32,
        name: String,
    ) -> Result<String, Ending> {
        let (started_at, started) = (self.engine.now(), Instant::now());
        let span = tracing::info_span!(
            "execute_tool",
            otel.name = %format!("execute_tool {name}"),
            gen_ai.operation.name = "execute_tool",
            gen_ai.tool.name = %name,
        );
        let (backend, agent) = (&self.engine.deps.backend, &self.plan.facts.agent);
        let key = format!("{}:{index}", self.plan.facts.execution);
        let work = backend.call_tool(agent, &call.name, &call.arguments, &key);
        let answer = self.leash.hold(work.instrument(span)).await?;
        let (result, error, told, reason) = match answer {
            Ok(ToolAnswer::Result(value)) => {
                let told = self.plan.mask.result_for_model(&value);
                (Some(self.plan.mask.json(&value)), None, told, None)
            }
            Ok(ToolAnswer::Failed(text)) => {
                let told = format!("error: {}", self.plan.mask.for_model(&text));
                (
                    None,
                    Some(self.plan.mask.long_text(&text)),
                    told,
                    Some("tool_failed"),
                )
            }
            Err(error) => {
                let text = error.to_string();
                let told = format!("error: {text}");
                (None, Some(text), told, Some("backend_failed"))
            }
        };
        let step = StepData::ToolResult {
            tool_call_id: self.plan.mask.text(&shortened(&call.id, MAX_NAME_BYTES)),
            tool_name: name,
            success: reason.is_none(),
            result,
            error,
        };
        self.steps.push(started_at, millis(started.elapsed()), step);
        self.close_effect(reason.is_none(), reason).await?;
        Ok(told)
    }

    fn tool_intent(&self, call: &ToolCallRequest, index: u32) -> Result<Intent, Ending> {
        Ok(Intent::of(
            Action::ToolCall,
            &ToolEffect {
                tool: "backend",
                name: &call.name,
                arguments: &call.arguments,
                execution: self.plan.facts.execution.to_string(),
                call: &call.id,
                index,
            },
        )?)
    }

    fn decide(&self, intent: Intent, judged: &Judged, name: &str) -> (Decision, Option<Grant>) {
        let (ids, now) = (&*self.engine.deps.ids, self.engine.now());
        let permitted = judged.reason == Reason::Permitted;
        let decision = Decision {
            id: DecisionId::generate(ids),
            execution: self.plan.facts.execution,
            intent,
            effect: if permitted {
                Effect::Allow
            } else {
                Effect::Deny
            },
            reason: judged.reason,
            matched_policies: judged.policy.matched.clone(),
            policy_bundle_hash: judged.policy.bundle_hash,
            inputs: judged.inputs.clone(),
            decided_at: now,
        };
        let grant = permitted.then(|| Grant {
            id: GrantId::generate(ids),
            decision: decision.id,
            intent_hash: intent.hash,
            limits: GrantLimits {
                capabilities: vec![format!("tool:{name}")],
                max_steps: 1,
                max_cost_usd: None,
                max_seconds: TOOL_SECONDS,
            },
            expires_at: later(now, self.engine.config.grant_ttl),
        });
        (decision, grant)
    }

    async fn record_decision(
        &mut self,
        decision: Decision,
        grant: Option<Grant>,
        name: &str,
    ) -> Result<(), Ending> {
        let facts = &self.plan.facts;
        let event = if grant.is_some() {
            AuditEvent::ToolAuthorizationGranted
        } else {
            AuditEvent::ToolAuthorizationDenied
        };
        let detail = ToolDetail {
            execution_id: facts.execution.to_string(),
            decision_id: decision.id.to_string(),
            decision_hash: decision.hash(grant.as_ref())?,
            grant_id: grant.as_ref().map(|g| g.id.to_string()),
            intent_hash: decision.intent.hash.to_string(),
            tool: name,
            effect: decision.effect.name(),
            reason: decision.reason.code(),
            policy_bundle_hash: decision.policy_bundle_hash.to_string(),
        };
        let (ids, now) = (&*self.engine.deps.ids, decision.decided_at);
        let effect = EffectDecision {
            scope: facts.scope.clone(),
            execution: facts.execution,
            entry: facts.entry(ids, event, format!("tool:{name}"), &detail, now)?,
            decision,
            grant,
        };
        match self.engine.deps.runs.decide_effect(effect).await? {
            Recorded::Recorded => Ok(()),
            Recorded::Closed => Err(Ending::Closed),
        }
    }
}
