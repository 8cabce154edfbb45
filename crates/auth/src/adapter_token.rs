//! Adapters' signed tokens: proven by a secret of their own, which opens no other door.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::{AlgorithmFamily, DecodingKey};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use clasper_core::{Clock, Sha256Digest};
use clasper_identity::{AdapterPrincipal, AuthError};

use crate::config::AuthConfig;
use crate::proven::ProvenTokens;
use crate::signature::{Unproven, fits, shared_key};

const SECRET_ADVICE: &str = "to take adapters set ADAPTER_JWT_SECRET to a secret of at least 32 bytes that is neither AGENT_JWT_SECRET nor AGENT_DAEMON_API_KEY, on this server and at the adapter";
const ALGORITHM_ADVICE: &str =
    "adapter tokens are signed with HS256, HS384 or HS512 and ADAPTER_JWT_SECRET";

pub(crate) struct AdapterTokens {
    key: Option<DecodingKey>,
    longest_life: TimeDelta,
    clock: Arc<dyn Clock>,
    proven: ProvenTokens<AdapterPrincipal>,
}

impl AdapterTokens {
    pub(crate) fn new(config: &AuthConfig, clock: Arc<dyn Clock>) -> Self {
        // Adapters hold their secret. If it were another door's as well, each could make itself a tenant or the daemon.
        let others = [&config.agent_jwt_secret, &config.daemon_key];
        let own = |secret: &SecretString| {
            let mut others = others.iter().filter_map(|other| other.as_ref());
            !others.any(|other| same(secret, other))
        };
        let adapters = config.adapters.as_ref();
        let key = adapters
            .filter(|adapters| own(&adapters.secret))
            .and_then(|adapters| shared_key(&adapters.secret));
        let longest_life = adapters.map_or(Duration::ZERO, |adapters| adapters.longest_life);
        Self {
            key,
            longest_life: TimeDelta::from_std(longest_life).unwrap_or(TimeDelta::MAX),
            clock,
            proven: ProvenTokens::new(),
        }
    }

    pub(crate) fn prove(&self, token: &str) -> Result<AdapterPrincipal, AuthError> {
        let Some(key) = &self.key else {
            return Err(AuthError::NotConfigured {
                advice: SECRET_ADVICE,
            });
        };
        if !fits(token) {
            return Err(AuthError::MalformedAdapterToken);
        }
        let digest = Sha256Digest::of(token.as_bytes());
        let now = self.clock.now();
        if let Some(principal) = self.proven.find(digest, now) {
            return Ok(principal);
        }
        let unproven = Unproven::read(token).map_err(|error| match error {
            AuthError::Malformed => AuthError::MalformedAdapterToken,
            other => other,
        })?;
        if unproven.header.alg.family() != AlgorithmFamily::Hmac {
            return Err(AuthError::NotConfigured {
                advice: ALGORITHM_ADVICE,
            });
        }
        let claims = unproven.check(key, &unproven.validation())?;
        claims.check_adapter_type()?;
        let valid_until = claims.valid_until(now)?;
        claims.check_life(now, self.longest_life)?;
        let principal = claims.adapter(unproven.signing_input)?;
        self.proven
            .remember(digest, principal.clone(), now, valid_until);
        Ok(principal)
    }
}

/// Whether two secrets are one. Digests are of one length, so that a comparison tells nothing of the secrets'.
fn same(one: &SecretString, other: &SecretString) -> bool {
    let digest = |secret: &SecretString| Sha256Digest::of(secret.expose_secret().as_bytes());
    digest(one)
        .as_bytes()
        .ct_eq(digest(other).as_bytes())
        .into()
}
