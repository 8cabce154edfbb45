//! The trace: the whole record of one execution.

use std::collections::BTreeMap;

use clasper_core::{
    DecisionId, ExecutionId, TenantId, Timestamp, TraceId, Usd, UserId, WorkspaceId,
};
use serde::{Deserialize, Serialize};

use crate::reduced::Reduced;
use crate::reported::Reported;
use crate::step::Step;
use crate::store::EntityKind;

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
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

impl RunStatus {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What was granted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GrantedScope {
    /// What might be done.
    pub capabilities: Vec<String>,
    /// Most steps.
    pub max_steps: u32,
    /// Most money, when limited.
    pub max_cost_usd: Option<Usd>,
}

/// What was used of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UsedScope {
    /// What was done.
    pub capabilities: Vec<String>,
    /// Steps taken.
    pub step_count: u32,
    /// Money spent.
    pub actual_cost_usd: Usd,
}

/// Something that went beyond the grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// A stable code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A sentence.
    pub message: String,
    /// When it was noticed.
    pub timestamp: Timestamp,
}

/// Tokens and money of the whole execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TraceCost {
    /// Tokens of all prompts.
    pub input_tokens: u64,
    /// Tokens of all answers.
    pub output_tokens: u64,
    /// Money.
    pub total_cost_usd: Usd,
    /// Whether a part was estimated because the provider did not say.
    pub estimated: bool,
}

/// Where a trace comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceSource {
    /// It was written by the settlement of an execution.
    #[default]
    Run,
    /// It is made of spans that foreign instrumentation sends, and grows with them.
    Otlp,
}

impl TraceSource {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Otlp => "otlp",
        }
    }

    /// Whether it was written here.
    #[must_use]
    pub const fn is_run(&self) -> bool {
        matches!(self, Self::Run)
    }
}

/// The record of one execution. Every text in it is redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Its id.
    pub id: TraceId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The execution.
    pub execution: ExecutionId,
    /// The decision that let it run, or did not. The nil id when an executor reports what nobody decided
    /// ([`Trace::known_decision`]).
    pub decision: DecisionId,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "TraceSource::is_run")]
    pub source: TraceSource,
    /// Who reported it, when it did not run here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Reported>,
    /// The user it was for.
    pub user: Option<UserId>,
    /// The agent's role.
    pub agent_role: String,
    /// How it ended.
    pub status: RunStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// Content hash of the workspace the prompt was built from.
    pub workspace_hash: String,
    /// Skills in the prompt, with their versions.
    pub skill_versions: BTreeMap<String, String>,
    /// The model.
    pub model: String,
    /// Its provider.
    pub provider: String,
    /// Whether the answer was scripted offline.
    pub scripted: bool,
    /// The message, redacted.
    pub input_message: String,
    /// How many messages of history came with it.
    pub input_history: u32,
    /// The answer, redacted.
    pub output_message: Option<String>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// What it used.
    pub usage: TraceCost,
    /// What was granted.
    pub granted_scope: GrantedScope,
    /// What was used of it.
    pub used_scope: UsedScope,
    /// What went beyond it.
    pub violations: Vec<Violation>,
    /// The reason code when it did not complete.
    pub error: Option<String>,
    /// Kinds of personal data and secrets that were masked, and how many of each.
    pub redactions: BTreeMap<String, u32>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The backend's task.
    pub task_id: Option<String>,
    /// The document it worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
    /// The message it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// What retention left out of it; absent when it is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduced: Option<Reduced>,
}

impl Trace {
    /// What it is linked to in the tenant's own product.
    pub fn entities(&self) -> impl Iterator<Item = (EntityKind, &str)> {
        let linked = [
            (EntityKind::Task, &self.task_id),
            (EntityKind::Document, &self.document_id),
            (EntityKind::Message, &self.message_id),
        ];
        linked
            .into_iter()
            .filter_map(|(kind, id)| id.as_deref().map(|id| (kind, id)))
    }
}

impl Trace {
    /// The decision; `None` when an executor reports what nobody decided.
    #[must_use]
    pub fn known_decision(&self) -> Option<DecisionId> {
        Some(self.decision).filter(|decision| *decision != DecisionId::from_bytes([0; 16]))
    }
}
