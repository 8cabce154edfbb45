//! What stands in the place of a found value.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::vault::{Token, TokenVault, VaultError};
use crate::{Entity, Error};

/// Length of a block of SHA-256, to which HMAC pads its key.
const BLOCK: usize = 64;

/// Bytes of the digest that a pseudonym shows: 64 bits, so that two values of one system hardly ever share one.
const SHOWN: usize = 8;

/// Values longer than this many bytes are masked whatever the strategy: nobody needs them back, and a stream keeps a value
/// until its end.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// What to write instead of a found value.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// A fixed word per kind, such as `[EMAIL]`.
    #[default]
    Mask,
    /// A keyed pseudonym, such as `[EMAIL#cmhbokgfdpanjlei]`: equal values stay recognisable as equal.
    Hash {
        /// The key of the HMAC, one per tenant; without it a pseudonym cannot be guessed from a list of candidates.
        key: HashKey,
    },
    /// A token, such as `⟦EMAIL_1⟧`, from which those who are allowed get the value back. Where no [`TokenVault`] is given,
    /// the mask.
    Tokenise,
    /// Nothing. The value of a named field keeps its mask, because a bare `password:` would claim the next word, and so does
    /// a value whose two sides would become one word.
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

/// The strategy of each kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strategies {
    pub default: Strategy,
    pub of: BTreeMap<Entity, Strategy>,
    /// Masks that people chose themselves.
    pub masks: BTreeMap<Entity, String>,
}

/// A found value and what is around it.
pub(crate) struct Found<'v> {
    pub entity: Entity,
    pub labelled: bool,
    pub value: &'v str,
    pub before: Option<char>,
    pub after: Option<char>,
}

impl Strategies {
    pub fn get(&self, entity: Entity) -> &Strategy {
        self.of.get(&entity).unwrap_or(&self.default)
    }

    fn mask(&self, out: &mut String, entity: Entity) {
        if let Some(mask) = self.masks.get(&entity) {
            out.push_str(mask);
        } else {
            out.push('[');
            out.push_str(entity.label());
            out.push(']');
        }
    }

    /// Appends what stands for a value.
    pub fn write(
        &self,
        out: &mut String,
        found: &Found<'_>,
        vault: Option<&dyn TokenVault>,
    ) -> Result<(), Error> {
        if found.value.len() > MAX_VALUE_BYTES {
            self.mask(out, found.entity);
            return Ok(());
        }
        match self.get(found.entity) {
            Strategy::Mask => self.mask(out, found.entity),
            Strategy::Hash { key } => {
                out.push('[');
                out.push_str(found.entity.label());
                out.push('#');
                // Letters a to p and not hexadecimal: digits could be taken for a card or telephone number later.
                for byte in &key.authenticate(found.value.as_bytes())[..SHOWN] {
                    out.push(char::from(b'a' + (byte >> 4)));
                    out.push(char::from(b'a' + (byte & 15)));
                }
                out.push(']');
            }
            Strategy::Tokenise => match vault {
                Some(vault) => {
                    let token = vault.token(found.entity, found.value)?;
                    if token.entity() != found.entity {
                        return Err(Error::Vault(VaultError::WrongToken));
                    }
                    out.push_str(token.as_str());
                }
                None => self.mask(out, found.entity),
            },
            Strategy::Drop if found.labelled || joins(found.before) && joins(found.after) => {
                self.mask(out, found.entity);
            }
            Strategy::Drop => {}
        }
        Ok(())
    }
}

/// Whether a character would become one word with one on the other side of a gap.
fn joins(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || "._%+-@:/".contains(c))
}

/// Whether `text` is what an earlier redaction wrote, so that it is neither found nor counted again.
pub(crate) fn is_replacement(text: &str) -> bool {
    if Token::parse(text).is_some() {
        return true;
    }
    let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return false;
    };
    let (label, pseudonym) = inner.split_once('#').unwrap_or((inner, ""));
    let pseudonym_fits = pseudonym.is_empty()
        || (pseudonym.len() == 2 * SHOWN && pseudonym.bytes().all(|b| (b'a'..=b'p').contains(&b)));
    pseudonym_fits
        && (Entity::ALL.iter().any(|entity| entity.label() == label)
            || Entity::custom(label).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{Found, HashKey, Strategies, Strategy, is_replacement};
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
        let strategies = Strategies {
            default: Strategy::Hash {
                key: HashKey::new("k"),
            },
            ..Strategies::default()
        };
        let found = Found {
            entity: Entity::Secret,
            labelled: true,
            value: "x",
            before: None,
            after: None,
        };
        strategies
            .write(&mut hashed, &found, None)
            .expect("a hash needs nobody");
        assert!(is_replacement(&hashed), "{hashed}");
        for own in ["[SECRET]", "[SSN]", "[EMPLOYEE_ID]", "⟦EMAIL_1⟧"] {
            assert!(is_replacement(own), "{own}");
        }
        for other in [
            "",
            "[",
            "[]",
            "[secret]",
            "[SECRET",
            "[SECRET#abc]",
            "[hunter2]",
            "⟦EMAIL⟧",
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
