//! Keys of signed notes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The longest key name accepted, in bytes; ours to bound what is read.
const MAX_NAME_BYTES: usize = 512;

/// What a key signs and how: the signature type byte of signed-note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// `0x01`: Ed25519 over the note's text.
    Ed25519,
    /// `0x04`: a witness's Ed25519 over the text and the time (C2SP tlog-cosignature, `cosignature/v1`).
    CosignatureV1,
}

impl KeyKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::CosignatureV1 => 4,
        }
    }
}

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Empty, too long, or with a space, a plus or a control character.
    #[error("a key name must be 1 to 512 bytes without spaces, plus signs and control characters")]
    Name,
    /// Not `name+hash+base64`.
    #[error("a verifier key must look like name+0123abcd+base64")]
    Shape,
    /// The hash in the text is not that of name and key: a part of it was changed or cut.
    #[error("the key's hash does not fit its name and its bytes")]
    Hash,
    /// Another algorithm than Ed25519 or `cosignature/v1`.
    #[error("only Ed25519 keys (types 1 and 4) are supported")]
    Kind,
    /// Not 32 bytes, or rejected by the signature algorithm.
    #[error("the key's bytes are no Ed25519 key")]
    Bytes,
}

/// A public key under its name. Its text is `name+hash+base64`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: Arc<str>,
    kind: KeyKind,
    public: [u8; 32],
}

impl VerifierKey {
    /// The key with these parts.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn new(name: &str, kind: KeyKind, public: [u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        Ok(Self {
            name: name.into(),
            kind,
            public,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Its 32 bytes (RFC 8032).
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The first four bytes of SHA-256 over name, newline, type and key.
    #[must_use]
    pub fn id(&self) -> u32 {
        key_id(&self.name, self.kind, &self.public)
    }

    /// Whether `signature` over `message` was made with the private half.
    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind.byte()];
        bytes.extend_from_slice(&self.public);
        let key = STANDARD.encode(bytes);
        write!(f, "{}+{:08x}+{key}", self.name, self.id())
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Shape);
        };
        let bytes = STANDARD.decode(key).map_err(|_| KeyError::Shape)?;
        let (kind, public) = bytes.split_first().ok_or(KeyError::Shape)?;
        let kind = match kind {
            1 => KeyKind::Ed25519,
            4 => KeyKind::CosignatureV1,
            _ => return Err(KeyError::Kind),
        };
        let public = public.try_into().map_err(|_| KeyError::Bytes)?;
        let key = Self::new(name, kind, public)?;
        // Compared as text, so that capitals and signs are refused.
        if format!("{:08x}", key.id()) == hash {
            Ok(key)
        } else {
            Err(KeyError::Hash)
        }
    }
}

/// The private half, without a name. Never shown.
#[derive(Clone)]
pub struct KeyPair(Arc<Ed25519KeyPair>);

impl KeyPair {
    /// The key pair of a 32-byte seed (RFC 8032). The seed must come from a cryptographic random source.
    ///
    /// # Errors
    /// [`KeyError::Bytes`].
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Bytes)?;
        Ok(Self(Arc::new(pair)))
    }

    /// The public half's 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Bytes`]; never for a pair that was made from a seed.
    pub fn public(&self) -> Result<[u8; 32], KeyError> {
        let bytes = self.0.public_key().as_ref();
        bytes.try_into().map_err(|_| KeyError::Bytes)
    }

    /// The pair under a name. One pair may sign under several: a tenant's log key is named after the log's origin.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn named(&self, name: &str, kind: KeyKind) -> Result<SigningKey, KeyError> {
        Ok(SigningKey {
            verifier: VerifierKey::new(name, kind, self.public()?)?,
            pair: self.clone(),
        })
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(secret)")
    }
}

/// A key pair under its name.
#[derive(Debug, Clone)]
pub struct SigningKey {
    verifier: VerifierKey,
    pair: KeyPair,
}

impl SigningKey {
    /// Its public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.pair.0.try_sign(message).map_err(|_| KeyError::Bytes)?;
        Ok(signature.as_ref().to_vec())
    }
}

fn key_id(name: &str, kind: KeyKind, public: &[u8; 32]) -> u32 {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind.byte()])
        .chain_update(public)
        .finalize();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

pub(crate) fn check_name(name: &str) -> Result<(), KeyError> {
    let bad = |c: char| c.is_whitespace() || c == '+' || c.is_control();
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains(bad) {
        return Err(KeyError::Name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn a_key_survives_its_text_and_no_mangling_of_it_is_accepted() {
        let key: VerifierKey = PETER.parse().expect("the key of Go's own tests");
        assert_eq!(key.to_string(), PETER);
        assert_eq!(key.id(), 0xc74f_20a3);
        for start in 0..PETER.len() {
            for end in start + 1..=PETER.len() {
                if end - start < PETER.len() {
                    assert!(PETER[start..end].parse::<VerifierKey>().is_err());
                }
            }
        }
        for place in 0..PETER.len() {
            let mut bytes = PETER.as_bytes().to_vec();
            bytes[place] += 1;
            let mangled = String::from_utf8(bytes).expect("ASCII");
            assert!(mangled.parse::<VerifierKey>().is_err(), "{mangled}");
        }
        for bad in [
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            assert!(bad.parse::<VerifierKey>().is_err());
        }
    }

    #[test]
    fn a_private_key_is_never_shown() {
        let pair = KeyPair::from_seed(&[7; 32]).expect("32 bytes");
        let key = pair.named("example.com/log", KeyKind::Ed25519);
        let shown = format!("{pair:?} {key:?}");
        assert!(shown.contains("KeyPair(secret)"));
        assert!(!shown.contains("7, 7"));
    }

    #[test]
    fn a_name_with_a_space_a_plus_or_nothing_is_refused() {
        for bad in ["", "a b", "a+b", "a\nb", "a\u{2003}b", &"x".repeat(513)] {
            assert_eq!(
                VerifierKey::new(bad, KeyKind::Ed25519, [0; 32]),
                Err(KeyError::Name)
            );
        }
    }
}
