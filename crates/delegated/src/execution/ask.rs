//! What an adapter asks for.

use clasper_core::{AdapterId, EnvironmentId, SessionId, Usd, WorkspaceId};
use clasper_governance::risk::CallerClaims;
use clasper_governance::{Action, BudgetScope, Intent};
use clasper_policy::RequestClaims;
use serde::{Deserialize, Serialize};

/// What an adapter asks for, whole: its canonical JSON is the intent, and what executes is this and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutionAsk {
    /// Who asks.
    pub adapter: AdapterId,
    /// The workspace of its credential.
    pub workspace: WorkspaceId,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentId>,
    /// The session the agent is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// What it wants to do, in the words that policies look at.
    pub claims: RequestClaims,
    /// What it says of its own risk: it can only raise what the registries say.
    pub risk: CallerClaims,
    /// Most steps it wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// Most money it wants to spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost_usd: Option<Usd>,
    /// What it expects to spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_cost_usd: Option<Usd>,
}

impl ExecutionAsk {
    /// The intent: a hash over every member.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn intent(&self) -> Result<Intent, serde_json::Error> {
        Intent::of(Action::AdapterExecution, self)
    }

    /// The money to hold: what it may spend at most. Nothing when it names no amount.
    #[must_use]
    pub fn cost(&self) -> Usd {
        self.max_cost_usd
            .or(self.estimated_cost_usd)
            .unwrap_or(Usd::ZERO)
    }

    /// The budgets that have to hold the money, besides the tenant's.
    #[must_use]
    pub fn budget_scopes(&self) -> Vec<BudgetScope> {
        let mut scopes = vec![BudgetScope::Workspace(self.workspace.clone())];
        let agent = self.claims.agent_id.as_deref();
        if let Some(agent) = agent.and_then(|id| clasper_core::AgentId::new(id).ok()) {
            scopes.push(BudgetScope::Agent(agent));
        }
        if let Some(session) = &self.session {
            scopes.push(BudgetScope::Session(session.clone()));
        }
        scopes
    }

    /// The tool it is about: the one named, else the only capability asked for.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        let only = || match self.claims.requested_capabilities.as_slice() {
            [one] => Some(one.as_str()),
            _ => None,
        };
        self.claims.tool.as_deref().or_else(only)
    }
}
