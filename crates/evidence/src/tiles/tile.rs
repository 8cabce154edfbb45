//! Which tiles a tree has.

use crate::tiles::TilePath;

/// Levels of the tree in one tile.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Tile levels above which no tree of 64-bit size has a tile.
const LEVELS: u8 = 8;

/// A run of consecutive hashes of one level: 256, or fewer at the tree's right edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// A tile by its coordinates; `None` when no tree has it (level over 63, width 0 or over 256).
    #[must_use]
    pub const fn new(level: u8, index: u64, width: u16) -> Option<Self> {
        if level > 63 || width == 0 || width > TILE_WIDTH {
            return None;
        }
        Some(Self {
            level,
            index,
            width,
        })
    }

    /// The tile as a tree of `size` leaves has it; `None` when it has no hash in it.
    #[must_use]
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let first = index.checked_mul(u64::from(TILE_WIDTH))?;
        let here = row_length(level, size).checked_sub(first)?;
        let width = u16::try_from(here).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
        Self::new(level, index, width)
    }

    /// The tile's level; its hashes are roots of 256^level leaves.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.level
    }

    /// The tile's place within its level.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many hashes it has, 1 to 256.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Whether it has all its hashes and never changes again.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }

    /// Its path under the log's prefix, `tile/<L>/<N>[.p/<W>]`.
    #[must_use]
    pub fn path(self) -> String {
        TilePath::Hashes(self).to_string()
    }
}

/// How many hashes level `level` has in the tiles of a tree of `size` leaves.
pub(crate) fn row_length(level: u8, size: u64) -> u64 {
    size.checked_shr(TILE_HEIGHT * u32::from(level))
        .unwrap_or(0)
}

fn level_tiles(level: u8, first: u64, size: u64) -> impl Iterator<Item = Tile> {
    let end = row_length(level, size).div_ceil(u64::from(TILE_WIDTH));
    (first..end).filter_map(move |index| Tile::in_tree(level, index, size))
}

/// Every tile of a tree of `size` leaves, level by level.
pub fn tiles_of(size: u64) -> impl Iterator<Item = Tile> {
    (0..LEVELS).flat_map(move |level| level_tiles(level, 0, size))
}

/// The tiles of a tree of `new` leaves that the tree of `old` leaves had not, or not as wide.
pub fn changed_tiles(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    (0..LEVELS)
        .filter(move |level| row_length(*level, old) < row_length(*level, new))
        .flat_map(move |level| {
            let first = row_length(level, old) / u64::from(TILE_WIDTH);
            level_tiles(level, first, new)
        })
}
