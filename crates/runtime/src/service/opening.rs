//! What a run's opening says: its limits, the money it asks for, and the trace as far as it is known.

use std::collections::BTreeMap;

use clasper_core::{AuditEntryId, DecisionId, GrantId, Timestamp};
use clasper_governance::{GrantLimits, HoldAsk, Intent, ModelPrice, PriceError};
use clasper_tracing::{GrantedScope, RunStatus, Trace, TraceCost, TraceSource, UsedScope};

use crate::policy::PolicyVerdict;
use crate::run::{IdempotencyClaim, RunOpening};
use crate::service::engine::Engine;
use crate::service::facts::Facts;
use crate::service::plan::later;
use crate::service::purse::LEAST_OUTPUT;

impl Engine {
    pub(crate) fn limits(&self) -> GrantLimits {
        GrantLimits {
            capabilities: vec!["llm".to_owned()],
            max_steps: self.config.max_steps,
            max_cost_usd: None,
            max_seconds: self.config.run_timeout.as_secs(),
        }
    }

    /// The money for the first call. What the tenant's tools added to the last prompt is expected to be added again.
    pub(crate) fn ask(
        &self,
        facts: &Facts,
        price: &ModelPrice,
        input: u64,
    ) -> Result<HoldAsk, PriceError> {
        let input = input.saturating_add(self.usual_tool_tokens(&facts.agent));
        let output = self.config.max_output_tokens;
        Ok(HoldAsk {
            full: price.cost(input, u64::from(output))?.total,
            floor: price
                .cost(input, u64::from(LEAST_OUTPUT.min(output)))?
                .total,
        })
    }

    #[expect(clippy::too_many_arguments, reason = "each is made by one step before")]
    pub(crate) fn opening(
        &self,
        facts: &Facts,
        intent: Intent,
        policy: PolicyVerdict,
        limits: GrantLimits,
        ask: HoldAsk,
        idempotency: Option<IdempotencyClaim>,
        draft: Box<Trace>,
    ) -> RunOpening {
        let ids = &*self.deps.ids;
        RunOpening {
            scope: facts.scope.clone(),
            workspace: facts.agent.workspace.clone(),
            user: facts.agent.user.clone(),
            actor: facts.actor.clone(),
            execution: facts.execution,
            trace: facts.agent.trace,
            decision: draft.decision,
            grant: GrantId::generate(ids),
            intent,
            policy,
            model: self.config.default_model.to_string(),
            ask,
            budget_scopes: facts.budget_scopes(),
            limits,
            grant_expires_at: later(draft.started_at, self.config.grant_ttl),
            last_try: false,
            instance: self.deps.instance,
            idempotency,
            entry: AuditEntryId::generate(ids),
            rollover_entry: AuditEntryId::generate(ids),
            now: draft.started_at,
            draft,
        }
    }

    /// A trace that says what is known before anything happens. Interrupted is what it is if nothing follows.
    pub(crate) fn blank_trace(&self, facts: &Facts, now: Timestamp) -> Trace {
        let agent = &facts.agent;
        Trace {
            id: agent.trace,
            tenant: agent.tenant.clone(),
            workspace: agent.workspace.clone(),
            execution: facts.execution,
            decision: DecisionId::generate(&*self.deps.ids),
            source: TraceSource::Run,
            reported: None,
            user: Some(agent.user.clone()),
            agent_role: agent.role.clone(),
            status: RunStatus::Interrupted,
            started_at: now,
            completed_at: now,
            duration_ms: 0,
            workspace_hash: String::new(),
            skill_versions: BTreeMap::new(),
            model: self.config.default_model.model.clone(),
            provider: self.config.default_model.provider.clone(),
            scripted: false,
            input_message: String::new(),
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
