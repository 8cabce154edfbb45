//! Tenants' signed tokens: which key proves them, and the memory of those already proven.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{AlgorithmFamily, DecodingKey, Header, Validation, decode, decode_header};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use clasper_core::{Clock, Principal, Sha256Digest, Timestamp};
use clasper_identity::AuthError;

use crate::claims::Claims;
use crate::config::MIN_SECRET_BYTES;
use crate::jwks::Jwks;

/// The longest token looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How long a proven token is not proven again, and so the longest that it outlives the withdrawal of its key.
const PROVEN_SECS: u32 = 60;
/// Proven tokens remembered.
const PROVEN_TOKENS: u64 = 20_000;

const SECRET_ADVICE: &str = "for HS256, HS384 and HS512 tokens set AGENT_JWT_SECRET to a secret of at least 32 bytes, on this server and at their issuer";
const JWKS_ADVICE: &str =
    "for RSA, ECDSA and EdDSA tokens configure the JWKS address of their issuer";

pub(crate) struct Tokens {
    secret: Option<DecodingKey>,
    jwks: Option<Jwks>,
    clock: Arc<dyn Clock>,
    proven: Cache<Sha256Digest, Arc<Proven>>,
}

struct Proven {
    principal: Principal,
    /// The end of the token's validity or of our memory of it, whichever comes first.
    until: Timestamp,
}

impl Tokens {
    pub(crate) fn new(
        secret: Option<&SecretString>,
        jwks: Option<Jwks>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let secret = secret
            .map(|secret| secret.expose_secret().as_bytes())
            .filter(|secret| secret.len() >= MIN_SECRET_BYTES)
            .map(DecodingKey::from_secret);
        let proven = Cache::builder()
            .max_capacity(PROVEN_TOKENS)
            .time_to_live(Duration::from_secs(PROVEN_SECS.into()))
            .build();
        Self {
            secret,
            jwks,
            clock,
            proven,
        }
    }

    pub(crate) async fn prove(&self, token: &str) -> Result<Principal, AuthError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthError::Malformed);
        }
        let digest = Sha256Digest::of(token.as_bytes());
        let now = self.clock.now();
        if let Some(proven) = self.proven.get(&digest).filter(|hit| now < hit.until) {
            return Ok(proven.principal.clone());
        }
        let claims = self.verify(token).await?;
        let valid_until = claims.valid_until(now)?;
        let (signing_input, _) = token.rsplit_once('.').ok_or(AuthError::Malformed)?;
        let principal = claims.principal(signing_input.as_bytes())?;
        let proven = Proven {
            principal: principal.clone(),
            until: valid_until.min(now + TimeDelta::seconds(PROVEN_SECS.into())),
        };
        self.proven.insert(digest, Arc::new(proven));
        Ok(principal)
    }

    /// The family of the algorithm in the header decides where the key comes from, so that a public key can never be
    /// taken for a shared secret or the other way round. `none` is no algorithm that the header may name.
    async fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        let header = decode_header(token).map_err(|_| AuthError::Malformed)?;
        // No extension is understood here, so one that must be understood refuses the token (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return Err(AuthError::Invalid);
        }
        if header.alg.family() == AlgorithmFamily::Hmac {
            let key = self.secret.as_ref().ok_or(AuthError::NotConfigured {
                advice: SECRET_ADVICE,
            })?;
            return check(token, key, &validation(&header));
        }
        let jwks = self.jwks.as_ref().ok_or(AuthError::NotConfigured {
            advice: JWKS_ADVICE,
        })?;
        let kid = header.kid.as_deref().ok_or(AuthError::Invalid)?;
        let key = jwks.key(kid, header.alg).await?;
        let mut validation = validation(&header);
        jwks.expect_issuer(&mut validation);
        check(token, &key, &validation)
    }
}

/// Checks of the signature alone. Times are checked against the injected clock, which the library cannot be given.
fn validation(header: &Header) -> Validation {
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn check(token: &str, key: &DecodingKey, validation: &Validation) -> Result<Claims, AuthError> {
    let data = decode::<Map<String, Value>>(token, key, validation);
    match data {
        Ok(data) => Ok(Claims::new(data.claims)),
        Err(error) => Err(match error.kind() {
            ErrorKind::InvalidIssuer => AuthError::Claim { claim: "iss" },
            ErrorKind::InvalidAudience => AuthError::Claim { claim: "aud" },
            ErrorKind::MissingRequiredClaim(name) => AuthError::Claim {
                claim: if name == "iss" { "iss" } else { "aud" },
            },
            _ => AuthError::Invalid,
        }),
    }
}
