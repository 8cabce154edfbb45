//! The three hashes of RFC 9162, section 2.1.1.

use clasper_core::Sha256Digest;
use sha2::{Digest, Sha256};

/// The root of a tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Sha256Digest {
    Sha256Digest::of(&[])
}

/// The hash of a leaf: SHA-256 over a zero byte and the entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Sha256Digest {
    let hash = Sha256::new().chain_update([0]).chain_update(entry);
    Sha256Digest::from_bytes(hash.finalize().into())
}

/// The hash of an inner node: SHA-256 over a one byte and both children.
#[must_use]
pub fn node_hash(left: &Sha256Digest, right: &Sha256Digest) -> Sha256Digest {
    let mut input = [1; 65];
    input[1..33].copy_from_slice(left.as_bytes());
    input[33..].copy_from_slice(right.as_bytes());
    Sha256Digest::of(&input)
}

/// The root over a row of 2^n hashes. Reduces `row` in place.
pub(crate) fn perfect_root(row: &mut [Sha256Digest]) -> Option<Sha256Digest> {
    let mut width = row.len();
    while width > 1 {
        for pair in 0..width / 2 {
            row[pair] = node_hash(&row[2 * pair], &row[2 * pair + 1]);
        }
        width /= 2;
    }
    row.first().copied()
}
