//! A report: what an executor sends, and the same once it is checked.

use clasper_core::{
    AdapterId, AuditEntryId, ExecutionKey, Sha256Digest, TenantId, Timestamp, TraceId, Usd,
    WorkspaceId,
};
use serde_json::Value;

use crate::envelope::SignedPart;
use crate::trace::ReportedTrace;

/// The five kinds of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// What was done, step by step.
    Trace,
    /// Something that happened.
    Audit,
    /// What it cost.
    Cost,
    /// Steps and time.
    Metrics,
    /// Something that went against the rules.
    Violations,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Trace,
        Self::Audit,
        Self::Cost,
        Self::Metrics,
        Self::Violations,
    ];

    /// Its name on the wire, which is the last part of its route.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Audit => "audit",
            Self::Cost => "cost",
            Self::Metrics => "metrics",
            Self::Violations => "violations",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditReport {
    /// The adapter's name for it.
    pub event_type: String,
    /// A sentence.
    pub message: Option<String>,
    /// Particulars.
    pub data: Option<Value>,
    /// When.
    pub occurred_at: Option<Timestamp>,
}

/// What something cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostReport {
    /// Money.
    pub cost: Usd,
    /// Tokens of the prompts.
    pub input_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// The model.
    pub model: Option<String>,
    /// Its provider.
    pub provider: Option<String>,
    /// When.
    pub recorded_at: Timestamp,
}

/// Steps and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsReport {
    /// Steps taken.
    pub step_count: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// When.
    pub recorded_at: Timestamp,
}

/// Something that went against the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct ViolationReport {
    /// The adapter's name for it.
    pub violation_type: String,
    /// A sentence.
    pub message: String,
    /// Particulars.
    pub data: Option<Value>,
    /// When.
    pub occurred_at: Timestamp,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// What was done.
    Trace(Box<ReportedTrace>),
    /// Something that happened.
    Audit(AuditReport),
    /// What it cost.
    Cost(CostReport),
    /// Steps and time.
    Metrics(MetricsReport),
    /// Something that went against the rules.
    Violation(ViolationReport),
}

impl Body {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ReportKind {
        match self {
            Self::Trace(_) => ReportKind::Trace,
            Self::Audit(_) => ReportKind::Audit,
            Self::Cost(_) => ReportKind::Cost,
            Self::Metrics(_) => ReportKind::Metrics,
            Self::Violation(_) => ReportKind::Violations,
        }
    }
}

/// What an executor sends.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The tenant it names, which has to be its credential's.
    pub tenant: TenantId,
    /// The workspace it names, which has to be its credential's.
    pub workspace: WorkspaceId,
    /// The adapter it names, which has to be its credential's.
    pub adapter: AdapterId,
    /// Its name for the execution.
    pub execution: ExecutionKey,
    /// The trace.
    pub trace: TraceId,
    /// Its id for this event; without one the event is recognised by its execution and kind.
    pub event_id: Option<String>,
    /// The hash of the report's canonical JSON.
    pub content: Sha256Digest,
    /// What it says.
    pub body: Body,
    /// The envelope that it came in, when it was signed.
    pub signed: Option<SignedPart>,
}

impl Submission {
    /// By which the event is recognised when it comes again, within its tenant and adapter.
    ///
    /// Events and violations of one type may come often, so that without an id of their own their content tells them apart;
    /// of traces, costs and metrics there is one per execution, and another one needs an id.
    #[must_use]
    pub fn event_key(&self) -> String {
        if let Some(id) = &self.event_id {
            return format!("id/{id}");
        }
        let (execution, kind) = (&self.execution, self.body.kind().name());
        match self.body.kind() {
            ReportKind::Audit | ReportKind::Violations => {
                format!("{kind}/{execution}/{}", self.content)
            }
            _ => format!("{kind}/{execution}"),
        }
    }
}

/// The key that signed a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The key's id.
    pub key_id: String,
    /// The version of the adapter that signed.
    pub adapter_version: String,
}

/// A report that was checked and redacted.
#[derive(Debug, Clone)]
pub struct Report {
    /// By which it is recognised when it comes again.
    pub key: String,
    /// The hash of its canonical JSON.
    pub content: Sha256Digest,
    /// The adapter's name for the execution.
    pub execution: ExecutionKey,
    /// The trace.
    pub trace: TraceId,
    /// The key that signed it.
    pub signed_by: Option<SignedBy>,
    /// What it says, redacted.
    pub body: Body,
    /// Id of its audit entry.
    pub entry: AuditEntryId,
}
