//! The port for authentication: what a request presents, and the principal that comes of it.

use async_trait::async_trait;

use clasper_core::{
    Classify, Credential, ErrorKind, PermissionSet, Principal, StoreError, TenantId,
};

use crate::AdapterPrincipal;

/// The credentials as they stood in a request. It has no `Debug`, so that they cannot reach a log.
#[derive(Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The token of `Authorization: Bearer`, without the scheme.
    pub bearer: Option<&'a str>,
    /// The value of `X-Agent-Daemon-Key`.
    pub daemon_key: Option<&'a str>,
}

/// Proven credentials, before it is settled which tenant the request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// A credential of one tenant: a token or an API key.
    Tenant(Principal),
    /// The daemon key of a trusted backend.
    Daemon(DaemonAuthentication),
}

/// A trusted backend, which names the tenant that each request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonAuthentication {
    default_tenant: TenantId,
    bearer: Option<Principal>,
}

impl DaemonAuthentication {
    /// The daemon key, with the tenant to act for when a request names none, and the principal of a bearer that came
    /// beside the key.
    #[must_use]
    pub const fn new(default_tenant: TenantId, bearer: Option<Principal>) -> Self {
        Self {
            default_tenant,
            bearer,
        }
    }

    fn act_for(&self, named: Option<&TenantId>) -> Result<Principal, TenantMismatch> {
        let bearer = self.bearer.as_ref();
        let own = bearer.map(|principal| &principal.tenant);
        if let (Some(own), Some(named)) = (own, named)
            && own != named
        {
            return Err(TenantMismatch);
        }
        Ok(Principal {
            tenant: named.or(own).unwrap_or(&self.default_tenant).clone(),
            user: bearer.and_then(|principal| principal.user.clone()),
            permissions: PermissionSet::all(),
            credential: Credential::DaemonKey,
            allowed_tools: bearer.and_then(|principal| principal.allowed_tools.clone()),
        })
    }
}

impl Authentication {
    /// The principal for this request. A tenant credential may name only its own tenant. The daemon key may name any,
    /// except that a bearer beside it must agree; without a name it acts for its bearer's tenant, else for the
    /// configured default.
    ///
    /// # Errors
    /// [`TenantMismatch`] when `named` is not the credential's tenant.
    pub fn act_for(&self, named: Option<&TenantId>) -> Result<Principal, TenantMismatch> {
        match self {
            Self::Tenant(principal) if named.is_none_or(|name| *name == principal.tenant) => {
                Ok(principal.clone())
            }
            Self::Tenant(_) => Err(TenantMismatch),
            Self::Daemon(daemon) => daemon.act_for(named),
        }
    }

    /// Whether this is the daemon key alone: whose tenant it acts for is up to each request.
    #[must_use]
    pub const fn names_nobody(&self) -> bool {
        matches!(self, Self::Daemon(daemon) if daemon.bearer.is_none())
    }

    /// What per-credential rate limits count by: the same for every request with the same credential.
    #[must_use]
    pub const fn limit_key(&self) -> Credential {
        match self {
            Self::Tenant(principal) => principal.credential,
            Self::Daemon(_) => Credential::DaemonKey,
        }
    }
}

/// Proves credentials. Implemented by `clasper-auth`; the HTTP kit holds it as `Arc<dyn Authenticator>`.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Proves what a request presents.
    async fn authenticate(&self, presented: Presented<'_>) -> Result<Authentication, AuthError>;

    /// Proves the token of an adapter, the value of `X-Adapter-Token`. Without an implementation every token is refused.
    async fn authenticate_adapter(&self, token: &str) -> Result<AdapterPrincipal, AuthError> {
        let _ = token;
        Err(AuthError::NotConfigured {
            advice: "this server takes no adapters",
        })
    }
}

/// Why credentials were not accepted. Before a signature is proven, no variant says what was wrong with a credential;
/// after that, its holder may be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The request carries none.
    #[error(
        "no credentials: send `Authorization: Bearer` with a tenant token or an API key, or `X-Agent-Daemon-Key`"
    )]
    Missing,
    /// A credential is not one that we accept.
    #[error(
        "the credential is not valid: check that it was issued for this server, was not revoked and was copied whole"
    )]
    Invalid,
    /// A token that was once good.
    #[error("the token has expired: ask its issuer for a new one")]
    Expired,
    /// A token that is not good yet.
    #[error("the token is not valid yet: compare its issuer's clock with this server's")]
    NotYetValid,
    /// A token that is properly signed, but whose claims cannot be used.
    #[error("the token's claim `{claim}` is missing or unusable: ask its issuer to set it")]
    Claim {
        /// The claim.
        claim: &'static str,
    },
    /// A token made for another door, such as the agent token that Clasper itself sends to backends.
    #[error("a token of this type is not accepted here: send a tenant token or an API key")]
    WrongType,
    /// It has not the form of a token or key.
    #[error(
        "the bearer is neither an API key (`clk_…`) nor a signed token: send one of them as issued, at most 8 KiB"
    )]
    Malformed,
    /// The request of an adapter carries no token.
    #[error("missing adapter token: send it as `X-Adapter-Token`")]
    MissingAdapterToken,
    /// The adapter token has not the form of a token, or came twice.
    #[error(
        "the adapter token is neither an adapter's key (`cla_…`) nor a signed token: send one as issued, once, as `X-Adapter-Token`, at most 8 KiB"
    )]
    MalformedAdapterToken,
    /// An operator has disabled the adapter, or revoked its keys.
    #[error("this adapter is disabled: an operator has to enable it")]
    AdapterDisabled,
    /// A properly signed token that was not made for adapters.
    #[error("invalid adapter token type: its issuer must set the claim `type` to `adapter`")]
    NotAdapterToken,
    /// A token that is good for longer than this server accepts.
    #[error(
        "the token is good for longer than the {longest_secs} s that this server accepts: ask its issuer for one with less between `iat` and `exp`"
    )]
    LifeTooLong {
        /// The longest time between `iat` and `exp`, in seconds.
        longest_secs: u64,
    },
    /// This kind of credential is not set up on this server.
    #[error("this kind of credential is not set up here: {advice}")]
    NotConfigured {
        /// What the operator should do.
        advice: &'static str,
    },
    /// The issuer's public keys cannot be fetched, so that its tokens cannot be checked.
    #[error(
        "the token cannot be checked now because its issuer's keys cannot be fetched: try again"
    )]
    KeysUnavailable,
    /// The database could not answer.
    #[error("the credential cannot be checked now")]
    Store(#[from] StoreError),
}

impl Classify for AuthError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing
            | Self::Invalid
            | Self::Expired
            | Self::NotYetValid
            | Self::Claim { .. }
            | Self::WrongType
            | Self::Malformed
            | Self::MissingAdapterToken
            | Self::MalformedAdapterToken
            | Self::NotAdapterToken
            | Self::LifeTooLong { .. }
            | Self::NotConfigured { .. } => ErrorKind::Unauthenticated,
            Self::AdapterDisabled => ErrorKind::Forbidden,
            Self::KeysUnavailable => ErrorKind::Unavailable,
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing | Self::MissingAdapterToken => "missing_credentials",
            Self::Invalid => "invalid_token",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Claim { .. } => "invalid_claim",
            Self::WrongType | Self::NotAdapterToken => "wrong_token_type",
            Self::Malformed | Self::MalformedAdapterToken => "malformed_token",
            Self::AdapterDisabled => "adapter_disabled",
            Self::LifeTooLong { .. } => "token_life_too_long",
            Self::NotConfigured { .. } => "credential_not_configured",
            Self::KeysUnavailable => "issuer_keys_unavailable",
            Self::Store(error) => error.code(),
        }
    }
}

/// The request names a tenant that is not its credential's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the tenant named in the request is not the credential's own: leave `tenant_id` out, or use that tenant's credential"
)]
pub struct TenantMismatch;

impl Classify for TenantMismatch {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Forbidden
    }

    fn code(&self) -> &'static str {
        "tenant_mismatch"
    }
}
