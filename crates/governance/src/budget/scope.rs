//! What a budget is for: the tenant, or a part of it.

use std::fmt;
use std::str::FromStr;

use clasper_core::{AgentId, ExecutionId, SessionId, WorkspaceId};
use serde::{Deserialize, Serialize};

/// What a budget is for, from the widest to the narrowest. The order is the order in which refusals are named.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BudgetScope {
    /// The whole tenant.
    Tenant,
    /// A workspace.
    Workspace(WorkspaceId),
    /// An agent.
    Agent(AgentId),
    /// A session.
    Session(SessionId),
    /// One execution.
    Run(ExecutionId),
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a budget scope: expected tenant, workspace:<id>, agent:<id>, session:<id> or run:<execution id>"
)]
pub struct ScopeError;

impl BudgetScope {
    /// The kind's name: the part before the colon.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Workspace(_) => "workspace",
            Self::Agent(_) => "agent",
            Self::Session(_) => "session",
            Self::Run(_) => "run",
        }
    }

    /// Where the scope stands among the five kinds, the tenant first. A request names at most one scope of each kind.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Tenant => 0,
            Self::Workspace(_) => 1,
            Self::Agent(_) => 2,
            Self::Session(_) => 3,
            Self::Run(_) => 4,
        }
    }
}

impl fmt::Display for BudgetScope {
    /// The stored name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => f.write_str(self.kind()),
            Self::Workspace(id) => write!(f, "{}:{id}", self.kind()),
            Self::Agent(id) => write!(f, "{}:{id}", self.kind()),
            Self::Session(id) => write!(f, "{}:{id}", self.kind()),
            Self::Run(id) => write!(f, "{}:{id}", self.kind()),
        }
    }
}

impl FromStr for BudgetScope {
    type Err = ScopeError;

    /// Reads a stored name. An id may itself hold colons.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if text == "tenant" {
            return Ok(Self::Tenant);
        }
        let (kind, id) = text.split_once(':').ok_or(ScopeError)?;
        let read = match kind {
            "workspace" => WorkspaceId::new(id).ok().map(Self::Workspace),
            "agent" => AgentId::new(id).ok().map(Self::Agent),
            "session" => SessionId::new(id).ok().map(Self::Session),
            "run" => id.parse().ok().map(Self::Run),
            _ => None,
        };
        read.ok_or(ScopeError)
    }
}

impl TryFrom<String> for BudgetScope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<BudgetScope> for String {
    fn from(scope: BudgetScope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use clasper_core::SequentialIds;

    use super::*;

    #[test]
    fn a_scope_survives_its_stored_name() {
        let run = ExecutionId::generate(&SequentialIds::default());
        for scope in [
            BudgetScope::Tenant,
            BudgetScope::Workspace(WorkspaceId::new("main").expect("a name")),
            BudgetScope::Agent(AgentId::new("support").expect("a name")),
            BudgetScope::Session(SessionId::new("user:7:support").expect("a name")),
            BudgetScope::Run(run),
        ] {
            assert_eq!(scope.to_string().parse(), Ok(scope.clone()));
            let json = serde_json::to_string(&scope).expect("JSON");
            assert_eq!(
                serde_json::from_str::<BudgetScope>(&json).expect("reads"),
                scope
            );
        }
    }

    #[test]
    fn a_name_of_no_scope_is_refused() {
        for bad in [
            "",
            "tenant:acme",
            "workspace",
            "workspace:",
            "run:7",
            "user:7",
            "agent:a/b",
        ] {
            assert_eq!(bad.parse::<BudgetScope>(), Err(ScopeError), "{bad}");
        }
    }
}
