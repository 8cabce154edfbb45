//! The secret of an API key: how it looks, where it comes from, what is kept of it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use clasper_core::Sha256Digest;

/// What every API key begins with, so that people, scanners and the authenticator know one when they see it.
pub const API_KEY_MARK: &str = "clk_";
/// What every adapter's own key begins with. No token of another kind does.
pub const ADAPTER_KEY_MARK: &str = "cla_";

/// Random bytes in a key.
const RANDOM_BYTES: usize = 32;
/// Their length in unpadded base64url.
const ENCODED_CHARS: usize = 43;
/// How much of a key stays visible: the mark and 48 random bits, which tell keys apart and leave 208 to guess.
const PREFIX_CHARS: usize = 12;

/// Where the random bytes of new keys come from.
pub trait SecretSource: Send + Sync {
    /// Fresh bytes that nobody can guess.
    ///
    /// # Errors
    /// [`NoRandomness`] when the source cannot deliver; a key is then not made.
    fn random_bytes(&self) -> Result<[u8; RANDOM_BYTES], NoRandomness>;
}

/// The source of randomness failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct NoRandomness;

/// The randomness of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSecrets;

impl SecretSource for SystemSecrets {
    fn random_bytes(&self) -> Result<[u8; RANDOM_BYTES], NoRandomness> {
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(bytes)
    }
}

/// A new secret: `clk_` and 43 characters of base64url.
pub(crate) fn generate(source: &dyn SecretSource) -> Result<SecretString, NoRandomness> {
    marked(API_KEY_MARK, source)
}

/// A new key for an adapter, `cla_` and 43 characters of base64url, with the part that may be shown again.
///
/// # Errors
/// [`NoRandomness`].
pub fn new_adapter_key(source: &dyn SecretSource) -> Result<(SecretString, String), NoRandomness> {
    let secret = marked(ADAPTER_KEY_MARK, source)?;
    let prefix = prefix(&secret);
    Ok((secret, prefix))
}

fn marked(mark: &str, source: &dyn SecretSource) -> Result<SecretString, NoRandomness> {
    let encoded = URL_SAFE_NO_PAD.encode(source.random_bytes()?);
    Ok(SecretString::from(format!("{mark}{encoded}")))
}

/// The part of a secret that may be shown again.
pub(crate) fn prefix(secret: &SecretString) -> String {
    secret.expose_secret().chars().take(PREFIX_CHARS).collect()
}

/// The digest under which the API key with this secret is stored, or `None` when the text has not the form of one,
/// so that nonsense costs no query.
#[must_use]
pub fn api_key_digest(presented: &str) -> Option<Sha256Digest> {
    digest_of(API_KEY_MARK, presented)
}

/// The same for an adapter's own key.
#[must_use]
pub fn adapter_key_digest(presented: &str) -> Option<Sha256Digest> {
    digest_of(ADAPTER_KEY_MARK, presented)
}

fn digest_of(mark: &str, presented: &str) -> Option<Sha256Digest> {
    let encoded = presented.strip_prefix(mark)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (encoded.len() == ENCODED_CHARS && encoded.bytes().all(fits))
        .then(|| Sha256Digest::of(presented.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_has_the_published_form() {
        let secret = generate(&SystemSecrets).expect("the system has randomness");
        assert_eq!(secret.expose_secret().len(), 47);
        assert!(api_key_digest(secret.expose_secret()).is_some());
        assert_eq!(prefix(&secret).len(), 12);
        assert!(secret.expose_secret().starts_with(&prefix(&secret)));
    }

    #[test]
    fn two_secrets_differ() {
        let draw = || generate(&SystemSecrets).expect("the system has randomness");
        assert_ne!(draw().expose_secret(), draw().expose_secret());
    }

    #[test]
    fn text_that_is_no_key_has_no_digest() {
        for text in [
            "",
            "clk_",
            "clk_short",
            "sk_0123456789012345678901234567890123456789012",
            "clk_0123456789012345678901234567890123456789 12",
            "clk_01234567890123456789012345678901234567890123",
        ] {
            assert_eq!(api_key_digest(text), None, "{text:?} was taken for a key");
        }
    }
}
