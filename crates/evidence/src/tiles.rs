//! The tile layout of C2SP tlog-tiles: how a log is served as files that never change.

mod append;
mod entries;
mod path;
mod tile;

pub use append::{TileAppender, TileHashes};
pub use entries::{EntriesError, MAX_ENTRY_BYTES, decode_entries, encode_entries};
pub use path::{TilePath, TilePathError};
pub use tile::{TILE_HEIGHT, TILE_WIDTH, Tile, changed_tiles, tiles_of};

#[cfg(test)]
mod tests;
