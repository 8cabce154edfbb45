//! Lists of words that are looked up for every capital word.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// A list of words.
pub(crate) type List = HashSet<&'static str, BuildHasherDefault<Fnv>>;

/// FNV-1a: the words are our own, so nobody can choose them to collide, and every capital word is looked up.
#[derive(Debug)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The last word of a text, whatever stands behind it.
pub(crate) fn last_word(text: &str) -> &str {
    let end = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    end.rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
}
