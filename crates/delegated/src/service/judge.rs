//! What policies and risk say to an ask.

use std::collections::BTreeSet;
use std::sync::Arc;

use clasper_core::{Sha256Digest, TenantScope};
use clasper_governance::risk::{AdapterFacts, RegistryFacts, SkillFacts, assess};
use clasper_governance::{Effect, Reason};
use clasper_policy::{
    Access, ActionKind, Evaluation, InForce, PolicyContext, Principal, PrincipalKind, ServerFacts,
    TemplateValues,
};

use crate::adapter::Adapter;
use crate::execution::{ExecutionAsk, Judgement};
use crate::service::error::Error;
use crate::service::{Executions, Inner};

impl Executions {
    /// Judges `ask`, whose intent has this hash, by what is in force now; with the adapter as the registry knows it.
    pub(super) async fn judge(
        &self,
        scope: &TenantScope,
        ask: &ExecutionAsk,
        intent: Sha256Digest,
        override_reason: Option<&str>,
    ) -> Result<(Judgement, Arc<Adapter>), Error> {
        let in_force = self.inner.deps.policies.in_force(scope).await?;
        let revision = in_force.policies.revision;
        let adapters = &self.inner.deps.adapters;
        let adapter = adapters.known(scope, &ask.adapter, revision).await?;
        if !adapter.enabled {
            return Err(Error::Disabled);
        }
        let mut context = self.inner.context(scope, ask, &adapter);
        context.server.override_reason = override_reason.map(str::to_owned);
        context.server.intent_hash = Some(intent.to_string());
        let judgement = Inner::judgement(context, ask, &adapter, &in_force);
        Ok((judgement, adapter))
    }
}

impl Inner {
    /// The context of an ask: what is claimed, and what we know.
    pub(super) fn context(
        &self,
        scope: &TenantScope,
        ask: &ExecutionAsk,
        adapter: &Adapter,
    ) -> PolicyContext {
        let principal = Principal {
            kind: PrincipalKind::Adapter,
            id: ask.adapter.to_string(),
        };
        PolicyContext {
            server: ServerFacts {
                action_kind: ActionKind::AdapterExecution,
                tenant: scope.tenant().clone(),
                principal,
                workspace: Some(ask.workspace.clone()),
                environment: ask.environment.as_ref().map(ToString::to_string),
                permissions: BTreeSet::new(),
                roles: BTreeSet::new(),
                adapter_id: Some(ask.adapter.to_string()),
                adapter_risk_class: Some(
                    ask.risk
                        .adapter_risk_class
                        .map_or(adapter.risk_class, |claimed| {
                            claimed.max(adapter.risk_class)
                        })
                        .name()
                        .to_owned(),
                ),
                skill_state: None,
                risk_level: None,
                risk_score: None,
                estimated_cost: Some(ask.cost()),
                two_layer_permission: false,
                override_reason: None,
                intent_hash: None,
                values: TemplateValues {
                    workspace_root: self.deps.workspaces.root(scope.tenant(), &ask.workspace),
                },
            },
            request: ask.claims.clone(),
            access: Access::default(),
        }
    }

    pub(super) fn judgement(
        mut context: PolicyContext,
        ask: &ExecutionAsk,
        adapter: &Adapter,
        in_force: &InForce,
    ) -> Judgement {
        let capabilities = ask.claims.requested_capabilities.len();
        let facts = RegistryFacts {
            // There is no registry of skills yet: a skill that is named is one that nobody has looked at.
            skill: match ask.claims.skill {
                Some(_) => SkillFacts::Unregistered,
                None => SkillFacts::NoSkill,
            },
            adapter: AdapterFacts::Registered {
                class: adapter.risk_class,
                capabilities: u32::try_from(capabilities).unwrap_or(u32::MAX),
            },
            tool_names: ask.tool().map(str::to_owned).into_iter().collect(),
            ..RegistryFacts::default()
        };
        let risk = assess(&facts, &ask.risk);
        context.server.risk_level = Some(risk.level.name().to_owned());
        context.server.risk_score = Some(risk.score);
        let environment = context.server.environment.as_deref();
        let policy = in_force.at(Some(ask.workspace.as_str()), environment);
        let evaluation = policy.evaluate(&context);
        let (effect, reason) = conclusion(&evaluation);
        Judgement {
            governance_revision: in_force.policies.revision,
            risk,
            effect,
            reason,
            matched: evaluation
                .matched
                .into_iter()
                .map(|matched| matched.policy_id)
                .collect(),
            approval: evaluation.approval,
            explanation: Some(evaluation.explanation),
            bundle_hash: evaluation.bundle_hash,
            server: context.server,
        }
    }
}

/// What an evaluation says, in the words of decisions.
pub(super) fn conclusion(evaluation: &Evaluation) -> (Effect, Reason) {
    use clasper_policy::{Effect as P, Reason as Why};
    match (evaluation.effect, evaluation.reason) {
        (P::Allow, _) => (Effect::Allow, Reason::Permitted),
        (P::RequireApproval, _) => (Effect::RequireApproval, Reason::PolicyRequiresApproval),
        (P::Deny, Why::CedarForbid) => (Effect::Deny, Reason::PolicyForbids),
        (P::Deny, Why::NoMatch) => (Effect::Deny, Reason::NoPolicyMatched),
        (P::Deny, Why::EvaluationError) => (Effect::Deny, Reason::PolicyError),
        (P::Deny, _) => (Effect::Deny, Reason::PolicyDenied),
    }
}
