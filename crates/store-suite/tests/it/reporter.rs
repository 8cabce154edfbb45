//! What the adapter of the tests reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::TimeDelta;
use clasper_core::{
    Clock, ExecutionKey, Sha256Digest, SystemIds, TenantScope, TraceId, Usd, canonical_json,
};
use clasper_redaction::Redactor;
use clasper_reports::{
    AuditReport, Body, CheckedSteps, CostReport, MetricsReport, Receipt, ReportedTrace, Reporter,
    Reports, ReportsDeps, SignatureMode, SignaturePolicy, Submission, TelemetryKeys,
};
use clasper_testkit::TestDatabase;
use serde_json::{Value, json};

use crate::replica::{Replica, adapter, trace};

pub struct Door {
    pub reports: Reports,
    pub keys: TelemetryKeys,
    pub reporter: Reporter,
    pub replica: Replica,
}

impl Door {
    pub fn new(
        db: &TestDatabase,
        scope: &TenantScope,
        replica: Replica,
        mode: SignatureMode,
    ) -> Self {
        let store = Arc::new(db.store.clone());
        let ids = Arc::new(SystemIds);
        let clock = replica.clock.clone();
        let deps = ReportsDeps {
            store: store.clone(),
            keys: store.clone(),
            adapters: store.clone(),
            redactions: clasper_privacy::Redactions::fixed(
                Redactor::standard(),
                clock.clone(),
                ids.clone(),
            ),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let max_skew = TimeDelta::minutes(5);
        Self {
            reports: Reports::new(deps, SignaturePolicy { mode, max_skew }),
            keys: TelemetryKeys::new(store.clone(), store, clock, ids),
            reporter: Reporter::new(adapter(scope).principal, trace()),
            replica,
        }
    }

    pub async fn send(&self, submissions: Vec<Submission>) -> Result<Vec<Receipt>> {
        Ok(self.reports.receive(&self.reporter, submissions).await?)
    }

    pub async fn one(&self, submission: Submission) -> Result<Receipt> {
        let receipts = self.send(vec![submission]).await?;
        receipts.into_iter().next().context("a receipt")
    }

    pub fn submission(&self, key: &str, trace: TraceId, body: Body) -> Submission {
        let own = &self.reporter.principal;
        // As the door computes it from the text; here it has to differ where the reports differ.
        let content = canonical_json(&json!([key, trace.to_string(), format!("{body:?}")]));
        Submission {
            tenant: own.tenant.clone(),
            workspace: own.workspace.clone(),
            adapter: own.adapter.clone(),
            execution: ExecutionKey::new(key).expect("a name"),
            trace,
            event_id: None,
            content: content.map_or(Sha256Digest::of(b""), |text| text.digest()),
            body,
            signed: None,
        }
    }

    pub fn audit(&self, key: &str, message: &str) -> Submission {
        let audit = AuditReport {
            event_type: "tool_execution_completed".to_owned(),
            message: Some(message.to_owned()),
            data: Some(json!({"tool": "read"})),
            occurred_at: None,
        };
        self.submission(key, trace(), Body::Audit(audit))
    }

    pub fn cost(&self, key: &str, cost: Usd) -> Submission {
        let cost = CostReport {
            cost,
            input_tokens: 100,
            output_tokens: 10,
            model: Some("gpt-4o-mini".to_owned()),
            provider: Some("openai".to_owned()),
            recorded_at: self.replica.clock.now(),
        };
        self.submission(key, trace(), Body::Cost(cost))
    }

    pub fn metrics(&self, key: &str, step_count: u64) -> Submission {
        let metrics = MetricsReport {
            step_count,
            duration_ms: 5,
            recorded_at: self.replica.clock.now(),
        };
        self.submission(key, trace(), Body::Metrics(metrics))
    }

    pub fn trace(&self, key: &str, id: TraceId, steps: Vec<Value>) -> Submission {
        let now = self.replica.clock.now();
        let reported = ReportedTrace {
            agent_role: None,
            started_at: now,
            completed_at: now,
            duration_ms: 7,
            workspace_hash: None,
            skill_versions: BTreeMap::new(),
            model: "openclaw".to_owned(),
            provider: "openclaw".to_owned(),
            input_message: "mail to jane.doe@example.com".to_owned(),
            input_history: 0,
            output_message: None,
            input_tokens: 0,
            output_tokens: 0,
            cost: Usd::ZERO,
            error: None,
            labels: BTreeMap::new(),
            task_id: None,
            document_id: None,
            message_id: None,
            used_steps: None,
            used_capabilities: Vec::new(),
            violations: Vec::new(),
            raw_steps: steps,
            checked: CheckedSteps::default(),
        };
        self.submission(key, id, Body::Trace(Box::new(reported)))
    }
}

/// A call of `tool`, as the gateway's plugin writes it.
pub fn call(tool: &str) -> Value {
    json!({
        "type": "tool_call", "timestamp": "2026-11-20T10:00:00.000Z", "durationMs": 0,
        "data": {"toolCallId": "c1", "toolName": tool, "arguments": {"path": "."}, "permitted": true, "vendor": {"x": 1}},
    })
}

/// The codes of what was found beyond the grant; `None` unless it was stored.
pub fn found(receipt: &Receipt) -> Option<Vec<&'static str>> {
    match receipt {
        Receipt::Stored(found) => Some(found.iter().map(|found| found.kind).collect()),
        _ => None,
    }
}
