//! Measurements: `cargo bench -p clasper-evidence -- append`, `-- verify`, and the long run of harm, `-- harm 10000`.

#[path = "../tests/it/agreement.rs"]
mod agreement;
#[path = "../tests/it/dice.rs"]
mod dice;
#[path = "../tests/it/mutation.rs"]
mod mutation;
#[path = "../tests/it/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::time::Instant;

use clasper_core::{Sha256Digest, Timestamp};
use clasper_evidence::{
    BundleFiles, BundleVerifier, Pins, Tile, TileAppender, TileReader, Tree, leaf_hash,
    verify_inclusion,
};

use crate::sample::{Sample, log_key};

struct Tiles(BTreeMap<(u8, u64), Vec<Sha256Digest>>);

impl TileReader for Tiles {
    type Error = io::Error;

    fn read_tile(&self, tile: Tile) -> io::Result<Vec<Sha256Digest>> {
        let hashes = self.0.get(&(tile.level(), tile.index()));
        hashes
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Appends ten million entries and proves some of them.
fn append() {
    const SIZE: u64 = 10_000_000;
    let entry = vec![b'x'; 700];
    let started = Instant::now();
    let (mut appender, mut kept) = (TileAppender::default(), Tiles(BTreeMap::new()));
    let mut leaf = leaf_hash(&entry);
    for n in 1..=SIZE {
        let mut bytes = *leaf.as_bytes();
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        leaf = Sha256Digest::from_bytes(bytes);
        appender.append(leaf);
        // A checkpoint for every 40 entries, as with many tenants and short batches.
        if n % 40 == 0 {
            std::hint::black_box(appender.root());
            for tile in appender.take_changed() {
                kept.0
                    .insert((tile.tile.level(), tile.tile.index()), tile.hashes);
            }
        }
    }
    let spent = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = SIZE as f64 / spent;
    println!("append with tiles and a root every 40 entries: {rate:.0} entries/s");
    let root = appender.root();
    let tree = Tree::of_size(SIZE);
    let started = Instant::now();
    let count = 1000;
    for n in 0..count {
        let index = n * 9973 % SIZE;
        let proof = tree.inclusion(index, &kept).expect("all tiles are kept");
        std::hint::black_box(proof);
    }
    println!(
        "an inclusion proof of ten million: {:?}",
        started.elapsed() / 1000
    );
    let proof = tree.inclusion(SIZE - 1, &kept).expect("all tiles are kept");
    assert_eq!(
        verify_inclusion(&leaf, SIZE - 1, SIZE, &proof, &root),
        Ok(())
    );
    assert!(rate > 40_000.0);
}

struct Folder(tempfile::TempDir, Vec<String>);

impl BundleFiles for Folder {
    fn paths(&self) -> io::Result<Vec<String>> {
        Ok(self.1.clone())
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(std::fs::File::open(self.0.path().join(path))?))
    }
}

/// Verifies a bundle of a million entries from files.
fn verify() {
    let sample = Sample::of_runs(333_400);
    let bundle = sample.bundle(&log_key());
    let folder = Folder(
        tempfile::tempdir().expect("a folder"),
        bundle.0.keys().cloned().collect(),
    );
    for (path, bytes) in &bundle.0 {
        let path = folder.0.path().join(path);
        std::fs::create_dir_all(path.parent().expect("in the folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    let size: usize = bundle.0.values().map(Vec::len).sum();
    let entries = sample.entries.len();
    drop((sample, bundle));
    let pins = Pins {
        keys: vec![log_key().verifier().clone()],
        earlier: None,
        now: Timestamp::UNIX_EPOCH,
    };
    let (started, busy) = (Instant::now(), cpu_ms());
    let report = BundleVerifier::new(pins).verify(&folder);
    let busy = cpu_ms() - busy;
    println!(
        "{entries} entries, {size} bytes verified in {:?}, {busy} ms of CPU",
        started.elapsed()
    );
    assert_eq!(report.faults, []);
}

/// Milliseconds this process was on a processor (Linux; else 0): what counts on a busy machine.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|n| n.parse::<u64>().ok());
    nanos.unwrap_or(0) / 1_000_000
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    if asked("append") {
        append();
    }
    if asked("verify") {
        verify();
    }
    if asked("harm") {
        let count = arguments.iter().find_map(|argument| argument.parse().ok());
        agreement::both_notice(count.unwrap_or(1000), 20_260_101);
    }
}
