//! The Merkle tree of RFC 9162 (section 2.1): hashing, appending, proofs and their verification.

mod frontier;
mod hash;
mod prove;
mod read;
mod verify;

pub use frontier::{Frontier, FrontierError};
pub(crate) use hash::perfect_root;
pub use hash::{empty_root, leaf_hash, node_hash};
pub use prove::Tree;
pub use read::{ReadError, TileReader, TileSet};
pub use verify::{ProofError, root_of_inclusion, verify_consistency, verify_inclusion};

#[cfg(test)]
mod tests;
