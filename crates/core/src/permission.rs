//! What a caller may do, by name, and the roles that bundle permissions.

use std::fmt;
use std::str::FromStr;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// One thing that a route or service asks for before it acts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Permission {
            $($(#[$doc])* $variant,)*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in tokens, keys and errors.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl FromStr for Permission {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($name => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    };
}

permissions! {
    /// Send messages to agents.
    AgentRun = "agent:run";
    /// Read traces.
    TraceView = "trace:view";
    /// Send spans of instrumentation.
    TraceIngest = "trace:ingest";
    /// Label and annotate traces.
    TraceAnnotate = "trace:annotate";
    /// Read the audit log.
    AuditView = "audit:view";
    /// Take the log away with what hangs on it, as a bundle.
    AuditExport = "audit:export";
    /// Read budgets.
    BudgetView = "budget:view";
    /// Set budgets.
    BudgetModify = "budget:modify";
    /// Read usage totals.
    UsageView = "usage:view";
    /// Create tenants.
    TenantCreate = "tenant:create";
    /// Issue and revoke API keys.
    KeyManage = "key:manage";
    /// Read policies and bundles, and ask what they would decide.
    PolicyView = "policy:view";
    /// Save policies and activate bundles.
    PolicyManage = "policy:manage";
    /// Read decisions and what was asked.
    DecisionView = "decision:view";
    /// Approve or deny pending decisions; each names the role that it needs besides.
    DecisionResolve = "decision:resolve";
    /// Let one execution pass against policy, with a reason, for minutes.
    OverrideUse = "override:use";
    /// Read the adapter registry.
    AdapterView = "adapter:view";
    /// Change the adapter registry: certification, enablement, keys.
    AdapterManage = "adapter:manage_keys";
    /// Set up, change and look at the endpoints of webhooks.
    WebhookManage = "webhook:manage";
    /// Read how the tenant's texts are redacted, and try it.
    RedactionView = "redaction:view";
    /// Change how the tenant's texts are redacted.
    RedactionManage = "redaction:manage";
    /// See the values behind tokens in the answers to one's own messages.
    RedactionReveal = "redaction:reveal";
    /// See the values behind tokens in stored traces. Every reading is in the log.
    TraceRaw = "trace:raw";
    /// Read how long traces are kept, and how much of them.
    RetentionView = "retention:view";
    /// Change that, hold everything, and drop what is past its days.
    RetentionModify = "retention:modify";
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PermissionSet(u32);

impl PermissionSet {
    /// No permission.
    pub const EMPTY: Self = Self(0);

    /// Every permission.
    #[must_use]
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// This set and one more.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u32)
    }

    /// This set without one.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !(1 << permission as u32))
    }

    /// Whether the set holds `permission`.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// The permissions in the set, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |p| self.contains(*p))
    }

    /// Whether every permission of `other` is in this set.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The permissions common to both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// The roles of people and keys, from least to most (seed 004, ops roles; `agent` for backends that only send messages).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Sends messages and spans, sees the answers, and nothing else.
    Agent,
    /// Reads traces.
    Viewer,
    /// Sends messages; reads everything of the tenant; labels and annotates traces; resolves decisions that ask for no higher role.
    Operator,
    /// Also changes budgets, policies, redaction, retention and adapters, and may override.
    ReleaseManager,
    /// Also issues keys, and reads what was redacted from traces.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[
        Self::Agent,
        Self::Viewer,
        Self::Operator,
        Self::ReleaseManager,
        Self::Admin,
    ];

    /// Its name in tokens and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::ReleaseManager => "release_manager",
            Self::Admin => "admin",
        }
    }

    /// What the role may do within its tenant.
    #[must_use]
    pub fn permissions(self) -> PermissionSet {
        use Permission as P;
        let viewer = PermissionSet::EMPTY.with(P::TraceView);
        let operator = viewer
            .with(P::AgentRun)
            .with(P::TraceAnnotate)
            .with(P::TraceIngest)
            .with(P::AuditView)
            .with(P::AuditExport)
            .with(P::BudgetView)
            .with(P::UsageView)
            .with(P::PolicyView)
            .with(P::DecisionView)
            .with(P::DecisionResolve)
            .with(P::AdapterView)
            .with(P::RedactionView)
            .with(P::RedactionReveal)
            .with(P::RetentionView);
        let release_manager = operator
            .with(P::BudgetModify)
            .with(P::PolicyManage)
            .with(P::OverrideUse)
            .with(P::AdapterManage)
            .with(P::WebhookManage)
            .with(P::RedactionManage)
            .with(P::RetentionModify);
        match self {
            Self::Agent => PermissionSet::EMPTY
                .with(P::AgentRun)
                .with(P::TraceIngest)
                .with(P::RedactionReveal),
            Self::Viewer => viewer,
            Self::Operator => operator,
            Self::ReleaseManager => release_manager,
            Self::Admin => release_manager.with(P::KeyManage).with(P::TraceRaw),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .iter()
            .copied()
            .find(|r| r.name() == text)
            .ok_or(UnknownRole)
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown role: expected agent, viewer, operator, release_manager or admin")]
pub struct UnknownRole;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_and_roles_survive_their_names() {
        for permission in Permission::ALL {
            assert_eq!(permission.name().parse(), Ok(*permission));
        }
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(*role));
        }
    }

    #[test]
    fn no_tenant_role_may_create_tenants() {
        for role in Role::ALL {
            assert!(!role.permissions().contains(Permission::TenantCreate));
        }
    }
}
