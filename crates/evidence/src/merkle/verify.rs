//! Verification of proofs, as RFC 9162 lays it out in sections 2.1.3.2 and 2.1.4.2: independent of how we make them.

use clasper_core::Sha256Digest;

use crate::merkle::{empty_root, node_hash};

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The index or the older size lies beyond the tree.
    #[error("{asked} lies beyond a tree of {size} leaves")]
    Beyond {
        /// The index or older size.
        asked: u64,
        /// The tree's size.
        size: u64,
    },
    /// Too many or too few hashes for the sizes.
    #[error("the proof has {found} hashes, which does not fit the sizes")]
    Length {
        /// How many it has.
        found: usize,
    },
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The root to which an inclusion proof leads.
///
/// # Errors
/// [`ProofError`] when index, size and proof do not fit one another.
pub fn root_of_inclusion(
    leaf: &Sha256Digest,
    index: u64,
    size: u64,
    proof: &[Sha256Digest],
) -> Result<Sha256Digest, ProofError> {
    if index >= size {
        return Err(ProofError::Beyond { asked: index, size });
    }
    let length = ProofError::Length { found: proof.len() };
    let (mut node, mut last) = (index, size - 1);
    let mut root = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            root = node_hash(&root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last == 0 { Ok(root) } else { Err(length) }
}

/// Whether the leaf is at `index` of the tree of `size` leaves with this `root`.
///
/// # Errors
/// [`ProofError`] when it is not proven.
pub fn verify_inclusion(
    leaf: &Sha256Digest,
    index: u64,
    size: u64,
    proof: &[Sha256Digest],
    root: &Sha256Digest,
) -> Result<(), ProofError> {
    if root_of_inclusion(leaf, index, size, proof)? == *root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// Whether the tree of `to` leaves continues the tree of `from` leaves. Each is a size and a root.
///
/// # Errors
/// [`ProofError`] when it is not proven.
pub fn verify_consistency(
    from: (u64, &Sha256Digest),
    to: (u64, &Sha256Digest),
    proof: &[Sha256Digest],
) -> Result<(), ProofError> {
    let length = ProofError::Length { found: proof.len() };
    let same = |same: bool| if same { Ok(()) } else { Err(ProofError::Root) };
    if from.0 > to.0 {
        return Err(ProofError::Beyond {
            asked: from.0,
            size: to.0,
        });
    }
    if from.0 == to.0 || from.0 == 0 {
        if !proof.is_empty() {
            return Err(length);
        }
        return same(if from.0 == to.0 {
            from.1 == to.1 && (from.0 > 0 || *from.1 == empty_root())
        } else {
            *from.1 == empty_root()
        });
    }
    // The older tree's root is a node of the newer tree when its size is a power of two, and then not part of the proof.
    let (seed, rest) = if from.0.is_power_of_two() {
        (from.1, proof)
    } else {
        proof.split_first().ok_or(length)?
    };
    let shift = (from.0 - 1).trailing_ones();
    let (mut node, mut last) = (
        (from.0 - 1).checked_shr(shift).unwrap_or(0),
        (to.0 - 1).checked_shr(shift).unwrap_or(0),
    );
    let (mut old, mut new) = (*seed, *seed);
    for sibling in rest {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new = node_hash(&new, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(length);
    }
    same(old == *from.1 && new == *to.1)
}
