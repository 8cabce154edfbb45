//! The port through which hashes of the tree are read: tiles, never the tree.

use std::collections::BTreeMap;
use std::convert::Infallible;

use clasper_core::Sha256Digest;

use crate::merkle::hash::perfect_root;
use crate::tiles::{TILE_HEIGHT, Tile};

/// Reads tiles of one tenant's tree.
///
/// The port does not wait: a store that does its reading elsewhere asks [`crate::Tree`] which tiles an answer takes, fetches them
/// and hands over a [`TileSet`].
pub trait TileReader {
    /// Why a tile could not be read.
    type Error;

    /// The first [`Tile::width`] hashes of the tile. A full tile in place of a partial one is fine: what is beyond is ignored.
    ///
    /// # Errors
    /// When the tile cannot be read.
    fn read_tile(&self, tile: Tile) -> Result<Vec<Sha256Digest>, Self::Error>;
}

/// Tiles that were fetched.
#[derive(Debug, Clone, Default)]
pub struct TileSet(BTreeMap<(u8, u64), Vec<Sha256Digest>>);

impl TileSet {
    /// Adds a tile; replaces it where it is there.
    pub fn insert(&mut self, tile: Tile, hashes: Vec<Sha256Digest>) {
        self.0.insert((tile.level(), tile.index()), hashes);
    }
}

impl TileReader for TileSet {
    type Error = Infallible;

    fn read_tile(&self, tile: Tile) -> Result<Vec<Sha256Digest>, Infallible> {
        let hashes = self.0.get(&(tile.level(), tile.index()));
        Ok(hashes.cloned().unwrap_or_default())
    }
}

/// Why a question about a tree has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// The question goes beyond the tree.
    #[error("{asked} lies beyond a tree of {size} leaves")]
    Beyond {
        /// The index or size asked for.
        asked: u64,
        /// The tree's size.
        size: u64,
    },
    /// A tile has fewer hashes than the tree's size asks for.
    #[error("tile {path} has {found} hashes of {expected}", path = tile.path(), expected = tile.width())]
    Short {
        /// The tile.
        tile: Tile,
        /// How many hashes it has.
        found: usize,
    },
    /// The port failed.
    #[error("a tile could not be read")]
    Port(#[source] E),
}

/// Gives the roots of complete subtrees.
pub(crate) trait Nodes {
    type Error;

    /// The root of the complete subtree of 2^`level` leaves that starts at leaf `index` × 2^`level`.
    fn node(&mut self, level: u32, index: u64) -> Result<Sha256Digest, Self::Error>;
}

/// Where in the tiles a subtree lies: the tile's level and index, the place of its first hash there, and how many there are.
fn place(level: u32, index: u64) -> (u8, u64, usize, usize) {
    let below = level % TILE_HEIGHT;
    let first = index << below;
    let tile_level = u8::try_from(level / TILE_HEIGHT).unwrap_or(u8::MAX);
    let offset = usize::from((first & 0xff) as u8);
    (tile_level, first >> TILE_HEIGHT, offset, 1 << below)
}

/// Nodes out of tiles; each tile is read once.
pub(crate) struct FromTiles<'a, R> {
    pub(crate) reader: &'a R,
    pub(crate) size: u64,
    pub(crate) read: BTreeMap<(u8, u64), Vec<Sha256Digest>>,
}

impl<R: TileReader> Nodes for FromTiles<'_, R> {
    type Error = ReadError<R::Error>;

    fn node(&mut self, level: u32, index: u64) -> Result<Sha256Digest, Self::Error> {
        let (tile_level, tile_index, offset, count) = place(level, index);
        let beyond = ReadError::Beyond {
            asked: index,
            size: self.size,
        };
        let tile = Tile::in_tree(tile_level, tile_index, self.size).ok_or(beyond)?;
        let hashes = match self.read.entry((tile_level, tile_index)) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let hashes = self.reader.read_tile(tile).map_err(ReadError::Port)?;
                if hashes.len() < usize::from(tile.width()) {
                    return Err(ReadError::Short {
                        tile,
                        found: hashes.len(),
                    });
                }
                entry.insert(hashes)
            }
        };
        let mut row = hashes
            .get(offset..offset + count)
            .ok_or(ReadError::Short {
                tile,
                found: hashes.len(),
            })?
            .to_vec();
        perfect_root(&mut row).ok_or(ReadError::Short { tile, found: 0 })
    }
}

/// Notes which tiles are asked for.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) size: u64,
    pub(crate) tiles: BTreeMap<(u8, u64), Tile>,
}

impl Nodes for Plan {
    type Error = Infallible;

    fn node(&mut self, level: u32, index: u64) -> Result<Sha256Digest, Infallible> {
        let (tile_level, tile_index, ..) = place(level, index);
        if let Some(tile) = Tile::in_tree(tile_level, tile_index, self.size) {
            self.tiles.insert((tile_level, tile_index), tile);
        }
        Ok(Sha256Digest::from_bytes([0; 32]))
    }
}
