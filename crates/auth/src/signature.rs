//! What all signed tokens have in common: their size, their header and the check of the signature.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, Header, Validation, decode, decode_header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use clasper_identity::AuthError;

use crate::claims::Claims;
use crate::config::MIN_SECRET_BYTES;

/// The longest token looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// A token whose signature is not checked yet.
pub(crate) struct Unproven<'a> {
    token: &'a str,
    /// What stands before the signature: it names the token whatever way its signature is written.
    pub(crate) signing_input: &'a [u8],
    pub(crate) header: Header,
}

impl<'a> Unproven<'a> {
    pub(crate) fn read(token: &'a str) -> Result<Self, AuthError> {
        let (signing_input, _) = token.rsplit_once('.').ok_or(AuthError::Malformed)?;
        let header = decode_header(token).map_err(|_| AuthError::Malformed)?;
        // No extension is understood here, so one that must be understood refuses the token (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return Err(AuthError::Invalid);
        }
        Ok(Self {
            token,
            signing_input: signing_input.as_bytes(),
            header,
        })
    }

    /// Checks of the signature alone. Times are checked against the injected clock, which the library cannot be given.
    pub(crate) fn validation(&self) -> Validation {
        let mut validation = Validation::new(self.header.alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation
    }

    pub(crate) fn check(
        &self,
        key: &DecodingKey,
        validation: &Validation,
    ) -> Result<Claims, AuthError> {
        self.claims(key, validation).map(Claims::new)
    }

    /// The claims as they were written.
    pub(crate) fn claims(
        &self,
        key: &DecodingKey,
        validation: &Validation,
    ) -> Result<Map<String, Value>, AuthError> {
        let data = decode::<Map<String, Value>>(self.token, key, validation);
        match data {
            Ok(data) => Ok(data.claims),
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
}

/// Longer texts are not looked at, not even to find them in the memory of proven tokens.
pub(crate) const fn fits(token: &str) -> bool {
    token.len() <= MAX_TOKEN_BYTES
}

/// The key of a shared secret, unless that is too short to be one.
pub(crate) fn shared_key(secret: &SecretString) -> Option<DecodingKey> {
    let secret = secret.expose_secret().as_bytes();
    (secret.len() >= MIN_SECRET_BYTES).then(|| DecodingKey::from_secret(secret))
}
