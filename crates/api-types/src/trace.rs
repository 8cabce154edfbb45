//! Traces: the records of executions.

use std::collections::BTreeMap;

use clasper_core::{
    AdapterId, DecisionId, ExecutionId, ExecutionKey, TenantId, TraceId, UserId, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{Amount, DateOrTime, TraceStorageMode, WireTime};

/// Which traces to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TraceQuery {
    /// Of this workspace only.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "default")]
    pub workspace_id: Option<WorkspaceId>,
    /// Of agents with this role only.
    #[serde(default)]
    #[param(example = "lead")]
    pub agent_role: Option<String>,
    /// From there only: governed here, or sent over OTLP.
    #[serde(default)]
    #[param(inline)]
    pub source: Option<TraceSourceView>,
    /// That ended like this only.
    #[serde(default)]
    #[param(inline)]
    pub status: Option<TraceStatus>,
    /// Started then or later: a time with its zone, or a date in UTC.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-20")]
    pub start_date: Option<DateOrTime>,
    /// Started then or earlier; a date includes its whole day.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-20T10:03:16Z")]
    pub end_date: Option<DateOrTime>,
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceStatus {
    /// With an answer.
    Completed,
    /// Without one.
    Failed,
    /// Refused before it started.
    Denied,
    /// The caller went away.
    Cancelled,
    /// The process died; recovery closed it.
    Interrupted,
}

/// Whether the steps' hashes belong to their contents. Anyone can compute these hashes: they show damage, not authorship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntegrityStatus {
    /// Every hash fits.
    HashConsistent,
    /// A step was changed, or one is missing.
    Compromised,
    /// There are no steps.
    NoSteps,
    /// No step has a hash.
    NoHashes,
    /// Retention left out what the hashes are over. Those of the steps are kept, to compare with a copy.
    TextsLeftOut,
}

/// What retention left out of a trace when it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReducedTraceView {
    /// How much of it is kept: `summary` or `minimal`.
    pub storage_mode: TraceStorageMode,
    /// SHA-256 of the text that would have been stored of the whole trace.
    pub whole_hash: String,
    /// SHA-256 of the message; absent with `minimal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_hash: Option<String>,
    /// SHA-256 of the answer; absent without one, and with `minimal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_hash: Option<String>,
}

/// How far a reported trace can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceTrust {
    /// Its hashes contradict its steps.
    Compromised,
    /// Nothing speaks for it but the credential that it came with.
    Unverified,
    /// Its steps belong together; anybody could have computed that.
    HashConsistent,
    /// The same, and something in it was beyond its grant.
    HashConsistentWithViolations,
    /// It was signed by a key that an operator has set for its adapter.
    Signed,
    /// The same, and something in it was beyond its grant.
    SignedWithViolations,
}

/// Who reported a trace, when it did not run here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedView {
    /// The adapter.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// Its name for the execution.
    #[schema(value_type = String)]
    pub execution_id: ExecutionKey,
    /// How far the trace can be believed.
    pub trust_status: TraceTrust,
    /// The key that signed the report; null when none did.
    #[schema(required)]
    pub signed_by: Option<String>,
    /// What is wrong with the hashes of the steps.
    pub integrity_failures: Vec<String>,
    /// When that was checked.
    pub integrity_checked_at: WireTime,
}

/// What an execution was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceInputView {
    /// The message, redacted.
    pub message: String,
    /// How many messages of history came with it.
    pub message_history: u32,
}

/// What an execution answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceOutputView {
    /// The answer, redacted.
    pub message: String,
}

/// What an execution used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceUsageView {
    /// Tokens of the prompts.
    pub input_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// US dollars.
    pub total_cost: Amount,
    /// Whether a part was estimated because the provider did not say.
    pub estimated: bool,
}

/// What was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GrantedScopeView {
    /// What might be done.
    pub capabilities: Vec<String>,
    /// Most steps.
    pub max_steps: u32,
    /// Most money; null when it was not limited.
    #[schema(required)]
    pub max_cost: Option<Amount>,
}

/// What was used of the grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedScopeView {
    /// What was done.
    pub capabilities: Vec<String>,
    /// Steps taken.
    pub step_count: u32,
    /// Money spent.
    pub actual_cost: Amount,
}

/// Something that went beyond the grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ViolationView {
    /// A stable code.
    pub r#type: String,
    /// A sentence.
    pub message: String,
    /// When it was noticed.
    pub timestamp: WireTime,
}

/// One step, linked to the one before by its hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceStepView {
    /// Its number as text, counted from 0.
    #[schema(example = "0")]
    pub step_id: String,
    /// `llm_call`, `tool_call`, `tool_result`, `error`, …
    #[schema(example = "llm_call")]
    pub r#type: String,
    /// When it began.
    pub timestamp: WireTime,
    /// How long it took.
    pub duration_ms: u64,
    /// What happened, by type.
    #[schema(value_type = Object)]
    pub data: Value,
    /// Hash of the step before; null on the first.
    #[schema(required)]
    pub prev_step_hash: Option<String>,
    /// `sha256:` and hexadecimal digits, over the canonical JSON of the rest.
    pub step_hash: String,
}

/// Where a trace comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceSourceView {
    /// An execution that was governed here.
    #[default]
    Run,
    /// Spans that foreign instrumentation sent over OTLP. Nobody here decided it, and it grows with its spans.
    Otlp,
}

/// The record of one execution. Its steps are there when it is read alone, and left out in lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
    "tenant_id": "acme",
    "workspace_id": "default",
    "execution_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12",
    "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c13",
    "source": "run",
    "user_id": "42",
    "agent_role": "lead",
    "status": "completed",
    "started_at": "2026-11-20T10:03:16.397Z",
    "completed_at": "2026-11-20T10:03:17.640Z",
    "duration_ms": 1243,
    "workspace_hash": "sha256:1f0d…",
    "skill_versions": {},
    "model": "gpt-4o-mini",
    "provider": "openai",
    "scripted": false,
    "input": {"message": "What is left to do this week?", "message_history": 2},
    "output": {"message": "Three things are left: …"},
    "usage": {"input_tokens": 1250, "output_tokens": 150, "total_cost": 0.000_277_5, "estimated": false},
    "cost_usd": "0.0002775",
    "granted_scope": {"capabilities": ["llm"], "max_steps": 16, "max_cost": 0.01},
    "used_scope": {"capabilities": ["llm"], "step_count": 1, "actual_cost": 0.000_277_5},
    "violations": [],
    "error": null,
    "redactions": {},
    "labels": {},
    "task_id": "task-7",
    "steps": [{
        "step_id": "0",
        "type": "llm_call",
        "timestamp": "2026-11-20T10:03:16.401Z",
        "duration_ms": 1230,
        "data": {
            "model": "gpt-4o-mini", "provider": "openai", "input_tokens": 1250, "output_tokens": 150,
            "cost_usd": "0.0002775", "has_tool_calls": false, "finish_reason": "stop", "attempt": 1
        },
        "prev_step_hash": null,
        "step_hash": "sha256:af94…"
    }],
    "integrity_status": "hash_consistent"
}))]
pub struct TraceView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: TraceId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// The workspace.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
    /// The execution.
    #[schema(value_type = String, format = Uuid)]
    pub execution_id: ExecutionId,
    /// The decision that let it run, or did not; null when an adapter reports what nobody decided.
    #[schema(required, value_type = Option<String>, format = Uuid)]
    pub decision_id: Option<DecisionId>,
    /// Who reported it, when it did not run here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<ReportedView>,
    /// Where it comes from.
    #[serde(default)]
    pub source: TraceSourceView,
    /// The user it was for.
    #[schema(required, value_type = Option<String>)]
    pub user_id: Option<UserId>,
    /// The agent's role.
    pub agent_role: String,
    /// How it ended.
    pub status: TraceStatus,
    /// When it began.
    pub started_at: WireTime,
    /// When it ended.
    pub completed_at: WireTime,
    /// How long it took.
    pub duration_ms: u64,
    /// Content hash of the workspace that the prompt was built from.
    pub workspace_hash: String,
    /// Skills in the prompt, with their versions.
    pub skill_versions: BTreeMap<String, String>,
    /// The model.
    pub model: String,
    /// Its provider.
    pub provider: String,
    /// Whether the answer was scripted offline instead of made by a model.
    pub scripted: bool,
    /// What was asked.
    pub input: TraceInputView,
    /// What was answered; null without an answer.
    #[schema(required)]
    pub output: Option<TraceOutputView>,
    /// What it used.
    pub usage: TraceUsageView,
    /// What it cost, as a decimal string.
    pub cost_usd: String,
    /// What was granted.
    pub granted_scope: GrantedScopeView,
    /// What was used of the grant.
    pub used_scope: UsedScopeView,
    /// What went beyond the grant.
    pub violations: Vec<ViolationView>,
    /// The reason code when it did not complete.
    #[schema(required)]
    pub error: Option<String>,
    /// Kinds of personal data and secrets that were masked, and how many of each.
    pub redactions: BTreeMap<String, u32>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The backend's task.
    #[schema(required)]
    pub task_id: Option<String>,
    /// The document it worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
    /// The message it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// What retention left out of it; absent when it is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduced: Option<ReducedTraceView>,
    /// What happened, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<TraceStepView>>,
    /// Whether the steps' hashes belong to their contents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrity_status: Option<IntegrityStatus>,
}

/// A trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceReply {
    /// The trace, with its steps.
    pub trace: TraceView,
}

/// A page of traces, newest started first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceList {
    /// The traces, without their steps: `GET /traces/{id}` has them.
    pub traces: Vec<TraceView>,
    /// How many traces there are on all pages together, those that retention has dropped left out.
    pub total: u64,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// How many there are at most on a page.
    pub limit: u32,
    /// How many were skipped by `offset`.
    pub offset: u64,
}
