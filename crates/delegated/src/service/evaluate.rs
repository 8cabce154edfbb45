//! What a request would be told, without asking: the same context, the same policies, the same risk and the same decision
//! as `Executions::request`, and nothing is written.

use clasper_core::{
    AdapterId, AuditEntryId, Caller, DecisionId, ExecutionId, ExecutionKey, GrantId, Permission,
    TenantScope, TraceId,
};
use clasper_governance::risk::{AdapterRiskClass, RiskAssessment};
use clasper_governance::{Effect, NestedBudgets};
use clasper_policy::{Access, Explanation, InForce, PolicyContext};

use crate::adapter::{Adapter, CertificationTier};
use crate::execution::{Actor, ExecutionAsk, ExecutionOpening, Judgement, OpeningIds};
use crate::service::Inner;
use crate::service::error::Error;
use crate::service::{AdapterCaller, Executions};

/// What a request would be told.
#[derive(Debug, Clone)]
pub struct Foretold {
    /// What the policies say, and why, condition by condition.
    pub explanation: Explanation,
    /// The risk.
    pub risk: RiskAssessment,
    /// What would be decided: policies, risk and budget together.
    pub effect: Effect,
    /// The stable code of that.
    pub reason: String,
    /// The role that would have to approve, when people had to be asked.
    pub required_role: Option<&'static str>,
}

/// What somebody would ask for.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// The ask. Its adapter counts only with `names_adapter`.
    pub ask: ExecutionAsk,
    /// Whether the ask is of a registered adapter. Without one, the class that the ask claims counts, else `critical`.
    pub names_adapter: bool,
}

/// What is known when everything is looked up.
struct Question<'a> {
    actor: Actor,
    adapter: &'a Adapter,
    names_adapter: bool,
    in_force: &'a InForce,
    trace: TraceId,
}

impl Executions {
    /// What the adapter would be told if it asked for `ask`. `budgets` are those of the ask's scopes.
    ///
    /// # Errors
    /// [`Error`] as the request itself would be refused.
    pub async fn evaluate(
        &self,
        caller: &AdapterCaller,
        ask: ExecutionAsk,
        budgets: NestedBudgets,
    ) -> Result<Foretold, Error> {
        let principal = &caller.principal;
        if ask.adapter != principal.adapter {
            return Err(Error::ScopeMismatch("adapter"));
        }
        if ask.workspace != principal.workspace {
            return Err(Error::ScopeMismatch("workspace"));
        }
        let scope = caller.scope();
        let in_force = self.inner.deps.policies.in_force(&scope).await?;
        let adapter = self.registered(&scope, &ask.adapter, &in_force).await?;
        let lacks = |name: &&String| {
            !principal.capabilities.contains(name) || !adapter.capabilities.contains(name)
        };
        let asked = &ask.claims.requested_capabilities;
        let missing: Vec<String> = asked.iter().filter(lacks).cloned().collect();
        if !missing.is_empty() {
            return Err(Error::Capabilities(missing));
        }
        let question = Question {
            actor: caller.actor(),
            adapter: &adapter,
            names_adapter: true,
            in_force: &in_force,
            trace: caller.trace,
        };
        self.foretell(&scope, ask, &question, budgets)
    }

    /// What an adapter of the caller's tenant would be told if it asked for this.
    ///
    /// # Errors
    /// [`Error`] as the request itself would be refused; [`Error::Forbidden`] without `policy:view`.
    pub async fn dry_run(
        &self,
        caller: &Caller,
        dry: DryRun,
        budgets: NestedBudgets,
    ) -> Result<Foretold, Error> {
        if !caller.may(Permission::PolicyView) {
            return Err(Error::Forbidden(Permission::PolicyView));
        }
        let scope = caller.scope();
        let in_force = self.inner.deps.policies.in_force(&scope).await?;
        let adapter = if dry.names_adapter {
            let known = self.registered(&scope, &dry.ask.adapter, &in_force).await?;
            Adapter::clone(&known)
        } else {
            unregistered(&scope, &dry.ask, self.inner.deps.clock.now())
        };
        let question = Question {
            actor: Actor {
                name: caller.principal.actor(),
                user: caller.principal.user.clone(),
            },
            adapter: &adapter,
            names_adapter: dry.names_adapter,
            in_force: &in_force,
            trace: caller.trace,
        };
        self.foretell(&scope, dry.ask, &question, budgets)
    }

    pub(super) async fn registered(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        in_force: &InForce,
    ) -> Result<std::sync::Arc<Adapter>, Error> {
        let adapters = &self.inner.deps.adapters;
        let revision = in_force.policies.revision;
        let adapter = adapters.known(scope, adapter, revision).await?;
        if adapter.enabled {
            Ok(adapter)
        } else {
            Err(Error::Disabled)
        }
    }

    fn foretell(
        &self,
        scope: &TenantScope,
        ask: ExecutionAsk,
        question: &Question<'_>,
        mut budgets: NestedBudgets,
    ) -> Result<Foretold, Error> {
        let mut context = self.inner.context(scope, &ask, question.adapter);
        if !question.names_adapter {
            context.server.adapter_id = None;
            context.server.principal.id.clear();
        }
        context.server.intent_hash = Some(ask.intent()?.hash.to_string());
        let (adapter, in_force) = (question.adapter, question.in_force);
        let judgement = Inner::judgement(context, &ask, adapter, in_force);
        let seen = PolicyContext {
            server: judgement.server.clone(),
            request: ask.claims.clone(),
            access: Access::default(),
        };
        let environment = seen.server.environment.as_deref();
        let policy = in_force.at(Some(ask.workspace.as_str()), environment);
        let explanation = policy.explain(&seen);
        let risk = judgement.risk.clone();
        let opening = self.opening(scope, ask, judgement, question)?;
        budgets.roll_over(opening.now);
        // With `last_try` the budgets do not ask to wait.
        let verdict = opening.decide(&budgets)?.ok_or(Error::BudgetHeld)?;
        let approval = verdict.execution.approval.as_ref();
        Ok(Foretold {
            explanation,
            risk,
            effect: verdict.decision.effect,
            reason: verdict.execution.reason,
            required_role: approval.map(|approval| approval.terms().required_role.name()),
        })
    }

    /// The opening that a request would make, with nothing in it that could be used.
    fn opening(
        &self,
        scope: &TenantScope,
        ask: ExecutionAsk,
        judgement: Judgement,
        question: &Question<'_>,
    ) -> Result<ExecutionOpening, Error> {
        let (deps, config) = (&self.inner.deps, &self.inner.config);
        let key = ExecutionKey::new("dry-run").map_err(|error| Error::Invalid {
            pointer: "/execution_id",
            detail: error.to_string(),
        })?;
        Ok(ExecutionOpening {
            scope: scope.clone(),
            actor: question.actor.clone(),
            key,
            intent: ask.intent()?,
            ask,
            shown: serde_json::Value::Null,
            sealed_ask: Vec::new(),
            judgement,
            callback: None,
            grant_life: config.grant_life,
            default_max_steps: config.default_max_steps,
            last_try: true,
            ids: OpeningIds {
                decision: DecisionId::generate(&*deps.ids),
                execution: ExecutionId::generate(&*deps.ids),
                trace: question.trace,
                grant: GrantId::generate(&*deps.ids),
                entry: AuditEntryId::generate(&*deps.ids),
            },
            now: deps.clock.now(),
        })
    }
}

/// Somebody whom the registry does not know: the class it claims, else the worst.
fn unregistered(scope: &TenantScope, ask: &ExecutionAsk, now: clasper_core::Timestamp) -> Adapter {
    Adapter {
        tenant: scope.tenant().clone(),
        id: ask.adapter.clone(),
        display_name: String::new(),
        version: String::new(),
        risk_class: ask
            .risk
            .adapter_risk_class
            .unwrap_or(AdapterRiskClass::Critical),
        capabilities: ask.claims.requested_capabilities.clone(),
        tool_capabilities: Vec::new(),
        enabled: true,
        certification: CertificationTier::Experimental,
        created_at: now,
        updated_at: now,
    }
}
