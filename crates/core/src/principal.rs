//! Who acts: the principal, made only by authentication, and the tenant scope every query takes.

use crate::{
    AdapterKeyId, ApiKeyId, Permission, PermissionSet, Sha256Digest, TenantId, TraceId, UserId,
};

/// The kind of credential a principal came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// A tenant's JWT, named by the digest of its signing input so that limits can be kept per token.
    TenantToken(Sha256Digest),
    /// A tenant's API key.
    ApiKey(ApiKeyId),
    /// The daemon key of a trusted backend.
    DaemonKey,
    /// An adapter's token, named by the digest of its signing input.
    AdapterToken(Sha256Digest),
    /// A key that Clasper issued to an adapter.
    AdapterKey(AdapterKeyId),
    /// A command run by someone with access to the machine and the database.
    LocalOperator,
    /// Clasper itself: recovery, reconciliation, delivery.
    System,
}

impl Credential {
    /// The kind's name in audit entries.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::TenantToken(_) => "tenant_token",
            Self::ApiKey(_) => "api_key",
            Self::DaemonKey => "daemon_key",
            Self::AdapterToken(_) => "adapter_token",
            Self::AdapterKey(_) => "adapter_key",
            Self::LocalOperator => "local_operator",
            Self::System => "system",
        }
    }
}

/// Who acts. The tenant comes from the credential, never from a request body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenant whose data this principal may touch.
    pub tenant: TenantId,
    /// The user of the tenant's product, when the credential names one.
    pub user: Option<UserId>,
    /// What the principal may do.
    pub permissions: PermissionSet,
    /// How it proved who it is.
    pub credential: Credential,
    /// Tools the tenant lets this principal's agents use (`*`, exact names, `ns:*`); `None` means no restriction
    /// beyond the workspace's own.
    pub allowed_tools: Option<Vec<String>>,
}

impl Principal {
    /// Clasper itself, acting within `tenant`.
    #[must_use]
    pub fn system(tenant: TenantId) -> Self {
        Self {
            tenant,
            user: None,
            permissions: PermissionSet::EMPTY,
            credential: Credential::System,
            allowed_tools: None,
        }
    }

    /// The actor's name in audit entries: kind of credential, and the key or user where there is one.
    #[must_use]
    pub fn actor(&self) -> String {
        let kind = self.credential.kind();
        match (&self.credential, &self.user) {
            (Credential::ApiKey(id), _) => format!("{kind}:{id}"),
            (_, Some(user)) => format!("{kind}:{user}"),
            _ => kind.to_owned(),
        }
    }
}

/// A principal with the request it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who acts.
    pub principal: Principal,
    /// The id for the trace of what this request does; never used before.
    pub trace: TraceId,
}

impl Caller {
    /// The scope of the caller's queries.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        TenantScope {
            tenant: self.principal.tenant.clone(),
        }
    }

    /// Whether the caller holds `permission`.
    #[must_use]
    pub const fn may(&self, permission: Permission) -> bool {
        self.principal.permissions.contains(permission)
    }
}

/// The tenant that a query is confined to. It cannot be made from a string in a request: only from a [`Caller`],
/// or by background work that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantScope {
    tenant: TenantId,
}

impl TenantScope {
    /// The scope of background work on behalf of `tenant` (recovery, verification, delivery).
    #[must_use]
    pub const fn system(tenant: TenantId) -> Self {
        Self { tenant }
    }

    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}
