//! What tenants can be told about, and in which words.

use std::fmt;
use std::str::FromStr;

use clasper_core::{AuditEvent, OutboxMessageId, Sha256Digest, Timestamp, wire_time};
use serde_json::{Map, Value, json};

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// What a webhook reports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum EventType {
            $($(#[$doc])* $variant,)*
        }

        impl EventType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl FromStr for EventType {
            type Err = UnknownEvent;

            fn from_str(text: &str) -> Result<Self, UnknownEvent> {
                match text { $($name => Ok(Self::$variant),)* _ => Err(UnknownEvent) }
            }
        }
    };
}

event_types! {
    /// An execution waits for people.
    DecisionPending = "decision.pending";
    /// People approved, refused or withdrew it, or an operator let it pass.
    DecisionResolved = "decision.resolved";
    /// Nobody answered in time.
    DecisionExpired = "decision.expired";
    /// Nobody answered in time, and now a higher role has to.
    DecisionEscalated = "decision.escalated";
    /// An execution was allowed without people.
    ExecutionAllowed = "execution.allowed";
    /// An execution was refused without people.
    ExecutionDenied = "execution.denied";
    /// Spending passed the alert threshold of a budget.
    BudgetThreshold = "budget.threshold";
    /// Spending passed the limit of a budget.
    BudgetExceeded = "budget.exceeded";
    /// An adapter registered, or changed what it says of itself.
    AdapterRegistered = "adapter.registered";
    /// An adapter reported a violation, or what it reported is beyond its grant.
    ExecutionViolation = "execution.violation";
    /// Somebody tried the endpoint out.
    WebhookTest = "webhook.test";
}

/// The text names no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown event: see the list in the documentation of POST /ops/api/webhooks")]
pub struct UnknownEvent;

/// Members of the audit entries about decisions and executions that are shown. Arguments are not among them: they are nowhere
/// in the log.
const OF_DECISIONS: &[&str] = &[
    "decision_id",
    "adapter_id",
    "agent_id",
    "tool",
    "status",
    "reason",
    "intent_hash",
    "risk_score",
    "risk_level",
    "hold_usd",
    "action",
    "approvals",
    "quorum",
];
/// Of those about budgets.
const OF_BUDGETS: &[&str] = &["limit_usd", "spent_usd", "held_usd", "hard_limit"];
/// Of those about violations.
const OF_VIOLATIONS: &[&str] = &[
    "adapter_id",
    "decision_id",
    "report",
    "violation",
    "message",
];
/// Of those about adapters.
const OF_ADAPTERS: &[&str] = &[
    "adapter_id",
    "version",
    "risk_class",
    "enabled",
    "certification_tier",
    "capabilities",
    "tool_capabilities",
];

impl EventType {
    /// What `event` is reported as; `None` for what stays in the log.
    #[must_use]
    pub const fn of(event: AuditEvent) -> Option<Self> {
        Some(match event {
            AuditEvent::PolicyDecisionPending => Self::DecisionPending,
            AuditEvent::PolicyDecisionResolved | AuditEvent::OpsOverrideUsed => {
                Self::DecisionResolved
            }
            AuditEvent::PolicyDecisionExpired => Self::DecisionExpired,
            AuditEvent::PolicyDecisionEscalated => Self::DecisionEscalated,
            AuditEvent::ExecutionAllowed => Self::ExecutionAllowed,
            AuditEvent::ExecutionDenied => Self::ExecutionDenied,
            AuditEvent::BudgetWarning => Self::BudgetThreshold,
            AuditEvent::BudgetExceeded => Self::BudgetExceeded,
            AuditEvent::AdapterRegistered => Self::AdapterRegistered,
            AuditEvent::GrantViolated | AuditEvent::AdapterViolationReported => {
                Self::ExecutionViolation
            }
            _ => return None,
        })
    }

    /// The body that reports this, from the detail of an audit entry. It is signed and sent as it is.
    #[must_use]
    pub fn body(self, tenant: &str, detail: &str, occurred_at: Timestamp) -> String {
        let detail: Map<String, Value> = serde_json::from_str(detail).unwrap_or_default();
        let mut data = Map::new();
        data.insert("tenant_id".to_owned(), tenant.into());
        for name in self.members() {
            if let Some(value) = detail.get(*name) {
                data.insert((*name).to_owned(), value.clone());
            }
        }
        // Adapters know an execution by the name that they gave it.
        if let Some(key) = detail.get("execution_key") {
            data.insert("execution_id".to_owned(), key.clone());
        }
        json!({"type": self.name(), "timestamp": wire_time(occurred_at), "data": data}).to_string()
    }

    const fn members(self) -> &'static [&'static str] {
        match self {
            Self::BudgetThreshold | Self::BudgetExceeded => OF_BUDGETS,
            Self::AdapterRegistered => OF_ADAPTERS,
            Self::ExecutionViolation => OF_VIOLATIONS,
            Self::WebhookTest => &[],
            _ => OF_DECISIONS,
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The id of the message to `receiver` about the audit entry `seq` of `tenant`: the same however often the change is written
/// again after a roll-back.
#[must_use]
pub fn message_id(tenant: &str, seq: i64, receiver: &str) -> OutboxMessageId {
    let digest = Sha256Digest::of(format!("{tenant}/{seq}/{receiver}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    // UUID version 8: made by a rule of our own (RFC 9562, section 5.8).
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    OutboxMessageId::from_bytes(bytes)
}

/// The queue of what `receiver` is told about `entity`: its messages leave one after another.
#[must_use]
pub fn queue(receiver: &str, entity: &str) -> String {
    format!("{receiver}/{entity}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_its_name() {
        for event in EventType::ALL {
            assert_eq!(event.name().parse(), Ok(*event));
        }
        assert_eq!("decision".parse::<EventType>(), Err(UnknownEvent));
    }

    #[test]
    fn a_body_shows_named_members_only() {
        let detail = r#"{"decision_id":"d1","execution_id":"internal","execution_key":"run-1","justification":"my mother",
            "note_hash":"x","record_hash":"y","status":"approved","tool":"exec"}"#;
        let body = EventType::DecisionResolved.body("acme", detail, Timestamp::UNIX_EPOCH);
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let data = json!({
            "tenant_id": "acme", "decision_id": "d1", "execution_id": "run-1", "status": "approved", "tool": "exec"
        });
        let whole = json!({"type": "decision.resolved", "timestamp": "1970-01-01T00:00:00.000Z", "data": data});
        assert_eq!(body, whole);
    }

    #[test]
    fn the_same_change_has_the_same_message_id() {
        let id = message_id("acme", 7, "e1");
        assert_eq!(id, message_id("acme", 7, "e1"));
        for (tenant, seq, receiver) in [("acme", 8, "e1"), ("acme", 7, "e2"), ("b", 7, "e1")] {
            assert_ne!(id, message_id(tenant, seq, receiver));
        }
        assert_eq!(id.to_string().as_bytes()[14], b'8');
    }
}
