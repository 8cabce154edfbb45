//! Paths of tiles and entry bundles, read strictly: one path per resource, everything else is refused.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::tiles::{TILE_WIDTH, Tile};

/// The longest path there can be: `tile/entries/`, seven groups of digits, `.p/255`.
const MAX_PATH_BYTES: usize = 64;

/// What a path under the log's prefix names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TilePath {
    /// `tile/<L>/<N>[.p/<W>]`: hashes.
    Hashes(Tile),
    /// `tile/entries/<N>[.p/<W>]`: the entries under the level 0 tile of the same place and width.
    Entries(Tile),
}

/// A path that names no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a tile path: expected tile/<L>/<N>[.p/<W>] or tile/entries/<N>[.p/<W>]")]
pub struct TilePathError;

impl TilePath {
    /// The tile of hashes that it is or that covers its entries.
    #[must_use]
    pub const fn tile(self) -> Tile {
        match self {
            Self::Hashes(tile) | Self::Entries(tile) => tile,
        }
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hashes(tile) => write!(f, "tile/{}/", tile.level())?,
            Self::Entries(_) => f.write_str("tile/entries/")?,
        }
        let tile = self.tile();
        let mut groups = vec![tile.index() % 1000];
        let mut rest = tile.index() / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (left, group) in groups.iter().enumerate().rev() {
            if left > 0 {
                write!(f, "x{group:03}/")?;
            } else {
                write!(f, "{group:03}")?;
            }
        }
        if tile.is_full() {
            Ok(())
        } else {
            f.write_str(".p/")?;
            write!(f, "{}", tile.width())
        }
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, TilePathError> {
        let parsed = parse(text).ok_or(TilePathError)?;
        // Writing it again and comparing refuses every other spelling: leading zeros, signs, needless groups, `.p/256`.
        let mut canonical = String::with_capacity(MAX_PATH_BYTES);
        write!(canonical, "{parsed}").map_err(|_| TilePathError)?;
        if canonical == text {
            Ok(parsed)
        } else {
            Err(TilePathError)
        }
    }
}

fn parse(text: &str) -> Option<TilePath> {
    if text.len() > MAX_PATH_BYTES {
        return None;
    }
    let (level, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|w| *w < TILE_WIDTH)?),
        None => (rest, TILE_WIDTH),
    };
    let mut index: u64 = 0;
    for group in number.split('/') {
        let digits: u64 = group.trim_start_matches('x').parse().ok()?;
        index = index.checked_mul(1000)?.checked_add(digits)?;
    }
    if level == "entries" {
        Tile::new(0, index, width).map(TilePath::Entries)
    } else {
        Tile::new(level.parse().ok()?, index, width).map(TilePath::Hashes)
    }
}
