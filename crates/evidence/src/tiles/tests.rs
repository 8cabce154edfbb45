//! Tiles against the example of the specification and against the tree they come from.

use std::collections::BTreeMap;

use clasper_core::Sha256Digest;
use proptest::prelude::*;

use super::*;
use crate::merkle::{Frontier, TileSet, Tree, leaf_hash};

fn leaf(n: u64) -> Sha256Digest {
    leaf_hash(&n.to_be_bytes())
}

#[test]
fn a_tree_of_70000_has_the_tiles_that_the_specification_names() {
    let tiles: Vec<Tile> = tiles_of(70_000).collect();
    let of = |level, full| {
        let here = |t: &&Tile| t.level() == level && t.is_full() == full;
        tiles.iter().filter(here).collect::<Vec<_>>()
    };
    assert_eq!(of(0, true).len(), 273);
    assert_eq!(of(0, false)[0].width(), 112);
    assert_eq!(of(1, true).len(), 1);
    assert_eq!(of(1, false)[0].width(), 17);
    assert_eq!(of(2, false)[0].width(), 1);
    assert_eq!(tiles.len(), 273 + 1 + 1 + 1 + 1);
    let small: Vec<String> = tiles_of(256).map(Tile::path).collect();
    assert_eq!(small, ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(tiles_of(0).count(), 0);
}

#[test]
fn paths_are_written_as_the_specification_shows() {
    let tile = Tile::new(0, 1_234_067, 256).expect("a tile");
    assert_eq!(tile.path(), "tile/0/x001/x234/067");
    let partial = Tile::new(0, 1_234_067, 8).expect("a tile");
    assert_eq!(
        TilePath::Entries(partial).to_string(),
        "tile/entries/x001/x234/067.p/8"
    );
}

#[test]
fn every_other_spelling_of_a_path_is_refused() {
    for bad in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/+0/000",
        "tile/64/000",
        "tile/256/000",
        "tile/-1/000",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/x01/001",
        "tile/0/001/x001",
        "tile/0/001/001",
        "tile/0/xx001/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/1.p/1",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/entries/00a",
        "tile/Entries/000",
        "tile/data/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/\u{0660}\u{0660}\u{0660}",
    ] {
        assert_eq!(bad.parse::<TilePath>(), Err(TilePathError), "{bad}");
    }
}

#[test]
fn an_entry_that_fits_no_bundle_is_refused() {
    let long = vec![0; MAX_ENTRY_BYTES + 1];
    assert_eq!(
        encode_entries([b"a".as_slice(), &long]),
        Err(EntriesError::TooLong {
            place: 1,
            bytes: 65_536
        })
    );
    assert!(encode_entries([&long[1..]]).is_ok());
    assert_eq!(
        encode_entries([b"".as_slice(); 257]),
        Err(EntriesError::TooMany)
    );
    assert_eq!(decode_entries(&[0; 514]), Err(EntriesError::TooMany));
    assert_eq!(decode_entries(&[0]), Err(EntriesError::CutOff { place: 0 }));
    let cut = [0, 1, b'x', 0, 2, b'y'];
    assert_eq!(decode_entries(&cut), Err(EntriesError::CutOff { place: 1 }));
}

/// Keeps what an appender hands out, as a store would: the newest width of each tile.
#[derive(Default)]
struct Kept(BTreeMap<(u8, u64), TileHashes>);

impl Kept {
    fn keep(&mut self, changed: Vec<TileHashes>) {
        for tile in changed {
            self.0.insert((tile.tile.level(), tile.tile.index()), tile);
        }
    }

    fn set(&self) -> TileSet {
        let mut set = TileSet::default();
        for kept in self.0.values() {
            set.insert(kept.tile, kept.hashes.clone());
        }
        set
    }
}

#[test]
fn kept_tiles_are_the_trees_tiles_and_an_appender_can_be_resumed_from_them() {
    let (mut kept, mut plain) = (Kept::default(), Frontier::default());
    let mut appender = TileAppender::default();
    let mut size = 0;
    for batch in [1_u64, 254, 1, 1, 255, 300, 7, 65_000, 4000] {
        for n in size..size + batch {
            appender.append(leaf(n));
            plain.append(leaf(n));
        }
        let before = size;
        size += batch;
        let changed = appender.take_changed();
        let named: std::collections::BTreeSet<Tile> = changed.iter().map(|t| t.tile).collect();
        assert_eq!(named, changed_tiles(before, size).collect());
        kept.keep(changed);
        assert_eq!(appender.frontier(), plain);
        assert_eq!(Tree::of_size(size).root(&kept.set()), Ok(plain.root()));
        appender = TileAppender::resume(size, &kept.set()).expect("all tiles are kept");
        assert_eq!(appender.root(), plain.root());
        assert_eq!(appender.take_changed(), []);
    }
    let tiles: Vec<Tile> = kept.0.values().map(|kept| kept.tile).collect();
    assert_eq!(tiles, tiles_of(size).collect::<Vec<_>>());
    // A wide tile answers for every narrower tree before it.
    let older = Tree::of_size(300).root(&kept.set());
    let first: Vec<_> = (0..300).map(leaf).collect();
    let mut expected = Frontier::default();
    for leaf in first {
        expected.append(leaf);
    }
    assert_eq!(older, Ok(expected.root()));
}

proptest! {
    #[test]
    fn a_path_survives_its_text(level in 0_u8..64, index in any::<u64>(), width in 1_u16..=256) {
        let tile = Tile::new(level, index, width).expect("in range");
        for path in [TilePath::Hashes(tile), TilePath::Entries(Tile::new(0, index, width).expect("in range"))] {
            prop_assert_eq!(path.to_string().parse(), Ok(path));
        }
    }

    #[test]
    fn any_text_parses_to_itself_or_not_at_all(text in "(tile/)?[0-9x/.p+a]{0,20}|.*") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn bundles_and_tiles_survive_their_bytes(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..=256),
        noise in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let parts: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let bytes = encode_entries(parts.iter().copied()).expect("fits");
        prop_assert_eq!(decode_entries(&bytes).expect("our own"), parts);
        if let Ok(read) = decode_entries(&noise) {
            prop_assert_eq!(encode_entries(read).expect("came from a bundle"), noise);
        }
        if let Some(tile) = u16::try_from(entries.len()).ok().and_then(|w| Tile::new(0, 0, w)) {
            let hashes: Vec<_> = entries.iter().map(|e| leaf_hash(e)).collect();
            let hashes = TileHashes { tile, hashes };
            prop_assert_eq!(TileHashes::from_bytes(tile, &hashes.to_bytes()), Some(hashes.clone()));
            prop_assert_eq!(TileHashes::from_bytes(tile, &hashes.to_bytes()[1..]), None);
        }
    }
}
