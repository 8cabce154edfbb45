//! Random harm to a bundle. Every kind changes what the bundle says; none may go unnoticed.

use std::io::Write as _;

use clasper_core::Sha256Digest;
use clasper_evidence::{
    BundleFile, DECISIONS, ENTRIES, LEAF_HASHES, MANIFEST, Manifest, MemoryBundle, TRACES,
    leaf_hash,
};

use crate::dice::Dice;
use crate::sample::{Sample, log_key, signer};

pub const KINDS: usize = 19;

/// A harmed bundle.
pub struct Harmed {
    pub kind: &'static str,
    pub archive: Vec<u8>,
    /// The entry that was harmed first, where the kind says.
    pub entry: Option<u64>,
    /// Whether the archive itself is harmed, so that no entry can be named.
    pub archive_only: bool,
}

/// The archive of a bundle.
pub fn pack(bundle: &MemoryBundle) -> Vec<u8> {
    let level = flate2::Compression::fast();
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), level));
    for (path, bytes) in &bundle.0 {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        archive
            .append_data(&mut header, path, bytes.as_slice())
            .expect("in memory");
    }
    let mut gzip = archive.into_inner().expect("in memory");
    gzip.flush().expect("in memory");
    gzip.finish().expect("in memory")
}

/// The bundle in an archive, or why it cannot be read.
pub fn unpack(archive: &[u8]) -> Result<MemoryBundle, String> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(archive)
        .read_to_end(&mut plain)
        .map_err(|error| error.to_string())?;
    let mut bundle = MemoryBundle::default();
    let mut tar = tar::Archive::new(plain.as_slice());
    for member in tar.entries().map_err(|error| error.to_string())? {
        let mut member = member.map_err(|error| error.to_string())?;
        let path = String::from_utf8(member.path_bytes().into_owned());
        let path = path.map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        member
            .read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
        if bundle.0.insert(path, bytes).is_some() {
            return Err("a member twice".into());
        }
    }
    Ok(bundle)
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|b| *b == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// Writes the manifest's hashes anew, without signing it.
fn mend_manifest(bundle: &mut MemoryBundle) {
    let mut manifest = Manifest::parse(&bundle.0[MANIFEST]).expect("ours");
    for file in &mut manifest.files {
        let bytes = &bundle.0[&file.path];
        *file = BundleFile::new(&file.path, bytes.len() as u64, Sha256Digest::of(bytes));
    }
    let bytes = manifest.to_bytes().expect("plain JSON");
    bundle.0.insert(MANIFEST.into(), bytes);
}

fn flip(bytes: &mut [u8], dice: &mut Dice) -> usize {
    let place = dice.below(bytes.len());
    bytes[place] ^= 1 << dice.below(8);
    place
}

fn line_of(bytes: &[u8], place: usize) -> u64 {
    bytes[..place].split(|b| *b == b'\n').count() as u64
}

/// Harms the bundle of `sample` in the way of `kind`. `earlier` is the size of the checkpoint that the verifier keeps.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of harm")]
pub fn harm(
    sample: &Sample,
    good: &MemoryBundle,
    earlier: usize,
    kind: usize,
    dice: &mut Dice,
) -> Harmed {
    let mut bundle = good.clone();
    let mut entry = None;
    let paths: Vec<String> = good.0.keys().cloned().collect();
    let path = paths[dice.below(paths.len())].clone();
    let side = [ENTRIES, TRACES, DECISIONS][dice.below(3)];
    let entries = good.0[ENTRIES].clone();
    let count = sample.entries.len();
    let mut archive = None;
    let kind = match kind {
        0 => {
            flip(bundle.0.get_mut(&path).expect("listed"), dice);
            "a bit of any file"
        }
        1 | 2 => {
            let place = flip(bundle.0.get_mut(ENTRIES).expect("there"), dice);
            entry = Some(line_of(&entries, place));
            if kind == 2 {
                mend_manifest(&mut bundle);
            }
            "a bit of an entry"
        }
        3..=6 => {
            let mut parts = lines(&good.0[side]);
            let at = dice.below(parts.len());
            let other = (at + 1 + dice.below(parts.len() - 1)) % parts.len();
            let named = match kind {
                3 => {
                    parts.remove(at);
                    at
                }
                4 => {
                    parts.swap(at, other);
                    at.min(other)
                }
                5 => {
                    parts.insert(at, parts[at].clone());
                    at + 1
                }
                _ => {
                    parts.truncate(at);
                    at
                }
            };
            entry = (side == ENTRIES).then_some(named as u64 + 1);
            bundle.0.insert(side.into(), parts.concat());
            [
                "a line dropped",
                "lines swapped",
                "a line doubled",
                "the end of a file cut",
            ][kind - 3]
        }
        7 => {
            let bytes = bundle.0.get_mut(&path).expect("listed");
            bytes.truncate(dice.below(bytes.len()));
            "a file cut anywhere"
        }
        8 => {
            bundle.0.remove(&path);
            "a file dropped"
        }
        9 => {
            bundle.0.insert("policies/more.json".into(), b"{}".to_vec());
            "a file added"
        }
        10 => {
            // Changed without a trace in list and manifest: the chain and the tree say it.
            let mut parts = lines(&entries);
            let at = dice.below(parts.len());
            let text = String::from_utf8(parts[at].clone()).expect("text");
            parts[at] = text.replacen("ann", "bob", 1).into_bytes();
            let leaf = leaf_hash(&parts[at][..parts[at].len() - 1]);
            let hashes = bundle.0.get_mut(LEAF_HASHES).expect("there");
            hashes[at * 32..(at + 1) * 32].copy_from_slice(leaf.as_bytes());
            bundle.0.insert(ENTRIES.into(), parts.concat());
            mend_manifest(&mut bundle);
            entry = (at + 1 < count).then_some(at as u64 + 1);
            "an entry and its listed hash"
        }
        11 => {
            bundle = sample.forked(dice.below(count)).bundle(&signer(66));
            "a fork signed by another key"
        }
        12 => {
            bundle = sample.forked(dice.below(earlier)).bundle(&log_key());
            "a fork signed by the log"
        }
        13 => {
            bundle = Sample::of_runs(2 + dice.below(3)).bundle(&log_key());
            "a log cut back, signed by the log"
        }
        16 => {
            let mut parts = lines(&entries);
            let at = dice.below(parts.len());
            parts[at] = b"null\n".to_vec();
            bundle.0.insert(ENTRIES.into(), parts.concat());
            mend_manifest(&mut bundle);
            entry = Some(at as u64 + 1);
            "an entry withheld that must be shown"
        }
        17 => {
            bundle = sample.bundle_of_trace(dice.below(count), &log_key());
            flip(bundle.0.get_mut(LEAF_HASHES).expect("there"), dice);
            mend_manifest(&mut bundle);
            "a leaf hash of a bundle of one trace"
        }
        18 => {
            bundle = sample.bundle_of_trace(dice.below(count), &log_key());
            flip(bundle.0.get_mut(ENTRIES).expect("there"), dice);
            mend_manifest(&mut bundle);
            "a bit of the entries of a bundle of one trace"
        }
        14 => {
            let mut bytes = pack(good);
            bytes.truncate(dice.below(bytes.len()));
            archive = Some(bytes);
            "an archive cut anywhere"
        }
        _ => {
            let mut bytes = pack(good);
            // The first ten bytes of a gzip member say nothing of its contents.
            // Now and then a bit changes the compression only, such as the distance of a copy among zeros; that is no harm.
            while unpack(&bytes).as_ref() == Ok(good) {
                flip(&mut bytes[10..], dice);
            }
            archive = Some(bytes);
            "a bit of the archive"
        }
    };
    assert!(
        archive.is_some() || bundle != *good,
        "{kind} changed nothing"
    );
    Harmed {
        kind,
        archive_only: archive.is_some(),
        archive: archive.unwrap_or_else(|| pack(&bundle)),
        entry,
    }
}
