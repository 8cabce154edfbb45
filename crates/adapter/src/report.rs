//! What happened, told to the server. A report that does not arrive changes nothing about what was permitted.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::adapter::Adapter;
use crate::blocked::Fault;
use crate::grant::Grant;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Its type, such as `tool_execution_completed`.
    pub event_type: String,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Particulars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_data: Option<Value>,
}

/// What it cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// US dollars, as a decimal number: digits are sent as they are.
    pub cost_usd: serde_json::Number,
    /// Tokens of prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens of answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// How much was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Metrics {
    /// Steps.
    pub step_count: u64,
    /// Time, in milliseconds.
    pub duration_ms: u64,
}

/// Something that went beyond what was granted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    /// Its type.
    pub violation_type: String,
    /// In words.
    pub message: String,
    /// Particulars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// What the server says to a report that it has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whether it was new.
    pub is_new: bool,
    /// What was found in it beyond the grant: it is on record now. Stop and find out why.
    pub violations: Vec<Beyond>,
}

/// Something beyond a grant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Beyond {
    /// The stable code.
    #[serde(rename = "type")]
    pub kind: String,
    /// In words.
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
struct Taken {
    status: String,
    #[serde(default)]
    violations: Vec<Beyond>,
}

/// The reports of one execution.
#[derive(Debug, Clone)]
pub struct Reports {
    adapter: Adapter,
    execution_id: String,
    trace_id: String,
}

/// A report in its envelope.
#[derive(Serialize)]
struct Envelope<'a, T> {
    trace_id: &'a str,
    /// The same for every attempt, so that the server takes it once.
    event_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_at: Option<String>,
    #[serde(flatten)]
    body: &'a T,
}

/// A trace in its envelope.
#[derive(Serialize)]
struct Traced<'a> {
    trace: &'a Value,
}

/// What its time is called.
#[derive(Clone, Copy)]
enum Stamp {
    Occurred,
    Recorded,
    None,
}

impl Adapter {
    /// The reports of the execution of `grant`.
    #[must_use]
    pub fn reports(&self, grant: &Grant) -> Reports {
        Reports {
            adapter: self.clone(),
            execution_id: grant.execution_id.clone(),
            trace_id: grant.trace_id.clone(),
        }
    }
}

impl Reports {
    /// Reports an event.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn event(&self, event: &Event) -> Result<Receipt, Fault> {
        self.send("audit", event, Stamp::Occurred).await
    }

    /// Reports a cost.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn cost(&self, cost: &Cost) -> Result<Receipt, Fault> {
        self.send("cost", cost, Stamp::Recorded).await
    }

    /// Reports how much was done.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn metrics(&self, metrics: &Metrics) -> Result<Receipt, Fault> {
        self.send("metrics", metrics, Stamp::Recorded).await
    }

    /// Reports that something went beyond what was granted.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn violation(&self, violation: &Violation) -> Result<Receipt, Fault> {
        self.send("violations", violation, Stamp::Occurred).await
    }

    /// Reports the trace. `id`, `tenantId` and `workspaceId` are set to those of the execution.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn trace(&self, trace: &Value) -> Result<Receipt, Fault> {
        let settings = &self.adapter.inner.settings;
        let mut trace = trace.clone();
        if let Some(members) = trace.as_object_mut() {
            for (name, value) in [
                ("id", &self.trace_id),
                ("tenantId", &settings.tenant),
                ("workspaceId", &settings.workspace),
            ] {
                members.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        let body = Traced { trace: &trace };
        self.send("trace", &body, Stamp::None).await
    }

    async fn send<T: Serialize + Sync>(
        &self,
        kind: &str,
        body: &T,
        stamp: Stamp,
    ) -> Result<Receipt, Fault> {
        let inner = &self.adapter.inner;
        let now = text(inner.settings.surroundings.now());
        let envelope = Envelope {
            trace_id: &self.trace_id,
            event_id: inner.settings.surroundings.id(),
            occurred_at: matches!(stamp, Stamp::Occurred).then(|| now.clone()),
            recorded_at: matches!(stamp, Stamp::Recorded).then_some(now),
            body,
        };
        let signed = self.adapter.signed(&self.execution_id, &envelope);
        let path = format!("/api/ingest/{kind}");
        let heard = inner.door.post::<_, Taken>(&path, &signed).await?;
        let Taken { status, violations } = heard.answer;
        let is_new = match status.as_str() {
            "ok" => true,
            "duplicate" => false,
            other => return Err(Fault::Unexpected(format!("the status is {other:?}"))),
        };
        Ok(Receipt { is_new, violations })
    }
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
