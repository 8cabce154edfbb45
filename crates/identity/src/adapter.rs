//! An adapter that has proven who it is.

use clasper_core::{AdapterId, Credential, TenantId, WorkspaceId};

/// An adapter: an executor outside Clasper, such as a gateway on someone's machine, that asks before it acts. All of it
/// comes from the adapter's token, never from a request. It holds no permission of people: it may ask, and report what
/// it was asked to do, within its capabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterPrincipal {
    /// The tenant it asks for.
    pub tenant: TenantId,
    /// The workspace it asks for, the only one.
    pub workspace: WorkspaceId,
    /// Which adapter it is.
    pub adapter: AdapterId,
    /// What it may ask for: exact names, in order, each once. None of them stands for others.
    pub capabilities: Vec<String>,
    /// The token it came with: [`Credential::AdapterToken`], or [`Credential::AdapterKey`] with what the registry says it can do.
    pub credential: Credential,
}

impl AdapterPrincipal {
    /// The actor's name in audit entries: `adapter:` and the adapter's id. No actor of another kind begins like this.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("adapter:{}", self.adapter)
    }

    /// Whether its token lets it ask for `capability`. Names are compared as they are written.
    #[must_use]
    pub fn may_ask_for(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|own| own == capability)
    }
}
