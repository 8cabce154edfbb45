//! Who and what a run is, and the audit entries that say so.

use clasper_core::{
    AgentId, AuditEntry, AuditEntryId, AuditEvent, ExecutionId, IdSource, SessionId, TenantScope,
    Timestamp, canonical_json,
};
use clasper_governance::BudgetScope;
use serde::Serialize;

use crate::backend::AgentIdentity;

/// What stays the same over a run.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) scope: TenantScope,
    pub(crate) actor: String,
    pub(crate) execution: ExecutionId,
    pub(crate) agent: AgentIdentity,
    /// The session; `None` when its key is no name that a budget could be set for.
    pub(crate) session: Option<SessionId>,
}

impl Facts {
    /// The parts of the tenant whose budgets hold the run's money together with the tenant's.
    pub(crate) fn budget_scopes(&self) -> Vec<BudgetScope> {
        let agent = AgentId::new(&self.agent.role).ok();
        let workspace = BudgetScope::Workspace(self.agent.workspace.clone());
        std::iter::once(workspace)
            .chain(agent.map(BudgetScope::Agent))
            .chain(self.session.clone().map(BudgetScope::Session))
            .chain([BudgetScope::Run(self.execution)])
            .collect()
    }

    /// An entry about this run.
    pub(crate) fn entry(
        &self,
        ids: &dyn IdSource,
        event: AuditEvent,
        target: String,
        detail: &impl Serialize,
        now: Timestamp,
    ) -> Result<AuditEntry, serde_json::Error> {
        entry_for(&self.agent, &self.actor, ids, event, target, detail, now)
    }
}

/// An entry about something done for `agent`.
pub(crate) fn entry_for(
    agent: &AgentIdentity,
    actor: &str,
    ids: &dyn IdSource,
    event: AuditEvent,
    target: String,
    detail: &impl Serialize,
    now: Timestamp,
) -> Result<AuditEntry, serde_json::Error> {
    Ok(AuditEntry {
        id: AuditEntryId::generate(ids),
        tenant: agent.tenant.clone(),
        workspace: Some(agent.workspace.clone()),
        trace: Some(agent.trace),
        user: Some(agent.user.clone()),
        actor: actor.to_owned(),
        event,
        target: Some(target),
        detail: canonical_json(detail)?,
        occurred_at: now,
    })
}
