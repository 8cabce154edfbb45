//! What stands in the place of a found value.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::Entity;

/// Length of a block of SHA-256, to which HMAC pads its key.
const BLOCK: usize = 64;

/// Bytes of the digest that a pseudonym shows: 64 bits, so that two values of one system hardly ever share one.
const SHOWN: usize = 8;

/// What to write instead of a found value.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// A fixed word per kind, such as `[EMAIL]`.
    #[default]
    Mask,
    /// A keyed pseudonym, such as `[EMAIL#cmhbokgfdpanjlei]`: equal values stay recognisable as equal.
    Hash {
        /// The key of the HMAC; without it a pseudonym cannot be guessed from a list of candidates.
        key: HashKey,
    },
    /// Nothing. The value of a named field keeps its mask, because a bare `password:` would claim the next word, and so does a
    /// text whose two sides would form a new value once the gap between them closes.
    Drop,
}

/// The key of [`Strategy::Hash`]; it never appears in debug output.
#[derive(Clone)]
pub struct HashKey(Arc<[u8]>);

impl HashKey {
    /// Takes the key's bytes.
    #[must_use]
    pub fn new(key: impl AsRef<[u8]>) -> Self {
        Self(key.as_ref().into())
    }

    /// HMAC-SHA-256 (RFC 2104) of `value`.
    fn authenticate(&self, value: &[u8]) -> [u8; 32] {
        let mut block = [0_u8; BLOCK];
        if self.0.len() > BLOCK {
            block[..32].copy_from_slice(&Sha256::digest(&self.0));
        } else {
            block[..self.0.len()].copy_from_slice(&self.0);
        }
        let inner = Sha256::new()
            .chain_update(block.map(|byte| byte ^ 0x36))
            .chain_update(value)
            .finalize();
        Sha256::new()
            .chain_update(block.map(|byte| byte ^ 0x5c))
            .chain_update(inner)
            .finalize()
            .into()
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

impl Strategy {
    /// Appends what stands for `value`; `labelled` says that its field name stays in the text.
    pub(crate) fn write(&self, out: &mut String, entity: Entity, labelled: bool, value: &str) {
        match self {
            Self::Mask => out.push_str(entity.mask()),
            Self::Hash { key } => {
                out.push('[');
                out.push_str(entity.label());
                out.push('#');
                // Letters a to p and not hexadecimal: digits could be taken for a card or telephone number later.
                for byte in &key.authenticate(value.as_bytes())[..SHOWN] {
                    out.push(char::from(b'a' + (byte >> 4)));
                    out.push(char::from(b'a' + (byte & 15)));
                }
                out.push(']');
            }
            Self::Drop if labelled => out.push_str(entity.mask()),
            Self::Drop => {}
        }
    }
}

/// Whether `text` is what an earlier redaction wrote, so that it is neither found nor counted again.
pub(crate) fn is_replacement(text: &str) -> bool {
    let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return false;
    };
    let (label, pseudonym) = inner.split_once('#').unwrap_or((inner, ""));
    let pseudonym_fits = pseudonym.is_empty()
        || (pseudonym.len() == 2 * SHOWN && pseudonym.bytes().all(|b| (b'a'..=b'p').contains(&b)));
    pseudonym_fits && Entity::ALL.iter().any(|entity| entity.label() == label)
}

#[cfg(test)]
mod tests {
    use super::{HashKey, Strategy, is_replacement};
    use crate::Entity;

    #[test]
    fn the_pseudonym_is_hmac_sha256() {
        // Test case 2 of RFC 4231, and its case 6, whose key is longer than a block.
        let short = HashKey::new("Jefe").authenticate(b"what do ya want for nothing?");
        assert_eq!(short[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        let long = HashKey::new([0xaa; 131])
            .authenticate(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(long[..4], [0x60, 0xe4, 0x31, 0x59]);
    }

    #[test]
    fn replacements_are_recognised_and_nothing_else_is() {
        let mut hashed = String::new();
        let strategy = Strategy::Hash {
            key: HashKey::new("k"),
        };
        strategy.write(&mut hashed, Entity::Secret, true, "x");
        assert!(is_replacement(&hashed), "{hashed}");
        assert!(is_replacement("[SECRET]") && is_replacement("[SSN]"));
        for other in [
            "",
            "[",
            "[]",
            "[secret]",
            "[SECRET",
            "[SECRET#abc]",
            "[hunter2]",
        ] {
            assert!(!is_replacement(other), "{other}");
        }
    }

    #[test]
    fn debug_output_hides_the_key() {
        let strategy = Strategy::Hash {
            key: HashKey::new("top-secret"),
        };
        assert!(!format!("{strategy:?}").contains("top"));
    }
}
