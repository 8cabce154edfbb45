//! Tenants' signed tokens: which key proves them.

use std::sync::Arc;

use jsonwebtoken::{AlgorithmFamily, DecodingKey};
use secrecy::SecretString;

use clasper_core::{Clock, Principal, Sha256Digest};
use clasper_identity::AuthError;

use crate::claims::Claims;
use crate::jwks::Jwks;
use crate::proven::ProvenTokens;
use crate::signature::{Unproven, fits, shared_key};

const SECRET_ADVICE: &str = "for HS256, HS384 and HS512 tokens set AGENT_JWT_SECRET to a secret of at least 32 bytes, on this server and at their issuer";
const JWKS_ADVICE: &str =
    "for RSA, ECDSA and EdDSA tokens configure the JWKS address of their issuer";

pub(crate) struct Tokens {
    secret: Option<DecodingKey>,
    jwks: Option<Jwks>,
    clock: Arc<dyn Clock>,
    proven: ProvenTokens<Principal>,
}

impl Tokens {
    pub(crate) fn new(
        secret: Option<&SecretString>,
        jwks: Option<Jwks>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            secret: secret.and_then(shared_key),
            jwks,
            clock,
            proven: ProvenTokens::new(),
        }
    }

    pub(crate) async fn prove(&self, token: &str) -> Result<Principal, AuthError> {
        if !fits(token) {
            return Err(AuthError::Malformed);
        }
        let digest = Sha256Digest::of(token.as_bytes());
        let now = self.clock.now();
        if let Some(principal) = self.proven.find(digest, now) {
            return Ok(principal);
        }
        let unproven = Unproven::read(token)?;
        let claims = self.verify(&unproven).await?;
        let valid_until = claims.valid_until(now)?;
        let principal = claims.principal(unproven.signing_input)?;
        self.proven
            .remember(digest, principal.clone(), now, valid_until);
        Ok(principal)
    }

    /// The family of the algorithm in the header decides where the key comes from, so that a public key can never be
    /// taken for a shared secret or the other way round. `none` is no algorithm that the header may name.
    async fn verify(&self, token: &Unproven<'_>) -> Result<Claims, AuthError> {
        if token.header.alg.family() == AlgorithmFamily::Hmac {
            let key = self.secret.as_ref().ok_or(AuthError::NotConfigured {
                advice: SECRET_ADVICE,
            })?;
            return token.check(key, &token.validation());
        }
        let jwks = self.jwks.as_ref().ok_or(AuthError::NotConfigured {
            advice: JWKS_ADVICE,
        })?;
        let kid = token.header.kid.as_deref().ok_or(AuthError::Invalid)?;
        let key = jwks.key(kid, token.header.alg).await?;
        let mut validation = token.validation();
        jwks.expect_issuer(&mut validation);
        token.check(&key, &validation)
    }
}
