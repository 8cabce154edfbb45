//! Signs tokens of single-use capabilities: HS256 under a key derived from the deployment's secret.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use clasper_core::{CanonicalJson, TokenSigner};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::seal::SealKeyError;
use crate::signature::{Unproven, fits};

/// Separates this key from every other use of the same secret (RFC 5869, section 3.2): a token made here opens no door, and
/// a credential is never taken for one.
const PURPOSE: &[u8] = b"clasper capability token v1";

/// Signs and opens tokens of single-use capabilities.
pub struct CapabilityTokens {
    sign: EncodingKey,
    open: DecodingKey,
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl CapabilityTokens {
    /// Derives the key from `secret` (HKDF-SHA256). Another secret does not open what this one signed.
    ///
    /// # Errors
    /// [`SealKeyError`] when the cryptographic library refuses; never for a secret of ordinary length.
    pub fn from_secret(secret: &SecretString) -> Result<Self, SealKeyError> {
        let salt = Salt::new(HKDF_SHA256, b"clasper");
        let material = salt.extract(secret.expose_secret().as_bytes());
        let mut key = [0; 32];
        material
            .expand(&[PURPOSE], KeyLength)
            .and_then(|okm| okm.fill(&mut key))
            .map_err(|_| SealKeyError)?;
        Ok(Self {
            sign: EncodingKey::from_secret(&key),
            open: DecodingKey::from_secret(&key),
        })
    }
}

impl TokenSigner for CapabilityTokens {
    fn sign(&self, claims: &CanonicalJson) -> Option<String> {
        // As they are written: the same claims are the same token.
        let claims = RawValue::from_string(claims.as_str().to_owned()).ok()?;
        if !claims.get().starts_with('{') {
            return None;
        }
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign).ok()
    }

    fn open(&self, token: &str) -> Option<Value> {
        if !fits(token) {
            return None;
        }
        let unproven = Unproven::read(token).ok()?;
        if unproven.header.alg != Algorithm::HS256 {
            return None;
        }
        let claims = unproven.claims(&self.open, &unproven.validation()).ok()?;
        Some(Value::Object(claims))
    }
}

#[cfg(test)]
mod tests {
    use clasper_core::canonical_json;
    use serde_json::json;

    use super::*;

    fn tokens(secret: &str) -> CapabilityTokens {
        CapabilityTokens::from_secret(&secret.into()).expect("an ordinary secret")
    }

    #[test]
    fn the_same_claims_are_the_same_token_and_come_back_as_they_were() {
        let tokens = tokens("a secret of at least thirty-two bytes");
        let claims = json!({"typ": "tool_auth", "tool": "exec", "scope": {"max_cost": 0.5}, "exp": 1_763_700_000});
        let text = canonical_json(&claims).expect("JSON");
        let token = tokens.sign(&text).expect("an object");
        assert_eq!(tokens.sign(&text).as_ref(), Some(&token));
        assert_eq!(tokens.open(&token), Some(claims));
        assert_eq!(
            tokens.sign(&canonical_json(&[1]).expect("JSON")),
            None,
            "claims are an object"
        );
    }

    #[test]
    fn an_altered_a_foreign_and_an_unsigned_token_open_nothing() {
        let tokens = tokens("a secret of at least thirty-two bytes");
        let text = canonical_json(&json!({"tool": "exec"})).expect("JSON");
        let token = tokens.sign(&text).expect("an object");
        let other = self::tokens("another secret of thirty-two bytes!");
        assert_eq!(other.open(&token), None);
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("ASCII");
            // The last character of a signature carries two bits that nobody reads; no other may change.
            let is_padding = at + 1 == token.len();
            assert!(tokens.open(&altered).is_none() || is_padding, "{altered}");
        }
        let (_, rest) = token.split_once('.').expect("three parts");
        let (claims, _) = rest.split_once('.').expect("three parts");
        for forged in [
            // {"alg":"none"}
            format!("eyJhbGciOiJub25lIn0.{claims}."),
            String::new(),
            "a.b.c".to_owned(),
            "x".repeat(10_000),
        ] {
            assert_eq!(tokens.open(&forged), None, "{forged}");
        }
        // The secret itself is another key than the one derived from it.
        let raw = EncodingKey::from_secret(b"a secret of at least thirty-two bytes");
        let forged = jsonwebtoken::encode(&Header::default(), &json!({"tool": "exec"}), &raw);
        assert_eq!(tokens.open(&forged.expect("a token")), None);
    }
}
