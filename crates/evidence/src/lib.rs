#![doc = include_str!("../README.md")]

mod bundle;
mod chain;
mod checkpoint;
mod completeness;
mod export;
mod live;
mod log;
mod merkle;
mod note;
mod store;
mod tiles;
mod tlog_proof;

pub use bundle::{
    BUNDLE_FORMAT, BundleAbout, BundleError, BundleFault, BundleFile, BundleFiles, BundleKey,
    BundleMaker, BundleRange, BundleReport, BundleScope, BundleSink, BundleVerifier, CHECKPOINT,
    DECISIONS, ENTRIES, Follows, KEYS, LEAF_HASHES, MANIFEST, MANIFEST_SIGNATURE, Manifest,
    ManifestError, MemoryBundle, POLICIES, Pins, TRACES, check_path, follows, manifest_note,
};
pub use chain::{ChainFault, ChainVerifier};
pub use checkpoint::{
    Checkpoint, CheckpointError, KeyRing, KeyRingError, LogKey, LogOrigin, OpenError,
    OpenedCheckpoint, OriginError, Trust,
};
pub use completeness::{CompletenessReport, OpenDecision, PairFault, PairRole, Pairing};
pub use export::{CSV_HEADER, OCSF_VERSION, csv_row, jsonl_line, ocsf_event};
pub use live::{LiveType, UnknownLiveType};
pub use log::{
    AdoptedKey, AuditLog, AuditLogDeps, Completeness, ConsistencyProof, Extended, Extension,
    KeyAdoption, KeySource, KeySourceError, LeafLink, LogError, LogSigner, LogSignerDeps, LogStore,
    SEED_BYTES, SignError, SigningRound, StoredCheckpoint, StoredKey, adopt_key, key_in_use,
};
pub use merkle::{
    Frontier, FrontierError, ProofError, ReadError, TileReader, TileSet, Tree, empty_root,
    leaf_hash, node_hash, root_of_inclusion, verify_consistency, verify_inclusion,
};
pub use note::{
    KeyError, KeyKind, KeyPair, NoteError, NoteSignature, SignedNote, SigningKey, Verified,
    VerifierKey,
};
pub use store::{AuditFilter, AuditStore};
pub use tiles::{
    EntriesError, MAX_ENTRY_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile, TileAppender, TileHashes,
    TilePath, TilePathError, changed_tiles, decode_entries, encode_entries, tiles_of,
};
pub use tlog_proof::{TlogProof, TlogProofError};
