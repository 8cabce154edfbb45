//! The right edge of a tree: all that is needed to append to it and to know its root.

use clasper_core::Sha256Digest;

use crate::merkle::{empty_root, node_hash};

/// Why hashes are no right edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrontierError {
    /// A tree of this size has another number of complete subtrees.
    #[error("a tree of {size} leaves has {expected} complete subtrees at its edge, not {found}")]
    Count {
        /// The size.
        size: u64,
        /// How many subtrees it has.
        expected: u32,
        /// How many hashes were given.
        found: usize,
    },
}

/// The roots of the complete subtrees that make up a tree, the largest (leftmost) first; at most 64 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Sha256Digest>,
}

impl Frontier {
    /// The edge of a tree of `size` leaves from its hashes.
    ///
    /// # Errors
    /// [`FrontierError::Count`] when the number of hashes does not fit the size.
    pub fn from_nodes(size: u64, nodes: Vec<Sha256Digest>) -> Result<Self, FrontierError> {
        let expected = size.count_ones();
        if u32::try_from(nodes.len()) == Ok(expected) {
            Ok(Self { size, nodes })
        } else {
            Err(FrontierError::Count {
                size,
                expected,
                found: nodes.len(),
            })
        }
    }

    /// Appends a leaf, by its hash.
    pub fn append(&mut self, leaf: Sha256Digest) {
        let mut node = leaf;
        // Each trailing one bit of the size is a complete subtree of the height that the new node has just reached.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The tree's root.
    #[must_use]
    pub fn root(&self) -> Sha256Digest {
        let join = |right: Sha256Digest, left: &Sha256Digest| node_hash(left, &right);
        let mut nodes = self.nodes.iter().rev();
        match nodes.next() {
            Some(last) => nodes.fold(*last, join),
            None => empty_root(),
        }
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes, the largest subtree first.
    #[must_use]
    pub fn nodes(&self) -> &[Sha256Digest] {
        &self.nodes
    }
}
