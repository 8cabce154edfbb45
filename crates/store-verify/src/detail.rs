//! Reads the particulars of an audit entry.

use clasper_core::{AuditEvent, LoggedEntry, Usd};
use serde_json::Value;

/// The particulars of one entry.
pub(crate) struct Detail(Value);

impl Detail {
    /// Of `entry`. Particulars that are no JSON have no members; the leaf hash says whether they were changed.
    pub(crate) fn of(entry: &LoggedEntry) -> Self {
        Self::read(entry.entry.detail.as_str())
    }

    /// Of an entry with this text.
    pub(crate) fn read(detail: &str) -> Self {
        Self(serde_json::from_str(detail).unwrap_or_default())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The texts of a list; none when there is no such list.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    pub(crate) fn count(&self, name: &str) -> i64 {
        let count = self.0.get(name).and_then(Value::as_u64).unwrap_or(0);
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// A whole number, written as text because JSON's numbers end at 2^53.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// An amount of money, in nano-dollars.
    pub(crate) fn amount(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok().map(Usd::nanos)
    }

    /// A member, whatever it is.
    pub(crate) fn member(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// Whether the trace that the entry attests was stored; retention may have kept nothing of it.
    pub(crate) fn stores_its_trace(&self) -> bool {
        let said = self.member("retention").get("stored");
        said.and_then(Value::as_str) != Some("no")
    }

    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        self.0
            .get(name)
            .filter(|v| v.is_object())
            .cloned()
            .map(Self)
    }
}

/// Whether this event charges money: a run ended, or an adapter reported a cost.
pub(crate) const fn charges(event: AuditEvent) -> bool {
    ends_run(event) || matches!(event, AuditEvent::AdapterCostIngested)
}

/// Whether a run ended with this event.
const fn ends_run(event: AuditEvent) -> bool {
    matches!(
        event,
        AuditEvent::AgentExecutionCompleted
            | AuditEvent::AgentExecutionFailed
            | AuditEvent::AgentExecutionCancelled
            | AuditEvent::AgentExecutionRecovered
    )
}
