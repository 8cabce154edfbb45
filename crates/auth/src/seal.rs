//! Seals what must be kept unredacted for a while: AES-256-GCM under a key derived from the deployment's secret.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use clasper_core::{DeriveKey, Seal};
use secrecy::{ExposeSecret, SecretString};

/// Separates this key from every other use of the same secret (RFC 5869, section 3.2).
const PURPOSE: &[u8] = b"clasper sealed payload v1";

/// Authenticated encryption (NIST SP 800-38D) with a fresh random nonce per record, stored before the ciphertext.
pub struct AeadSeal {
    key: RandomizedNonceKey,
    /// What further keys are derived from.
    material: Prk,
}

/// The key could not be derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealing key could not be derived from the secret")]
pub struct SealKeyError;

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl AeadSeal {
    /// Derives the key from `secret` (HKDF-SHA256). Another secret cannot open what this one sealed.
    ///
    /// # Errors
    /// [`SealKeyError`] when the cryptographic library refuses; never for a secret of ordinary length.
    pub fn from_secret(secret: &SecretString) -> Result<Self, SealKeyError> {
        let salt = Salt::new(HKDF_SHA256, b"clasper");
        let material = salt.extract(secret.expose_secret().as_bytes());
        let key = expanded(&material, &[PURPOSE]).ok_or(SealKeyError)?;
        RandomizedNonceKey::new(&AES_256_GCM, &key)
            .map(|key| Self { key, material })
            .map_err(|_| SealKeyError)
    }
}

fn expanded(material: &Prk, info: &[&[u8]]) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let okm = material.expand(info, KeyLength).ok()?;
    okm.fill(&mut key).ok()?;
    Some(key)
}

impl DeriveKey for AeadSeal {
    fn derive_key(&self, purpose: &str, context: &[u8]) -> Option<[u8; 32]> {
        // No purpose holds NUL, so two pairs never make the same key, nor the key of the seal.
        expanded(&self.material, &[purpose.as_bytes(), b"\0", context])
    }
}

impl Seal for AeadSeal {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut text = plain.to_vec();
        match self
            .key
            .seal_in_place_append_tag(Aad::from(context), &mut text)
        {
            Ok(nonce) => [nonce.as_ref().as_slice(), &text].concat(),
            // Only a text of more than 64 GiB is refused. What cannot be sealed is not kept.
            Err(_) => Vec::new(),
        }
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let plain = self
            .key
            .open_in_place(nonce, Aad::from(context), &mut text)
            .ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secret: &str) -> AeadSeal {
        AeadSeal::from_secret(&secret.into()).expect("an ordinary secret")
    }

    #[test]
    fn what_is_sealed_opens_in_its_context_alone() {
        let seal = seal("a secret of at least thirty-two bytes");
        let sealed = seal.seal(b"outbox:1", b"bob@example.com");
        assert_eq!(
            seal.open(b"outbox:1", &sealed).as_deref(),
            Some(b"bob@example.com".as_slice())
        );
        assert_eq!(seal.open(b"outbox:2", &sealed), None);
        assert!(!sealed.windows(3).any(|w| w == b"bob"));
    }

    #[test]
    fn every_purpose_and_context_has_a_key_of_its_own() {
        let keys = seal("a secret of at least thirty-two bytes");
        let made = [
            ("hash", "acme"),
            ("hash", "globex"),
            ("token", "acme"),
            ("hasha", "cme"),
        ]
        .map(|(purpose, context)| keys.derive_key(purpose, context.as_bytes()));
        for (i, key) in made.iter().enumerate() {
            assert!(key.is_some());
            assert!(!made[..i].contains(key), "{i}");
        }
        assert_eq!(made[0], keys.derive_key("hash", b"acme"));
        let other = seal("another secret of thirty-two bytes!");
        assert_ne!(made[0], other.derive_key("hash", b"acme"));
    }

    #[test]
    fn another_secret_or_an_altered_record_opens_nothing() {
        let sealed = seal("a secret of at least thirty-two bytes").seal(b"", b"text");
        assert_eq!(
            seal("another secret of thirty-two bytes!").open(b"", &sealed),
            None
        );
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(
                seal("a secret of at least thirty-two bytes").open(b"", &altered),
                None
            );
        }
        assert_eq!(
            seal("a secret of at least thirty-two bytes").open(b"", b"short"),
            None
        );
    }
}
