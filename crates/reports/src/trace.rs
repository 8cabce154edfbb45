//! A reported trace: checked, redacted, and made into one of ours.

use std::collections::BTreeMap;

use clasper_core::{DecisionId, ExecutionId, Timestamp, Usd};
use clasper_privacy::Privacy;
use clasper_tracing::{
    GrantedScope, HashStatus, Reported, RunStatus, Step, StepData, StepHashes, Trace, TraceCost,
    TraceSource, UsedScope, Violation, check_reported_steps,
};
use serde_json::{Value, json};

use crate::error::Refusal;
use crate::judgement::{Found, Standing, StandingState};
use crate::report::Report;
use crate::service::Unprepared;
use crate::steps;
use crate::store::ReportBatch;

/// A violation that the adapter lists in its own trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedViolation {
    /// Its name for it.
    pub kind: String,
    /// A sentence.
    pub message: String,
    /// When.
    pub timestamp: Timestamp,
}

/// What an executor did, step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedTrace {
    /// The agent's role.
    pub agent_role: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// Content hash of the workspace.
    pub workspace_hash: Option<String>,
    /// Skills, with their versions.
    pub skill_versions: BTreeMap<String, String>,
    /// The model.
    pub model: String,
    /// Its provider.
    pub provider: String,
    /// What was asked.
    pub input_message: String,
    /// How many messages of history came with it.
    pub input_history: u32,
    /// What was answered.
    pub output_message: Option<String>,
    /// Tokens of the prompts.
    pub input_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// What it cost, as the trace says. Only cost reports are charged.
    pub cost: Usd,
    /// Why it failed.
    pub error: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The backend's task.
    pub task_id: Option<String>,
    /// The backend's document.
    pub document_id: Option<String>,
    /// The backend's message.
    pub message_id: Option<String>,
    /// Steps that it says it used.
    pub used_steps: Option<u64>,
    /// Capabilities that it says it used.
    pub used_capabilities: Vec<String>,
    /// Violations that it lists itself.
    pub violations: Vec<ClaimedViolation>,
    /// The steps as they were sent.
    pub raw_steps: Vec<Value>,
    /// What is made of them when the trace is checked.
    pub checked: CheckedSteps,
}

/// Steps that were checked, redacted and read.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedSteps {
    steps: Vec<Step>,
    hashes: StepHashes,
    redactions: BTreeMap<String, u32>,
}

impl Default for CheckedSteps {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            hashes: StepHashes {
                status: HashStatus::NoSteps,
                failures: Vec::new(),
            },
            redactions: BTreeMap::new(),
        }
    }
}

impl ReportedTrace {
    /// Checks the hashes of the steps as they were sent, takes personal data and secrets out of every text, and reads the
    /// steps.
    pub(crate) fn check(&mut self, privacy: &Privacy) -> Result<(), Unprepared> {
        let mut raw = std::mem::take(&mut self.raw_steps);
        let hashes = check_reported_steps(&raw);
        let mut datas = Vec::with_capacity(raw.len());
        for step in &mut raw {
            datas.push(step.get_mut("data").map_or(Value::Null, Value::take));
        }
        let texts = json!({
            "data": datas, "input": self.input_message, "output": self.output_message, "error": self.error,
            "labels": self.labels,
            "violations": self.violations.iter().map(|v| v.message.as_str()).collect::<Vec<_>>(),
        });
        let (mut texts, counts) = privacy.json(texts)?;
        let mut taken = |name: &str| texts.get_mut(name).map_or(Value::Null, Value::take);
        let text = |value: Value| value.as_str().map(str::to_owned);
        self.input_message = text(taken("input")).unwrap_or_default();
        self.output_message = text(taken("output"));
        self.error = text(taken("error"));
        self.labels = serde_json::from_value(taken("labels")).unwrap_or_default();
        if let Value::Array(messages) = taken("violations") {
            for (claimed, message) in self.violations.iter_mut().zip(messages) {
                claimed.message = text(message).unwrap_or_default();
            }
        }
        let Value::Array(datas) = taken("data") else {
            return Err(Refusal::invalid("/trace/steps", "must be a list").into());
        };
        let mut steps = Vec::with_capacity(raw.len());
        for (i, (mut step, data)) in raw.into_iter().zip(datas).enumerate() {
            if let (Value::Object(members), false) = (&mut step, data.is_null()) {
                members.insert("data".to_owned(), data);
            }
            steps.push(steps::step(step, i)?);
        }
        let counted = counts.iter().map(|(entity, n)| {
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            (entity.name().to_owned(), n)
        });
        self.checked = CheckedSteps {
            steps,
            hashes,
            redactions: counted.collect(),
        };
        Ok(())
    }

    /// Each call of a model or a tool that was made, with the tool.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Option<&str>> {
        self.checked
            .steps
            .iter()
            .filter_map(|step| match &step.data {
                StepData::LlmCall { .. } => Some(None),
                StepData::ToolCall {
                    tool_name,
                    permitted: true,
                    ..
                } => Some(Some(tool_name.as_str())),
                _ => None,
            })
    }

    /// How many steps there are.
    #[must_use]
    pub fn step_count(&self) -> usize {
        self.checked.steps.len()
    }

    /// How the hashes of the steps stand.
    #[must_use]
    pub const fn hashes(&self) -> HashStatus {
        self.checked.hashes.status
    }

    /// The trace as it is stored.
    pub(crate) fn trace(
        &self,
        batch: &ReportBatch,
        report: &Report,
        standing: Option<&Standing>,
        found: &[Found],
        execution: ExecutionId,
    ) -> Trace {
        let calls = self.calls().count();
        let status = match &self.error {
            None => RunStatus::Completed,
            // Nothing was done: it was stopped before.
            Some(_) if calls == 0 && !standing.is_some_and(is_granted) => RunStatus::Denied,
            Some(_) => RunStatus::Failed,
        };
        let none = DecisionId::from_bytes([0; 16]);
        Trace {
            id: report.trace,
            tenant: batch.scope.tenant().clone(),
            workspace: batch.workspace.clone(),
            execution,
            decision: standing.map_or(none, |standing| standing.decision),
            source: TraceSource::Run,
            reported: Some(self.reported(batch, report)),
            user: None,
            agent_role: self.agent_role.clone().unwrap_or_default(),
            status,
            started_at: self.started_at,
            completed_at: self.completed_at,
            duration_ms: self.duration_ms,
            workspace_hash: self.workspace_hash.clone().unwrap_or_default(),
            skill_versions: self.skill_versions.clone(),
            model: self.model.clone(),
            provider: self.provider.clone(),
            scripted: false,
            input_message: self.input_message.clone(),
            input_history: self.input_history,
            output_message: self.output_message.clone(),
            steps: self.steps(standing),
            usage: TraceCost {
                input_tokens: self.input_tokens,
                output_tokens: self.output_tokens,
                total_cost_usd: self.cost,
                estimated: false,
            },
            granted_scope: standing.and_then(granted).unwrap_or_default(),
            used_scope: self.used(calls),
            violations: self.violations(found, batch.now),
            error: self.error.clone(),
            redactions: self.checked.redactions.clone(),
            labels: self.labels(report),
            task_id: self.task_id.clone(),
            document_id: self.document_id.clone(),
            message_id: self.message_id.clone(),
            reduced: None,
        }
    }

    fn reported(&self, batch: &ReportBatch, report: &Report) -> Reported {
        let hashes = &self.checked.hashes;
        Reported {
            adapter: batch.adapter.clone(),
            execution_key: report.execution.clone(),
            signed_by: report.signed_by.as_ref().map(|by| by.key_id.clone()),
            hashes: hashes.status,
            hash_failures: hashes.failures.clone(),
            checked_at: batch.now,
        }
    }

    /// The steps, each tool call with the decision of its execution.
    fn steps(&self, standing: Option<&Standing>) -> Vec<Step> {
        let decision = standing.map(|standing| standing.decision.to_string());
        let mut steps = self.checked.steps.clone();
        for step in &mut steps {
            if let (StepData::ToolCall { decision_id, .. }, Some(own)) = (&mut step.data, &decision)
            {
                decision_id.clone_from(own);
            }
        }
        steps
    }

    fn used(&self, calls: usize) -> UsedScope {
        let mut capabilities = self.used_capabilities.clone();
        capabilities.extend(self.calls().flatten().map(str::to_owned));
        capabilities.sort();
        capabilities.dedup();
        let claimed = self.used_steps.unwrap_or(0);
        let steps = claimed.max(u64::try_from(calls).unwrap_or(u64::MAX));
        UsedScope {
            capabilities,
            step_count: u32::try_from(steps).unwrap_or(u32::MAX),
            actual_cost_usd: self.cost,
        }
    }

    fn violations(&self, found: &[Found], now: Timestamp) -> Vec<Violation> {
        let claimed = self.violations.iter().map(|claimed| Violation {
            kind: claimed.kind.clone(),
            message: claimed.message.clone(),
            timestamp: claimed.timestamp,
        });
        let found = found.iter().map(|found| Violation {
            kind: found.kind.to_owned(),
            message: found.message.clone(),
            timestamp: now,
        });
        claimed.chain(found).collect()
    }

    fn labels(&self, report: &Report) -> BTreeMap<String, String> {
        let mut labels = self.labels.clone();
        labels.insert("execution_id".to_owned(), report.execution.to_string());
        labels
    }
}

const fn is_granted(standing: &Standing) -> bool {
    matches!(standing.state, StandingState::Granted(_))
}

fn granted(standing: &Standing) -> Option<GrantedScope> {
    let StandingState::Granted(grant) = &standing.state else {
        return None;
    };
    Some(GrantedScope {
        capabilities: grant.limits.capabilities.clone(),
        max_steps: grant.limits.max_steps,
        max_cost_usd: grant.limits.max_cost_usd,
    })
}
