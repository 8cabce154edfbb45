//! The audit entry that every write carries, and the hash that links it to its predecessor.

use std::fmt;
use std::str::FromStr;

use crate::canonical::{CanonicalJson, push_text};
use crate::{AuditEntryId, Sha256Digest, TenantId, Timestamp, TraceId, UserId, WorkspaceId};

/// An RFC 9162 (section 2.1.1) leaf hash: SHA-256 over a zero byte and the entry's canonical bytes.
pub type LeafHash = Sha256Digest;

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// What happened. The one place that defines the event types.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum AuditEvent {
            $($(#[$doc])* $variant,)*
        }

        impl AuditEvent {
            /// Every event type.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name under which it is stored and queried.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl FromStr for AuditEvent {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($name => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    };
}

events! {
    /// A run was decided, its money held and its grant consumed.
    AgentExecutionStarted = "agent_execution_started";
    /// A run was refused before it started.
    AgentExecutionDenied = "agent_execution_denied";
    /// A run ended with an answer; its hold was settled.
    AgentExecutionCompleted = "agent_execution_completed";
    /// A run ended without an answer; its hold was settled for what was used, or released.
    AgentExecutionFailed = "agent_execution_failed";
    /// The caller went away; the hold was settled for what was used.
    AgentExecutionCancelled = "agent_execution_cancelled";
    /// A run of a process that died was closed by recovery.
    AgentExecutionRecovered = "agent_execution_recovered";
    /// A run's hold was raised for a further step.
    BudgetHoldExtended = "budget_hold_extended";
    /// A tool call was decided and its grant consumed.
    ToolAuthorizationGranted = "tool_authorization_granted";
    /// A tool call was refused.
    ToolAuthorizationDenied = "tool_authorization_denied";
    /// A token for one call of a tool was used by the adapter that it was given to.
    ToolTokenConsumed = "tool_token_consumed";
    /// An adapter reported the call that a used token was for.
    ToolTokenReported = "tool_token_reported";
    /// A token for one call of a tool ran out of time unused.
    ToolAuthorizationLapsed = "tool_authorization_lapsed";
    /// A tool call returned a result.
    ToolCallSucceeded = "tool_call_succeeded";
    /// A tool call returned an error, or none was received.
    ToolCallFailed = "tool_call_failed";
    /// A message reached the backend.
    DeliverySucceeded = "delivery_succeeded";
    /// The backend refused a message for good; it is kept for an operator.
    DeliveryFailed = "delivery_failed";
    /// A budget was created or changed.
    BudgetChanged = "budget_changed";
    /// Spending passed the alert threshold.
    BudgetWarning = "budget_warning";
    /// Spending passed the limit.
    BudgetExceeded = "budget_exceeded";
    /// A budget's period ended and a new one began.
    BudgetRolledOver = "budget_rolled_over";
    /// A tenant was created.
    TenantCreated = "tenant_created";
    /// An API key was issued.
    ApiKeyCreated = "api_key_created";
    /// An API key was revoked.
    ApiKeyRevoked = "api_key_revoked";
    /// An adapter's execution was decided, its money held and its grant consumed by the claim.
    ExecutionAllowed = "execution_allowed";
    /// An adapter's execution was refused.
    ExecutionDenied = "execution_denied";
    /// An adapter's execution waits for people.
    PolicyDecisionPending = "policy_decision_pending";
    /// Somebody voted on a pending decision without deciding it.
    ApprovalVoteRecorded = "approval_vote_recorded";
    /// A pending decision was approved, denied or withdrawn.
    PolicyDecisionResolved = "policy_decision_resolved";
    /// A pending decision ran out of time.
    PolicyDecisionExpired = "policy_decision_expired";
    /// A pending decision was not answered in time and now needs a higher role.
    PolicyDecisionEscalated = "policy_decision_escalated";
    /// An approval gave a grant.
    ApprovalGrantCreated = "approval_grant_created";
    /// The grant of an approval was consumed by the claim of its effect.
    ApprovalGrantConsumed = "approval_grant_consumed";
    /// A grant ended unused, or its execution reported nothing before it lapsed; its hold was released.
    ExecutionLapsed = "execution_lapsed";
    /// An operator let one execution pass against policy.
    OpsOverrideUsed = "ops_override_used";
    /// A policy was saved.
    PolicySaved = "policy_saved";
    /// A bundle of policies came into force.
    PolicyBundleActivated = "policy_bundle_activated";
    /// A bundle of policies went out of force.
    PolicyBundleDeactivated = "policy_bundle_deactivated";
    /// An adapter was registered or changed what it says of itself.
    AdapterRegistered = "adapter_registered";
    /// An operator changed an adapter.
    AdapterChanged = "adapter_changed";
    /// An adapter was given a key of its own.
    AdapterKeyIssued = "adapter_key_issued";
    /// An adapter's keys were revoked.
    AdapterKeysRevoked = "adapter_keys_revoked";
    /// An adapter reported a trace.
    AdapterTraceIngested = "adapter_trace_ingested";
    /// An adapter reported something that happened.
    AdapterAuditEvent = "adapter_audit_event";
    /// An adapter reported what something cost; it was charged.
    AdapterCostIngested = "adapter_cost_ingested";
    /// An adapter reported steps and time.
    AdapterMetricsIngested = "adapter_metrics_ingested";
    /// An adapter reported a violation.
    AdapterViolationReported = "adapter_violation_reported";
    /// What an adapter reported goes beyond what was granted, or was never granted.
    GrantViolated = "grant_violated";
    /// An adapter sent reports without a signature.
    AdapterTelemetryUnsigned = "adapter_telemetry_unsigned";
    /// A signed report was refused: it cannot be verified.
    AdapterTelemetrySignatureInvalid = "adapter_telemetry_signature_invalid";
    /// An operator set the key by which an adapter's reports are verified.
    TelemetryKeySet = "telemetry_key_set";
    /// An operator revoked keys by which an adapter's reports were verified.
    TelemetryKeysRevoked = "telemetry_keys_revoked";
    /// An endpoint of webhooks was set up.
    WebhookCreated = "webhook_created";
    /// An endpoint of webhooks was changed by an operator.
    WebhookChanged = "webhook_changed";
    /// An endpoint of webhooks was removed.
    WebhookRemoved = "webhook_removed";
    /// An endpoint of webhooks was switched off because nothing arrived there.
    WebhookDisabled = "webhook_disabled";
    /// An endpoint of webhooks was sent a message that reports nothing.
    WebhookTested = "webhook_tested";
    /// An endpoint of webhooks was given another key.
    WebhookKeyRotated = "webhook_key_rotated";
    /// A message to an endpoint was asked for again.
    WebhookRedelivered = "webhook_redelivered";
    /// Labels of a trace were set or taken away.
    TraceLabelled = "trace_labelled";
    /// Spans of foreign instrumentation were kept.
    SpansIngested = "spans_ingested";
    /// A trace was annotated.
    TraceAnnotated = "trace_annotated";
    /// A price of the tenant's own was set.
    PriceChanged = "price_changed";
    /// The tenant's redaction was changed.
    RedactionChanged = "redaction_changed";
    /// How long the tenant's traces are kept, or how much of them, was changed.
    RetentionChanged = "retention_changed";
    /// Traces were dropped: they were past their days.
    TracesDropped = "traces_dropped";
    /// Somebody read the values behind the tokens of a trace.
    RawTextRead = "raw_text_read";
    /// A bundle of the log was asked for.
    ExportRequested = "export_requested";
    /// A bundle of the log was made.
    ExportCompleted = "export_completed";
    /// A bundle of the log could not be made.
    ExportFailed = "export_failed";
    /// A bundle of the log was called off or removed.
    ExportCancelled = "export_cancelled";
    /// A bundle of the log was handed out.
    ExportDownloaded = "export_downloaded";
    /// A bundle of the log had its time and was removed.
    ExportExpired = "export_expired";
    /// Credentials were refused since the entry before; counted, not one by one.
    AuthFailure = "auth_failure";
    /// Requests were turned away because their credential made too many; counted, not one by one.
    RateLimitExceeded = "rate_limit_exceeded";
    /// A server process started.
    SystemStartup = "system_startup";
    /// A server process stopped in good order.
    SystemShutdown = "system_shutdown";
    /// The server's configuration is another one than at the start before.
    ConfigChange = "config_change";
}

impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a write says of itself: the reason that is stored with it. The store gives it its place in the tenant's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// The tenant whose log it belongs to.
    pub tenant: TenantId,
    /// The workspace concerned, when there is one.
    pub workspace: Option<WorkspaceId>,
    /// The trace concerned, when there is one.
    pub trace: Option<TraceId>,
    /// The user concerned, when there is one.
    pub user: Option<UserId>,
    /// Who acted ([`crate::Principal::actor`]).
    pub actor: String,
    /// What happened.
    pub event: AuditEvent,
    /// What it happened to, as `kind:id`.
    pub target: Option<String>,
    /// Particulars: a canonical JSON object, redacted.
    pub detail: CanonicalJson,
    /// When.
    pub occurred_at: Timestamp,
}

/// The end of a tenant's log: the sequence number and leaf hash of its newest entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// Sequence number of the newest entry; 0 when there is none.
    pub seq: i64,
    /// Leaf hash of the newest entry; `None` when there is none.
    pub hash: Option<LeafHash>,
}

impl ChainHead {
    /// The head of a log without entries.
    pub const EMPTY: Self = Self { seq: 0, hash: None };

    /// Gives `entry` the next place after this head.
    #[must_use]
    pub fn append(self, entry: AuditEntry) -> LoggedEntry {
        let (seq, prev_hash) = (self.seq + 1, self.hash);
        let leaf_hash = leaf_hash(&entry, seq, prev_hash);
        LoggedEntry {
            entry,
            seq,
            prev_hash,
            leaf_hash,
        }
    }
}

/// An entry in its place in the tenant's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEntry {
    /// What was said.
    pub entry: AuditEntry,
    /// Its place, counted from 1 without gaps.
    pub seq: i64,
    /// The leaf hash of the entry before it.
    pub prev_hash: Option<LeafHash>,
    /// Its own leaf hash, over every column and `prev_hash`.
    pub leaf_hash: LeafHash,
}

impl LoggedEntry {
    /// The log's head after this entry.
    #[must_use]
    pub const fn head(&self) -> ChainHead {
        ChainHead {
            seq: self.seq,
            hash: Some(self.leaf_hash),
        }
    }

    /// The canonical bytes under the leaf hash.
    #[must_use]
    pub fn leaf_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push_leaf(&mut out, &self.entry, self.seq, self.prev_hash);
        out
    }

    /// Whether the leaf hash belongs to the columns.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        leaf_hash(&self.entry, self.seq, self.prev_hash) == self.leaf_hash
    }
}

fn leaf_hash(entry: &AuditEntry, seq: i64, prev_hash: Option<LeafHash>) -> LeafHash {
    let mut input = Vec::with_capacity(768 + entry.detail.as_str().len());
    input.push(0);
    push_leaf(&mut input, entry, seq, prev_hash);
    Sha256Digest::of(&input)
}

/// The entry as canonical JSON, members in RFC 8785 order. Written by hand because `detail` already is canonical text
/// and this runs once per write inside the writer.
fn push_leaf(out: &mut Vec<u8>, entry: &AuditEntry, seq: i64, prev_hash: Option<LeafHash>) {
    out.extend_from_slice(b"{\"actor\":");
    push_text(out, &entry.actor);
    out.extend_from_slice(b",\"detail\":");
    out.extend_from_slice(entry.detail.as_str().as_bytes());
    push_member(out, "entry_id", Some(&entry.id));
    push_member(out, "event_type", Some(&entry.event.name()));
    out.extend_from_slice(b",\"occurred_at_micros\":");
    push_text(out, &entry.occurred_at.timestamp_micros().to_string());
    push_member(out, "prev_hash", prev_hash.as_ref());
    push_member(out, "seq", Some(&seq));
    push_member(out, "target", entry.target.as_ref());
    push_member(out, "tenant_id", Some(&entry.tenant));
    push_member(out, "trace_id", entry.trace.as_ref());
    push_member(out, "user_id", entry.user.as_ref());
    push_member(out, "workspace_id", entry.workspace.as_ref());
    out.push(b'}');
}

fn push_member<T: fmt::Display>(out: &mut Vec<u8>, name: &str, value: Option<&T>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    match value {
        Some(value) => push_text(out, &value.to_string()),
        None => out.extend_from_slice(b"null"),
    }
}

#[cfg(test)]
mod tests;
