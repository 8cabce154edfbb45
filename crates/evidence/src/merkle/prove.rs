//! Roots and proofs of a tree, read from its tiles: O(log n) of them, whatever the question.

use std::collections::BTreeMap;

use clasper_core::Sha256Digest;

use crate::merkle::read::{FromTiles, Nodes, Plan};
use crate::merkle::{Frontier, ReadError, TileReader, empty_root, node_hash};
use crate::tiles::Tile;

/// A tree of a certain size. The questions come in pairs: which tiles an answer takes, and the answer out of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    size: u64,
}

impl Tree {
    /// The tree that the log's first `size` entries make.
    #[must_use]
    pub const fn of_size(size: u64) -> Self {
        Self { size }
    }

    /// How many leaves it has.
    #[must_use]
    pub const fn size(self) -> u64 {
        self.size
    }

    /// The root.
    ///
    /// # Errors
    /// [`ReadError`] when tiles are missing.
    pub fn root<R: TileReader>(self, reader: &R) -> Result<Sha256Digest, ReadError<R::Error>> {
        range_root(&mut self.nodes(reader), 0, self.size)
    }

    /// The right edge, from which a writer goes on.
    ///
    /// # Errors
    /// [`ReadError`] when tiles are missing.
    pub fn frontier<R: TileReader>(self, reader: &R) -> Result<Frontier, ReadError<R::Error>> {
        let mut source = self.nodes(reader);
        let mut nodes = Vec::new();
        let mut start = 0;
        for level in (0..u64::BITS).rev().filter(|l| self.size >> l & 1 == 1) {
            nodes.push(source.node(level, start >> level)?);
            start += 1 << level;
        }
        Ok(Frontier::from_nodes(self.size, nodes).unwrap_or_default())
    }

    /// The tiles of [`Self::root`] and [`Self::frontier`].
    #[must_use]
    pub fn root_tiles(self) -> Vec<Tile> {
        let mut plan = self.plan();
        let Ok(_) = range_root(&mut plan, 0, self.size);
        plan.tiles.into_values().collect()
    }

    /// The inclusion proof of the leaf at `index` (RFC 9162, section 2.1.3.1), from the leaf's sibling up.
    ///
    /// # Errors
    /// [`ReadError::Beyond`] when there is no such leaf; others when tiles are missing.
    pub fn inclusion<R: TileReader>(
        self,
        index: u64,
        reader: &R,
    ) -> Result<Vec<Sha256Digest>, ReadError<R::Error>> {
        if index >= self.size {
            return Err(self.beyond(index));
        }
        path(&mut self.nodes(reader), index, 0, self.size)
    }

    /// The tiles of [`Self::inclusion`]; none when there is no such leaf.
    #[must_use]
    pub fn inclusion_tiles(self, index: u64) -> Vec<Tile> {
        let mut plan = self.plan();
        if index < self.size {
            let Ok(_) = path(&mut plan, index, 0, self.size);
        }
        plan.tiles.into_values().collect()
    }

    /// The proof that this tree continues the one of size `from` (RFC 9162, section 2.1.4.1). Empty for `from` 0 and the tree's
    /// own size.
    ///
    /// # Errors
    /// [`ReadError::Beyond`] when `from` is larger than the tree; others when tiles are missing.
    pub fn consistency<R: TileReader>(
        self,
        from: u64,
        reader: &R,
    ) -> Result<Vec<Sha256Digest>, ReadError<R::Error>> {
        if from > self.size {
            return Err(self.beyond(from));
        }
        if from == 0 {
            return Ok(Vec::new());
        }
        subproof(&mut self.nodes(reader), from, 0, self.size, true)
    }

    /// The tiles of [`Self::consistency`]; none when `from` is larger than the tree.
    #[must_use]
    pub fn consistency_tiles(self, from: u64) -> Vec<Tile> {
        let mut plan = self.plan();
        if from > 0 && from <= self.size {
            let Ok(_) = subproof(&mut plan, from, 0, self.size, true);
        }
        plan.tiles.into_values().collect()
    }

    const fn nodes<R>(self, reader: &R) -> FromTiles<'_, R> {
        FromTiles {
            reader,
            size: self.size,
            read: BTreeMap::new(),
        }
    }

    const fn plan(self) -> Plan {
        Plan {
            size: self.size,
            tiles: BTreeMap::new(),
        }
    }

    const fn beyond<E>(self, asked: u64) -> ReadError<E> {
        ReadError::Beyond {
            asked,
            size: self.size,
        }
    }
}

/// The largest power of two below `count`, which is at least 2.
const fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// MTH(D[start:end]). Every range that is asked for starts at a multiple of the power of two that spans it, so its complete subtrees are
/// subtrees of the log.
fn range_root<N: Nodes>(nodes: &mut N, start: u64, end: u64) -> Result<Sha256Digest, N::Error> {
    let count = end - start;
    if count == 0 {
        return Ok(empty_root());
    }
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return nodes.node(level, start >> level);
    }
    let middle = start + split(count);
    let left = range_root(nodes, start, middle)?;
    let right = range_root(nodes, middle, end)?;
    Ok(node_hash(&left, &right))
}

/// PATH(index, D[start:end]).
fn path<N: Nodes>(
    nodes: &mut N,
    index: u64,
    start: u64,
    end: u64,
) -> Result<Vec<Sha256Digest>, N::Error> {
    if end - start == 1 {
        return Ok(Vec::new());
    }
    let middle = start + split(end - start);
    let (mut proof, sibling) = if index < middle {
        (
            path(nodes, index, start, middle)?,
            range_root(nodes, middle, end)?,
        )
    } else {
        (
            path(nodes, index, middle, end)?,
            range_root(nodes, start, middle)?,
        )
    };
    proof.push(sibling);
    Ok(proof)
}

/// SUBPROOF(from, D[start:end], known), where `from` counts leaves of the whole log.
fn subproof<N: Nodes>(
    nodes: &mut N,
    from: u64,
    start: u64,
    end: u64,
    known: bool,
) -> Result<Vec<Sha256Digest>, N::Error> {
    if from == end {
        return if known {
            Ok(Vec::new())
        } else {
            Ok(vec![range_root(nodes, start, end)?])
        };
    }
    let middle = start + split(end - start);
    let (mut proof, sibling) = if from <= middle {
        (
            subproof(nodes, from, start, middle, known)?,
            range_root(nodes, middle, end)?,
        )
    } else {
        (
            subproof(nodes, from, middle, end, false)?,
            range_root(nodes, start, middle)?,
        )
    };
    proof.push(sibling);
    Ok(proof)
}
