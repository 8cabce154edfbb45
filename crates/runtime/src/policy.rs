//! What the tenant's policies say to a run, and to the tool calls within it.

use std::collections::BTreeSet;

use clasper_core::{PermissionSet, Sha256Digest, TenantScope};
use clasper_governance::{Effect, Reason};
use clasper_policy::{ActionKind, Policies, PolicyContext, Principal, PrincipalKind};

use crate::backend::AgentIdentity;
use crate::model::ModelRef;

/// What policies say to one intent, with what is recorded of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// The governance revision of the tenant it was made under.
    pub governance_revision: i64,
    /// Allowed or refused. What people would have to approve first is refused: a run does not wait for people.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// The policies that matched, the deciding one first.
    pub matched: Vec<String>,
    /// Hash over the full text of the policies in force.
    pub bundle_hash: Sha256Digest,
}

impl PolicyVerdict {
    /// What a program allows whose rule is its own code: for tenants that have no policies (governance revision 0). `text`
    /// says the rule, and is what the recorded hash is over.
    #[must_use]
    pub fn built_in(id: &str, text: &str) -> Self {
        Self {
            governance_revision: 0,
            effect: Effect::Allow,
            reason: Reason::Permitted,
            matched: vec![id.to_owned()],
            bundle_hash: Sha256Digest::of(text.as_bytes()),
        }
    }
}

/// Who runs, as policies see it.
pub(crate) struct Runner<'a> {
    pub(crate) scope: &'a TenantScope,
    pub(crate) agent: &'a AgentIdentity,
    pub(crate) permissions: PermissionSet,
}

impl Runner<'_> {
    fn context(&self, kind: ActionKind) -> PolicyContext {
        let principal = Principal {
            kind: PrincipalKind::User,
            id: self.agent.user.to_string(),
        };
        let tenant = self.scope.tenant().clone();
        let mut context = PolicyContext::new(kind, tenant, principal);
        context.server.workspace = Some(self.agent.workspace.clone());
        let names = self.permissions.iter().map(|held| held.name().to_owned());
        context.server.permissions = names.collect::<BTreeSet<_>>();
        context.request.agent_role = Some(self.agent.role.clone());
        context
    }

    /// What the policies say to a run of `model`.
    pub(crate) async fn run(
        &self,
        policies: &Policies,
        model: &ModelRef,
    ) -> Result<PolicyVerdict, clasper_policy::Error> {
        let mut context = self.context(ActionKind::ModelCall);
        context.request.model = Some(model.to_string());
        self.ask(policies, &context).await
    }

    /// What the policies say to a call of `tool` that both layers of permission let pass.
    pub(crate) async fn tool(
        &self,
        policies: &Policies,
        tool: &str,
    ) -> Result<PolicyVerdict, clasper_policy::Error> {
        let mut context = self.context(ActionKind::ToolCall);
        context.server.two_layer_permission = true;
        context.request.tool = Some(tool.to_owned());
        self.ask(policies, &context).await
    }

    async fn ask(
        &self,
        policies: &Policies,
        context: &PolicyContext,
    ) -> Result<PolicyVerdict, clasper_policy::Error> {
        let in_force = policies.in_force(self.scope).await?;
        let policy = in_force.at(Some(self.agent.workspace.as_str()), None);
        let said = policy.evaluate(context);
        let (effect, reason) = match (said.effect, said.reason) {
            (clasper_policy::Effect::Allow, _) => (Effect::Allow, Reason::Permitted),
            (clasper_policy::Effect::RequireApproval, _) => {
                (Effect::Deny, Reason::PolicyRequiresApproval)
            }
            (clasper_policy::Effect::Deny, clasper_policy::Reason::CedarForbid) => {
                (Effect::Deny, Reason::PolicyForbids)
            }
            (clasper_policy::Effect::Deny, clasper_policy::Reason::NoMatch) => {
                (Effect::Deny, Reason::NoPolicyMatched)
            }
            (clasper_policy::Effect::Deny, clasper_policy::Reason::EvaluationError) => {
                (Effect::Deny, Reason::PolicyError)
            }
            (clasper_policy::Effect::Deny, _) => (Effect::Deny, Reason::PolicyDenied),
        };
        Ok(PolicyVerdict {
            governance_revision: in_force.policies.revision,
            effect,
            reason,
            matched: said
                .matched
                .into_iter()
                .map(|policy| policy.policy_id)
                .collect(),
            bundle_hash: said.bundle_hash,
        })
    }
}
