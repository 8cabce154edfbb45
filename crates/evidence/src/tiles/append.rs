//! Appends leaves and says which tiles came to be or grew.

use clasper_core::Sha256Digest;

use crate::merkle::perfect_root;
use crate::merkle::{Frontier, ReadError, TileReader};
use crate::tiles::tile::row_length;
use crate::tiles::{TILE_WIDTH, Tile};

/// A tile with its hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileHashes {
    /// Which tile.
    pub tile: Tile,
    /// Its hashes, as many as it is wide.
    pub hashes: Vec<Sha256Digest>,
}

impl TileHashes {
    /// The bytes that are served: the hashes one after the other.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|h| *h.as_bytes()).collect()
    }

    /// A tile from the bytes that are served or stored; a full tile in place of a partial one is cut to the width. `None` when they are
    /// too few or no whole hashes.
    #[must_use]
    pub fn from_bytes(tile: Tile, bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let hashes = hashes.get(..usize::from(tile.width()))?;
        rest.is_empty().then(|| Self {
            tile,
            hashes: hashes
                .iter()
                .copied()
                .map(Sha256Digest::from_bytes)
                .collect(),
        })
    }
}

/// The right edge of a tree, in tiles: at most 255 hashes for each of at most eight levels.
#[derive(Debug, Clone, Default)]
pub struct TileAppender {
    size: u64,
    /// The size when the changed tiles were last taken.
    taken: u64,
    /// Per level the hashes of its partial tile.
    edge: Vec<Vec<Sha256Digest>>,
    full: Vec<TileHashes>,
}

impl TileAppender {
    /// The tiles that [`Self::resume`] reads: the partial ones.
    pub fn resume_tiles(size: u64) -> impl Iterator<Item = Tile> {
        (0..8).filter_map(move |level| {
            let index = row_length(level, size) / u64::from(TILE_WIDTH);
            Tile::in_tree(level, index, size)
        })
    }

    /// Goes on with a tree of `size` leaves.
    ///
    /// # Errors
    /// [`ReadError`] when a partial tile is missing.
    pub fn resume<R: TileReader>(size: u64, reader: &R) -> Result<Self, ReadError<R::Error>> {
        let mut edge = Vec::new();
        for tile in Self::resume_tiles(size) {
            let mut hashes = reader.read_tile(tile).map_err(ReadError::Port)?;
            if hashes.len() < usize::from(tile.width()) {
                let found = hashes.len();
                return Err(ReadError::Short { tile, found });
            }
            hashes.truncate(usize::from(tile.width()));
            edge.resize_with(usize::from(tile.level()), Vec::new);
            edge.push(hashes);
        }
        Ok(Self {
            size,
            taken: size,
            edge,
            full: Vec::new(),
        })
    }

    /// Appends a leaf, by its hash.
    pub fn append(&mut self, leaf: Sha256Digest) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0..8_u8 {
            let place = usize::from(level);
            if self.edge.len() == place {
                self.edge.push(Vec::with_capacity(usize::from(TILE_WIDTH)));
            }
            let row = &mut self.edge[place];
            row.push(hash);
            if row.len() < usize::from(TILE_WIDTH) {
                return;
            }
            let hashes = std::mem::take(row);
            let index = row_length(level, self.size) / u64::from(TILE_WIDTH) - 1;
            let Some(root) = perfect_root(&mut hashes.clone()) else {
                return;
            };
            hash = root;
            if let Some(tile) = Tile::new(level, index, TILE_WIDTH) {
                self.full.push(TileHashes { tile, hashes });
            }
        }
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The right edge as subtrees; its root is the tree's.
    #[must_use]
    pub fn frontier(&self) -> Frontier {
        let mut nodes = Vec::new();
        for row in self.edge.iter().rev() {
            let mut rest = row.as_slice();
            while !rest.is_empty() {
                let (left, right) = rest.split_at(1 << rest.len().ilog2());
                nodes.extend(perfect_root(&mut left.to_vec()));
                rest = right;
            }
        }
        Frontier::from_nodes(self.size, nodes).unwrap_or_default()
    }

    /// The tree's root.
    #[must_use]
    pub fn root(&self) -> Sha256Digest {
        self.frontier().root()
    }

    /// The tiles that came to be or grew since this was last called, full ones first. Those with a full tile of the same place
    /// before them are not repeated.
    pub fn take_changed(&mut self) -> Vec<TileHashes> {
        let mut changed = std::mem::take(&mut self.full);
        for (level, row) in (0_u8..).zip(&self.edge) {
            let grown = row_length(level, self.taken) < row_length(level, self.size);
            let index = row_length(level, self.size) / u64::from(TILE_WIDTH);
            let tile = Tile::in_tree(level, index, self.size);
            if let (true, Some(tile)) = (grown, tile) {
                let hashes = row.clone();
                changed.push(TileHashes { tile, hashes });
            }
        }
        self.taken = self.size;
        changed
    }
}
