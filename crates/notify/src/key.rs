//! The keys of Standard Webhooks 1.0.0: `whsec_` (HMAC-SHA256), `whsk_` and `whpk_` (Ed25519).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};

const SYMMETRIC_PREFIX: &str = "whsec_";
const PRIVATE_PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";
/// The specification's bounds on symmetric secrets: 192 to 512 bits.
const SYMMETRIC_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const SEED_BYTES: usize = 32;
const PUBLIC_BYTES: usize = 32;
/// Most keys that sign one message: the current one and those it replaces.
pub const MAX_KEYS: usize = 4;

/// Signs messages of one endpoint.
pub struct SigningKey {
    text: SecretString,
    secret: Secret,
}

enum Secret {
    Symmetric(Arc<hmac::Key>),
    Ed25519(Ed25519KeyPair),
}

/// Checks messages of one sender.
#[derive(Clone)]
pub struct VerifyingKey(Check);

#[derive(Clone)]
enum Check {
    Symmetric(Arc<hmac::Key>),
    Ed25519(ParsedPublicKey),
}

/// One to [`MAX_KEYS`] keys, the current one first. During a rotation the old key signs too.
#[derive(Debug)]
pub struct SigningKeys(Vec<SigningKey>);

/// Why a text or bytes are no key. Never quotes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// None of the prefixes that fit here.
    #[error("a signing key starts with whsec_ or whsk_, a verifying key with whsec_ or whpk_")]
    Prefix,
    /// What follows the prefix cannot be read.
    #[error("what follows the prefix of a key is standard base64 with padding")]
    Base64,
    /// A symmetric secret that is too short or too long.
    #[error("a symmetric secret has 24 to 64 bytes")]
    SymmetricLength,
    /// No Ed25519 key.
    #[error(
        "an Ed25519 private key is its 32-byte seed, or seed and public key that belong together; a public key has 32 bytes"
    )]
    Ed25519,
    /// No key, or too many.
    #[error("a message is signed with 1 to {MAX_KEYS} keys")]
    Count,
}

impl SigningKey {
    /// Reads `whsec_…` or `whsk_…`.
    ///
    /// # Errors
    /// [`KeyError`] when the text is not such a key; it does not quote the text.
    pub fn parse(text: &SecretString) -> Result<Self, KeyError> {
        let text = text.expose_secret();
        if let Some(rest) = text.strip_prefix(SYMMETRIC_PREFIX) {
            return Self::symmetric(&decode(rest)?);
        }
        let rest = text.strip_prefix(PRIVATE_PREFIX).ok_or(KeyError::Prefix)?;
        let bytes = decode(rest)?;
        // Seed alone as Go and JavaScript write it, or seed and public key as libsodium does.
        match bytes.split_at_checked(SEED_BYTES) {
            Some((seed, [])) => Self::ed25519_from(seed, None),
            Some((seed, public)) => Self::ed25519_from(seed, Some(public)),
            None => Err(KeyError::Ed25519),
        }
    }

    /// A symmetric key of 24 to 64 random bytes.
    ///
    /// # Errors
    /// [`KeyError::SymmetricLength`].
    pub fn symmetric(secret: &[u8]) -> Result<Self, KeyError> {
        Ok(Self {
            secret: Secret::Symmetric(symmetric_key(secret)?),
            text: format!("{SYMMETRIC_PREFIX}{}", BASE64.encode(secret)).into(),
        })
    }

    /// An Ed25519 key from 32 random bytes.
    ///
    /// # Errors
    /// [`KeyError::Ed25519`] when the cryptographic library refuses.
    pub fn ed25519(seed: &[u8; SEED_BYTES]) -> Result<Self, KeyError> {
        Self::ed25519_from(seed, None)
    }

    /// The key as `whsec_…` or `whsk_…`, to be stored sealed and shown once.
    #[must_use]
    pub fn text(&self) -> &SecretString {
        &self.text
    }

    /// The key that checks what this one signed.
    ///
    /// # Errors
    /// [`KeyError::Ed25519`] when the cryptographic library refuses its own public key.
    pub fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        Ok(VerifyingKey(match &self.secret {
            Secret::Symmetric(key) => Check::Symmetric(Arc::clone(key)),
            Secret::Ed25519(pair) => Check::Ed25519(public_key(pair.public_key().as_ref())?),
        }))
    }

    /// `whpk_…`, which receivers are given. A symmetric key has none.
    #[must_use]
    pub fn public_text(&self) -> Option<String> {
        match &self.secret {
            Secret::Symmetric(_) => None,
            Secret::Ed25519(pair) => {
                let encoded = BASE64.encode(pair.public_key().as_ref());
                Some(format!("{PUBLIC_PREFIX}{encoded}"))
            }
        }
    }

    /// One entry of `webhook-signature`, or `None` when the cryptographic library fails.
    pub(crate) fn signature_of(&self, content: &[u8]) -> Option<String> {
        Some(match &self.secret {
            Secret::Symmetric(key) => {
                format!("v1,{}", BASE64.encode(hmac::sign(key, content).as_ref()))
            }
            Secret::Ed25519(pair) => {
                let signature = pair.try_sign(content).ok()?;
                format!("v1a,{}", BASE64.encode(signature.as_ref()))
            }
        })
    }

    fn ed25519_from(seed: &[u8], public: Option<&[u8]>) -> Result<Self, KeyError> {
        let pair = match public {
            None => Ed25519KeyPair::from_seed_unchecked(seed),
            Some(public) => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        };
        Ok(Self {
            secret: Secret::Ed25519(pair.map_err(|_| KeyError::Ed25519)?),
            text: format!("{PRIVATE_PREFIX}{}", BASE64.encode(seed)).into(),
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey")
    }
}

impl VerifyingKey {
    /// Reads `whsec_…` or `whpk_…`.
    ///
    /// # Errors
    /// [`KeyError`] when the text is not such a key; it does not quote the text.
    pub fn parse(text: &SecretString) -> Result<Self, KeyError> {
        let text = text.expose_secret();
        if let Some(rest) = text.strip_prefix(SYMMETRIC_PREFIX) {
            return Ok(Self(Check::Symmetric(symmetric_key(&decode(rest)?)?)));
        }
        let rest = text.strip_prefix(PUBLIC_PREFIX).ok_or(KeyError::Prefix)?;
        Ok(Self(Check::Ed25519(public_key(&decode(rest)?)?)))
    }

    /// Whether `entry`, one entry of `webhook-signature`, is this key's signature of `content`. An entry of another scheme
    /// never is.
    pub(crate) fn accepts(&self, content: &[u8], entry: &str) -> bool {
        let Some((scheme, encoded)) = entry.split_once(',') else {
            return false;
        };
        let Ok(signature) = BASE64.decode(encoded) else {
            return false;
        };
        match (&self.0, scheme) {
            // Compares in constant time.
            (Check::Symmetric(key), "v1") => hmac::verify(key, content, &signature).is_ok(),
            (Check::Ed25519(key), "v1a") => key.verify_sig(content, &signature).is_ok(),
            _ => false,
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VerifyingKey")
    }
}

impl SigningKeys {
    /// The keys of an endpoint, the current one first.
    ///
    /// # Errors
    /// [`KeyError::Count`] when there is none or more than [`MAX_KEYS`].
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(KeyError::Count);
        }
        Ok(Self(keys))
    }

    pub(crate) fn as_slice(&self) -> &[SigningKey] {
        &self.0
    }
}

fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    BASE64.decode(text).map_err(|_| KeyError::Base64)
}

fn symmetric_key(secret: &[u8]) -> Result<Arc<hmac::Key>, KeyError> {
    if !SYMMETRIC_BYTES.contains(&secret.len()) {
        return Err(KeyError::SymmetricLength);
    }
    Ok(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
}

fn public_key(bytes: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    if bytes.len() != PUBLIC_BYTES {
        return Err(KeyError::Ed25519);
    }
    ParsedPublicKey::new(&ED25519, bytes).map_err(|_| KeyError::Ed25519)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signing(text: &str) -> Result<SigningKey, KeyError> {
        SigningKey::parse(&text.into())
    }

    #[test]
    fn a_secret_outside_the_lengths_of_the_specification_is_refused() {
        for (bytes, fits) in [(0, false), (23, false), (24, true), (64, true), (65, false)] {
            let text = format!("whsec_{}", BASE64.encode(vec![7; bytes]));
            assert_eq!(signing(&text).is_ok(), fits, "{bytes}");
            assert_eq!(VerifyingKey::parse(&text.into()).is_ok(), fits, "{bytes}");
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_and_not_repeated() {
        for (text, expected) in [
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", KeyError::Prefix),
            ("whsec_not base64!", KeyError::Base64),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", KeyError::Base64),
            ("whsk_AAAA", KeyError::Ed25519),
            (
                "whpk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=",
                KeyError::Prefix,
            ),
        ] {
            let error = signing(text).expect_err("no key");
            assert_eq!(error, expected, "{text}");
            assert!(
                !error
                    .to_string()
                    .contains(text.trim_start_matches("whsec_"))
            );
        }
    }

    #[test]
    fn a_private_key_whose_public_half_belongs_to_another_is_refused() {
        let seed = [1; SEED_BYTES];
        let key = SigningKey::ed25519(&seed).expect("a key");
        let public = key.public_text().expect("a public key");
        let public = BASE64
            .decode(&public[PUBLIC_PREFIX.len()..])
            .expect("base64");
        let whole = |public: &[u8]| {
            let text = BASE64.encode([&seed, public].concat());
            signing(&format!("{PRIVATE_PREFIX}{text}"))
        };
        assert_eq!(
            whole(&public).expect("a key").text().expose_secret(),
            key.text().expose_secret()
        );
        assert_eq!(whole(&[9; PUBLIC_BYTES]).err(), Some(KeyError::Ed25519));
        assert_eq!(whole(&public[1..]).err(), Some(KeyError::Ed25519));
    }

    #[test]
    fn keys_do_not_show_in_debug_output() {
        let key = SigningKey::symmetric(&[b'k'; 32]).expect("a key");
        let shown = format!("{:?} {:?}", key, key.verifying_key());
        assert_eq!(shown, "SigningKey Ok(VerifyingKey)");
    }

    #[test]
    fn an_endpoint_has_one_to_four_keys() {
        let keys = |count| {
            let key = || SigningKey::symmetric(&[1; 32]).expect("a key");
            SigningKeys::new(std::iter::repeat_with(key).take(count).collect())
        };
        assert_eq!(keys(0).err(), Some(KeyError::Count));
        assert_eq!(keys(5).err(), Some(KeyError::Count));
        assert!(keys(1).is_ok() && keys(4).is_ok());
    }
}
