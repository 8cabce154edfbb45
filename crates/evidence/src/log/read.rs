//! Reads tiles through the port, each place once and as wide as anyone asks for.

use std::collections::BTreeMap;

use clasper_core::{StoreError, TenantScope};

use crate::log::port::LogStore;
use crate::merkle::TileSet;
use crate::tiles::Tile;

/// The tiles as far as they are stored; what is missing shows as too few hashes.
pub(crate) async fn fetch(
    store: &dyn LogStore,
    scope: &TenantScope,
    tiles: impl IntoIterator<Item = Tile>,
) -> Result<TileSet, StoreError> {
    let mut widest: BTreeMap<(u8, u64), Tile> = BTreeMap::new();
    for tile in tiles {
        let kept = widest.entry((tile.level(), tile.index())).or_insert(tile);
        if kept.width() < tile.width() {
            *kept = tile;
        }
    }
    let wanted: Vec<Tile> = widest.into_values().collect();
    let mut set = TileSet::default();
    if !wanted.is_empty() {
        for found in store.read_tiles(scope, &wanted).await? {
            set.insert(found.tile, found.hashes);
        }
    }
    Ok(set)
}

/// The tile of level 0 in which the leaf at `index` lies, in a tree of `size` leaves.
pub(crate) fn leaf_tile(index: u64, size: u64) -> Option<Tile> {
    Tile::in_tree(0, index / u64::from(crate::tiles::TILE_WIDTH), size)
}
