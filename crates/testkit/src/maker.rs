//! Makes plausible values, each with ids of its own and the time of a clock that stands still.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use chrono_tz::Tz;
use clasper_core::{
    AgentId, ApiKeyId, AuditEntry, AuditEntryId, AuditEvent, Clock, DecisionId, ExecutionId,
    GrantId, InstanceId, ManualClock, OutboxMessageId, Role, SequentialIds, SessionId,
    Sha256Digest, TenantId, TenantScope, Timestamp, TraceId, Usd, UserId, WorkspaceId,
    canonical_json,
};
use clasper_governance::{
    Action, BudgetScope, Decision, Effect, Grant, GrantLimits, HoldAsk, Intent, Reason,
};
use clasper_identity::{ApiKey, Tenant};
use clasper_runtime::backend::AgentIdentity;
use clasper_runtime::model::TokenUsage;
use clasper_runtime::policy::PolicyVerdict;
use clasper_runtime::run::{
    Charge, EffectDecision, EffectOutcome, HoldExtension, IdempotencyClaim, OutboxMessage, RunEnd,
    RunOpening, Settlement,
};
use clasper_tracing::{GrantedScope, RunStatus, Trace, TraceCost, TraceSource, UsedScope};
use serde_json::{Value, json};

/// The actor of everything made here.
const ACTOR: &str = "tenant_token:alice";

/// Makes values. Its clock stands at noon of 20 November 2026 until it is moved.
#[derive(Debug)]
pub struct Maker {
    /// The clock.
    pub clock: ManualClock,
    ids: SequentialIds,
    instance: InstanceId,
}

impl Default for Maker {
    fn default() -> Self {
        let ids = SequentialIds::default();
        let noon = Timestamp::from_timestamp(1_795_176_000, 0).unwrap_or_default();
        Self {
            clock: ManualClock::at(noon),
            instance: InstanceId::generate(&ids),
            ids,
        }
    }
}

/// An amount, from a decimal number of dollars.
///
/// # Panics
/// When `text` is none: the test is wrong.
#[must_use]
pub fn usd(text: &str) -> Usd {
    text.parse().expect("the test says an amount of money")
}

impl Maker {
    /// The time of the clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where further ids come from.
    #[must_use]
    pub const fn ids(&self) -> &SequentialIds {
        &self.ids
    }

    /// The process in whose name runs are opened.
    #[must_use]
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }

    /// An entry about `event` with `detail`.
    ///
    /// # Panics
    /// Never: values have a JSON form.
    #[must_use]
    pub fn entry(&self, scope: &TenantScope, event: AuditEvent, detail: &Value) -> AuditEntry {
        AuditEntry {
            id: AuditEntryId::generate(&self.ids),
            tenant: scope.tenant().clone(),
            workspace: None,
            trace: None,
            user: None,
            actor: ACTOR.to_owned(),
            event,
            target: None,
            detail: canonical_json(detail).expect("values have a JSON form"),
            occurred_at: self.now(),
        }
    }

    /// A tenant, and the entry that creates it.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> (Tenant, AuditEntry) {
        let scope = TenantScope::system(id.clone());
        let entry = self.entry(&scope, AuditEvent::TenantCreated, &json!({}));
        let tenant = Tenant {
            name: id.to_string(),
            id,
            time_zone: Tz::UTC,
            created_at: self.now(),
        };
        (tenant, entry)
    }

    /// The entry of a budget that is set; the store completes it.
    #[must_use]
    pub fn budget_entry(&self, scope: &TenantScope) -> AuditEntry {
        self.entry(scope, AuditEvent::BudgetChanged, &json!({}))
    }

    /// A key whose secret is `secret`.
    #[must_use]
    pub fn api_key(&self, scope: &TenantScope, secret: &str) -> ApiKey {
        ApiKey {
            id: ApiKeyId::generate(&self.ids),
            tenant: scope.tenant().clone(),
            name: "backend".to_owned(),
            role: Role::Agent,
            prefix: secret.chars().take(8).collect(),
            secret_hash: Sha256Digest::of(secret.as_bytes()),
            created_at: self.now(),
            revoked_at: None,
        }
    }

    /// A run that asks for exactly `ask`, ready to wait for held money.
    ///
    /// # Panics
    /// Never: values have a JSON form.
    #[must_use]
    pub fn opening(&self, scope: &TenantScope, ask: Usd) -> RunOpening {
        let (execution, decision) = (
            ExecutionId::generate(&self.ids),
            DecisionId::generate(&self.ids),
        );
        let trace = TraceId::generate(&self.ids);
        let effect = json!({"execution": execution.to_string()});
        let (workspace, user) = (Self::workspace(), Self::user());
        RunOpening {
            scope: scope.clone(),
            draft: Box::new(self.draft(scope, execution, decision, trace)),
            workspace,
            user,
            actor: ACTOR.to_owned(),
            execution,
            trace,
            decision,
            grant: GrantId::generate(&self.ids),
            intent: Intent::of(Action::AgentRun, &effect).expect("values have a JSON form"),
            policy: PolicyVerdict::built_in("agent-run", "allow"),
            model: "scripted/echo".to_owned(),
            ask: HoldAsk {
                full: ask,
                floor: ask,
            },
            budget_scopes: Self::budget_scopes(execution),
            limits: GrantLimits {
                capabilities: vec!["llm".to_owned()],
                max_steps: 10,
                max_cost_usd: None,
                max_seconds: 60,
            },
            grant_expires_at: self.now() + TimeDelta::minutes(5),
            last_try: false,
            instance: self.instance,
            idempotency: None,
            entry: AuditEntryId::generate(&self.ids),
            rollover_entry: AuditEntryId::generate(&self.ids),
            now: self.now(),
        }
    }

    /// A run that came with an idempotency key and a request.
    #[must_use]
    pub fn opening_with_key(
        &self,
        scope: &TenantScope,
        ask: Usd,
        key: &str,
        request: &str,
    ) -> RunOpening {
        RunOpening {
            idempotency: Some(IdempotencyClaim {
                key: key.to_owned(),
                request_hash: Sha256Digest::of(request.as_bytes()),
            }),
            ..self.opening(scope, ask)
        }
    }

    /// The completed end of a run.
    #[must_use]
    pub fn settlement(&self, run: &RunOpening, charge: Charge) -> Settlement {
        let cost = match charge {
            Charge::Actual(cost) => cost,
            Charge::Estimated => Usd::ZERO,
        };
        let mut trace = run.draft.clone();
        trace.status = RunStatus::Completed;
        trace.completed_at = self.now();
        trace.output_message = Some("done".to_owned());
        trace.usage = TraceCost {
            input_tokens: 100,
            output_tokens: 20,
            total_cost_usd: cost,
            estimated: charge == Charge::Estimated,
        };
        trace.used_scope.actual_cost_usd = cost;
        Settlement {
            scope: run.scope.clone(),
            execution: run.execution,
            actor: ACTOR.to_owned(),
            end: RunEnd::Completed,
            reason: None,
            charge,
            usage: TokenUsage {
                input_tokens: 100,
                output_tokens: 20,
            },
            trace,
            deliveries: Vec::new(),
            answer: None,
            kept_values: None,
            entry: AuditEntryId::generate(&self.ids),
            alert_entries: std::array::from_fn(|_| AuditEntryId::generate(&self.ids)),
            now: self.now(),
        }
    }

    /// A further hold for a run.
    #[must_use]
    pub fn extension(&self, run: &RunOpening, ask: Usd) -> HoldExtension {
        let detail = json!({"execution_id": run.execution.to_string(), "asked_usd": ask});
        HoldExtension {
            scope: run.scope.clone(),
            execution: run.execution,
            ask: HoldAsk {
                full: ask,
                floor: ask,
            },
            entry: self.entry(&run.scope, AuditEvent::BudgetHoldExtended, &detail),
            now: self.now(),
        }
    }

    /// A decision about a tool call within a run.
    ///
    /// # Panics
    /// Never: values have a JSON form.
    #[must_use]
    pub fn effect(&self, run: &RunOpening, effect: Effect) -> EffectDecision {
        let call = json!({"tool": "search", "run": run.execution.to_string()});
        let intent = Intent::of(Action::ToolCall, &call).expect("values have a JSON form");
        let (event, reason) = match effect {
            Effect::Allow => (AuditEvent::ToolAuthorizationGranted, Reason::Permitted),
            _ => (AuditEvent::ToolAuthorizationDenied, Reason::UnknownTool),
        };
        let decision = Decision {
            id: DecisionId::generate(&self.ids),
            execution: run.execution,
            intent,
            effect,
            reason,
            matched_policies: vec!["tool-call".to_owned()],
            policy_bundle_hash: Sha256Digest::of(b"tool-call"),
            inputs: canonical_json(&call).expect("values have a JSON form"),
            decided_at: self.now(),
        };
        let grant = (effect == Effect::Allow).then(|| Grant {
            id: GrantId::generate(&self.ids),
            decision: decision.id,
            intent_hash: intent.hash,
            limits: run.limits.clone(),
            expires_at: self.now() + TimeDelta::minutes(1),
        });
        let detail = json!({
            "decision_id": decision.id.to_string(),
            "decision_hash": decision.hash(grant.as_ref()).expect("a JSON form"),
            "effect": effect.name(),
            "reason": reason.code(),
            "intent_hash": intent.hash,
        });
        EffectDecision {
            scope: run.scope.clone(),
            execution: run.execution,
            decision,
            grant,
            entry: self.entry(&run.scope, event, &detail),
        }
    }

    /// What came of an allowed effect: it worked.
    #[must_use]
    pub fn effect_outcome(&self, decided: &EffectDecision) -> EffectOutcome {
        let detail = json!({"decision_id": decided.decision.id.to_string()});
        EffectOutcome {
            scope: decided.scope.clone(),
            decision: decided.decision.id,
            success: true,
            entry: self.entry(&decided.scope, AuditEvent::ToolCallSucceeded, &detail),
            now: self.now(),
        }
    }

    /// A message for a run's backend, due now.
    #[must_use]
    pub fn message(&self, run: &RunOpening) -> OutboxMessage {
        let id = OutboxMessageId::generate(&self.ids);
        OutboxMessage {
            id,
            tenant: run.scope.tenant().clone(),
            trace: run.trace,
            kind: "message".to_owned(),
            idempotency_key: format!("{}:message", run.execution),
            agent: AgentIdentity {
                user: run.user.clone(),
                role: run.draft.agent_role.clone(),
                tenant: run.scope.tenant().clone(),
                workspace: run.workspace.clone(),
                trace: run.trace,
            },
            payload: vec![0, 159, 146, 150],
            created_at: self.now(),
            next_attempt_at: self.now(),
            attempts: 0,
        }
    }

    /// The parts of a tenant that runs made here are in: a workspace, an agent, a session, and the run itself.
    fn budget_scopes(execution: ExecutionId) -> Vec<BudgetScope> {
        vec![
            BudgetScope::Workspace(Self::workspace()),
            BudgetScope::Agent(AgentId::new("helper").expect("a name")),
            BudgetScope::Session(SessionId::new("user:alice:helper").expect("a name")),
            BudgetScope::Run(execution),
        ]
    }

    fn workspace() -> WorkspaceId {
        WorkspaceId::new("support").expect("a name")
    }

    fn user() -> UserId {
        UserId::new("alice").expect("a name")
    }

    fn draft(
        &self,
        scope: &TenantScope,
        execution: ExecutionId,
        decision: DecisionId,
        trace: TraceId,
    ) -> Trace {
        Trace {
            id: trace,
            tenant: scope.tenant().clone(),
            workspace: Self::workspace(),
            execution,
            decision,
            source: TraceSource::Run,
            reported: None,
            user: Some(Self::user()),
            agent_role: "helper".to_owned(),
            status: RunStatus::Interrupted,
            started_at: self.now(),
            completed_at: self.now(),
            duration_ms: 0,
            workspace_hash: Sha256Digest::of(b"workspace").to_string(),
            skill_versions: BTreeMap::new(),
            model: "echo".to_owned(),
            provider: "scripted".to_owned(),
            scripted: true,
            input_message: "hello".to_owned(),
            input_history: 0,
            output_message: None,
            steps: Vec::new(),
            usage: TraceCost::default(),
            granted_scope: GrantedScope::default(),
            used_scope: UsedScope::default(),
            violations: Vec::new(),
            error: None,
            redactions: BTreeMap::new(),
            labels: BTreeMap::new(),
            task_id: None,
            document_id: None,
            message_id: None,
            reduced: None,
        }
    }
}
