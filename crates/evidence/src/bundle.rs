//! Export bundles: their layout, and a verifier that trusts nothing in them but what a pinned key signed.

mod detail;
mod entry;
mod files;
mod manifest;
mod report;
mod scope;
mod side;
mod verify;
mod walk;
mod write;

pub use files::{BundleFiles, MemoryBundle};
pub use manifest::{
    BUNDLE_FORMAT, BundleFile, BundleKey, BundleRange, Manifest, ManifestError, check_path,
    manifest_note,
};
pub use report::{BundleFault, BundleReport};
pub use scope::BundleScope;
pub use verify::{BundleVerifier, Pins};
pub use write::{BundleAbout, BundleError, BundleMaker, BundleSink, Follows, follows};

/// The manifest.
pub const MANIFEST: &str = "manifest.json";
/// The signed note over the manifest's SHA-256.
pub const MANIFEST_SIGNATURE: &str = "manifest.sig";
/// The log's signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// The entries' canonical bytes, one a line; `null` for an entry that a bundle of one workspace or trace withholds.
pub const ENTRIES: &str = "audit/entries.jsonl";
/// The entries' leaf hashes, 32 bytes each: with them a changed entry is named even where the chain was mended after it.
pub const LEAF_HASHES: &str = "audit/leaf_hashes";
/// One line for each entry that names a trace's hash, in their order: the trace's stored text, or `null` where it is not kept any more.
pub const TRACES: &str = "traces/traces.jsonl";
/// One line for each decision entry, in their order: the decision record.
pub const DECISIONS: &str = "decisions/decisions.jsonl";
/// Every version of the tenant's policies, one a line.
pub const POLICIES: &str = "policies/policies.jsonl";
/// The log's keys, one a line.
pub const KEYS: &str = "keys/keys.txt";
