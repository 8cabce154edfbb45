//! What the authenticator is told: which credentials this server accepts, and their keys.

use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use clasper_core::TenantId;

/// The shortest secret that is accepted as configured, in bytes. A shorter one is treated as missing.
pub const MIN_SECRET_BYTES: usize = 32;

/// Which credentials this server accepts. A kind that is left out is refused, never waved through.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// Verifies tenants' HS256, HS384 and HS512 tokens.
    pub agent_jwt_secret: Option<SecretString>,
    /// Verifies tenants' RSA, ECDSA and `EdDSA` tokens.
    pub jwks: Option<JwksConfig>,
    /// Which adapters' tokens are accepted.
    pub adapters: Option<AdapterTokenConfig>,
    /// The key of the trusted backend (`X-Agent-Daemon-Key`).
    pub daemon_key: Option<SecretString>,
    /// The tenant that the daemon key acts for when a request names none.
    pub default_tenant: TenantId,
}

/// Tokens of adapters (`X-Adapter-Token`).
#[derive(Debug, Clone)]
pub struct AdapterTokenConfig {
    /// Verifies HS256, HS384 and HS512 tokens of type `adapter`. Every adapter that signs its own tokens holds it and can
    /// name any tenant, workspace and capability with it. One that is also another secret of this server is treated as
    /// missing.
    pub secret: SecretString,
    /// The longest time from `iat` to `exp` of an accepted token.
    pub longest_life: Duration,
}

impl AdapterTokenConfig {
    /// The longest life of a token unless configured otherwise: a working day and the night after it.
    pub const LONGEST_LIFE: Duration = Duration::from_hours(24);
}

/// An issuer whose public keys are fetched.
#[derive(Debug, Clone)]
pub struct JwksConfig {
    /// Where its JSON Web Key Set is. Whoever controls what this address answers can issue tokens for every tenant, so
    /// it should be `https` unless it stays on this machine.
    pub url: Url,
    /// The `iss` that its tokens must carry; `None` does not look.
    pub issuer: Option<String>,
    /// The `aud` that its tokens must carry; `None` does not look.
    pub audience: Option<String>,
    /// How old the fetched keys may become before they are fetched again.
    pub refresh: Duration,
}
