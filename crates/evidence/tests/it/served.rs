//! A log laid out as it is served, for readers that are not ours.

use std::path::Path;

use clasper_core::LoggedEntry;
use clasper_evidence::{
    TileHashes, TilePath, TileReader, decode_entries, encode_entries, leaf_hash, tiles_of,
};

use crate::sample::{Sample, log_key};

fn put(folder: &Path, path: &str, bytes: &[u8]) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().expect("in the folder")).expect("a folder");
    std::fs::write(file, bytes).expect("a file");
}

/// Leaves the log in `log` under the test target's temporary folder, so that other programs can be tried on it.
#[test]
fn every_entry_bundle_hashes_to_the_level_0_tile_of_its_place() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("log");
    let sample = Sample::of_runs(250);
    let (size, tiles) = (sample.entries.len(), sample.tiles());
    for tile in tiles_of(size as u64) {
        let Ok(hashes) = tiles.read_tile(tile);
        let hashes = TileHashes { tile, hashes };
        put(&folder, &tile.path(), &hashes.to_bytes());
        if tile.level() > 0 {
            continue;
        }
        let first = usize::try_from(tile.index()).expect("small") * 256;
        let entries = &sample.entries[first..first + usize::from(tile.width())];
        let bytes: Vec<Vec<u8>> = entries.iter().map(LoggedEntry::leaf_bytes).collect();
        let bundle = encode_entries(bytes.iter().map(Vec::as_slice)).expect("short entries");
        put(&folder, &TilePath::Entries(tile).to_string(), &bundle);
        let read = decode_entries(&bundle).expect("ours");
        let leaves: Vec<_> = read.into_iter().map(leaf_hash).collect();
        assert_eq!(leaves, hashes.hashes);
    }
    put(
        &folder,
        "checkpoint",
        sample.checkpoint(size, &log_key()).as_bytes(),
    );
    put(&folder, "key", log_key().verifier().to_string().as_bytes());
    let proof = sample.proof(300, &log_key());
    put(&folder, "300.tlog-proof", proof.to_string().as_bytes());
    put(
        &folder,
        "300.entry",
        proof.extra.as_deref().expect("carried"),
    );
}
