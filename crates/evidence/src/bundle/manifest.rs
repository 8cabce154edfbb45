//! The manifest: what is in a bundle, and the signed note over it.

use std::collections::BTreeSet;

use clasper_core::{Sha256Digest, TenantId, Timestamp, canonical_json, wire_time};
use serde::{Deserialize, Serialize};

use crate::bundle::{BundleScope, CHECKPOINT, ENTRIES, LEAF_HASHES, MANIFEST, MANIFEST_SIGNATURE};
use crate::checkpoint::{KeyRing, LogOrigin, decode_hash, encode_hash};
use crate::note::{NoteError, SignedNote, SigningKey};

/// The first member of every manifest and the first line of the note over it.
pub const BUNDLE_FORMAT: &str = "clasper-bundle/v1";
/// Largest manifest read, in bytes.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 16 * 1024 * 1024;
/// Most files in a bundle.
pub(crate) const MAX_FILES: usize = 20_000;
/// Folders that a bundle may have.
const FOLDERS: [&str; 6] = [
    "audit/",
    "traces/",
    "decisions/",
    "policies/",
    "keys/",
    "proofs/",
];

/// What is in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`BUNDLE_FORMAT`].
    pub format: String,
    /// Whose log.
    pub tenant_id: String,
    /// The log's origin.
    pub origin: String,
    /// When the bundle was made, RFC 3339.
    pub created_at: String,
    /// What was asked for; absent when it was the whole log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<BundleScope>,
    /// Which entries.
    pub range: BundleRange,
    /// The log's keys as the issuer tells them. For information: what is verified against is pinned.
    pub keys: Vec<BundleKey>,
    /// Every file but the manifest and its signature, by path.
    pub files: Vec<BundleFile>,
}

/// A run of entries and how it hangs in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct BundleRange {
    /// Index of the first entry, from 0.
    pub start: u64,
    /// Index after the last entry.
    pub end: u64,
    /// The complete subtrees of the entries before `start`, the largest first, in base64; none when `start` is 0.
    pub before: Vec<String>,
    /// The consistency proof from the tree of `end` entries to the checkpoint's, in base64; none when it ends there.
    pub after: Vec<String>,
}

impl BundleRange {
    /// A range with its hashes.
    #[must_use]
    pub fn new(start: u64, end: u64, before: &[Sha256Digest], after: &[Sha256Digest]) -> Self {
        let text = |hashes: &[Sha256Digest]| hashes.iter().map(encode_hash).collect();
        Self {
            start,
            end,
            before: text(before),
            after: text(after),
        }
    }

    pub(crate) fn hashes(texts: &[String]) -> Option<Vec<Sha256Digest>> {
        texts.iter().map(|text| decode_hash(text)).collect()
    }
}

/// A key of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleKey {
    /// Its text, `name+hash+base64`.
    pub key: String,
    /// First moment of its use, RFC 3339.
    pub valid_from: String,
    /// First moment after its use.
    pub valid_until: Option<String>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleFile {
    /// Its path.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// `sha256:` and the hexadecimal SHA-256 of its bytes.
    pub sha256: String,
}

impl BundleFile {
    /// A file by its digest.
    #[must_use]
    pub fn new(path: &str, bytes: u64, sha256: Sha256Digest) -> Self {
        Self {
            path: path.to_owned(),
            bytes,
            sha256: sha256.to_string(),
        }
    }
}

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// No JSON of this shape.
    #[error("the manifest is no clasper-bundle/v1 manifest")]
    Shape,
    /// A path that is not allowed, doubled or out of order.
    #[error("the manifest names a path that is not allowed, doubled or out of order: {0:?}")]
    Path(String),
    /// A file that every bundle has is not listed.
    #[error("the manifest does not list {0}")]
    Lacks(&'static str),
    /// Range and tree hashes do not fit.
    #[error("the manifest's range and its hashes do not fit one another")]
    Range,
}

impl Manifest {
    /// A manifest of these files.
    #[must_use]
    pub fn new(
        tenant: &TenantId,
        origin: &LogOrigin,
        created_at: Timestamp,
        scope: Option<BundleScope>,
        range: BundleRange,
        keys: &KeyRing,
        mut files: Vec<BundleFile>,
    ) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let keys = keys.keys().iter().map(|key| BundleKey {
            key: key.key.to_string(),
            valid_from: wire_time(key.valid_from),
            valid_until: key.valid_until.map(wire_time),
        });
        Self {
            format: BUNDLE_FORMAT.to_owned(),
            tenant_id: tenant.to_string(),
            origin: origin.to_string(),
            created_at: wire_time(created_at),
            scope,
            range,
            keys: keys.collect(),
            files,
        }
    }

    /// The bytes of `manifest.json`.
    ///
    /// # Errors
    /// Never for values of this type.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical_json(self).map(|json| json.into_string().into_bytes())
    }

    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|_| ManifestError::Shape)?;
        if manifest.format != BUNDLE_FORMAT || manifest.files.len() > MAX_FILES {
            return Err(ManifestError::Shape);
        }
        let mut before = "";
        for file in &manifest.files {
            let own = [MANIFEST, MANIFEST_SIGNATURE].contains(&file.path.as_str());
            if own || !check_path(&file.path) || file.path.as_str() <= before {
                return Err(ManifestError::Path(file.path.clone()));
            }
            before = &file.path;
        }
        let listed: BTreeSet<&str> = manifest.files.iter().map(|f| f.path.as_str()).collect();
        for path in [CHECKPOINT, ENTRIES, LEAF_HASHES] {
            if !listed.contains(path) {
                return Err(ManifestError::Lacks(path));
            }
        }
        let range = &manifest.range;
        let before = BundleRange::hashes(&range.before).ok_or(ManifestError::Range)?;
        BundleRange::hashes(&range.after).ok_or(ManifestError::Range)?;
        let fits = range.start <= range.end
            && i64::try_from(range.end).is_ok()
            && u32::try_from(before.len()) == Ok(range.start.count_ones());
        if fits {
            Ok(manifest)
        } else {
            Err(ManifestError::Range)
        }
    }
}

/// The signed note over a manifest, `manifest.sig`. Its text cannot be taken for a checkpoint: the second line is no number.
///
/// # Errors
/// [`NoteError`] when a key cannot sign.
pub fn manifest_note(manifest: &[u8], keys: &[&SigningKey]) -> Result<SignedNote, NoteError> {
    let mut note = SignedNote::new(&manifest_text(manifest))?;
    for key in keys {
        note.sign(key)?;
    }
    Ok(note)
}

pub(crate) fn manifest_text(manifest: &[u8]) -> String {
    format!("{BUNDLE_FORMAT}\n{}\n", Sha256Digest::of(manifest))
}

/// Whether a path is allowed in a bundle: one of the fixed files, or `folder/name` with letters, digits and `. _ -` of ASCII, the name not
/// beginning with a dot.
#[must_use]
pub fn check_path(path: &str) -> bool {
    if [MANIFEST, MANIFEST_SIGNATURE, CHECKPOINT].contains(&path) {
        return true;
    }
    let folder = FOLDERS.iter().find_map(|folder| path.strip_prefix(folder));
    folder.is_some_and(|name| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        !name.is_empty() && name.len() <= 128 && !name.starts_with('.') && name.bytes().all(fits)
    })
}
