//! Makes the bundle of a log, or of a part of it, out of one state of the database.

use std::collections::HashMap;
use std::io;

use async_trait::async_trait;
use clasper_core::{LoggedEntry, StoreError, TenantId, Timestamp, TraceId};
use clasper_evidence::{
    BundleAbout, BundleError, BundleMaker, BundleSink, Follows, KEYS, KeyError, KeyKind, KeyPair,
    KeyRing, LogKey, LogOrigin, OriginError, StoredCheckpoint, Tile, TileSet, TlogProof, Tree,
    VerifierKey, follows,
};

use crate::error::Failure;
use crate::job::Progress;
use crate::ports::LogView;
use crate::scope::ExportScope;

/// Entries read at a time.
const CHUNK: u32 = 500;
/// Traces read at a time: each may have megabytes.
const TRACES_AT_ONCE: usize = 8;
/// Decision records read at a time.
const DECISIONS_AT_ONCE: usize = 64;
/// Entries that saved policies, read at a time: each may have saved a pack of them.
const POLICIES_AT_ONCE: u32 = 20;
/// Entries that come with a proof file of their own, the first ones; the bundle itself proves them all.
const PROOF_FILES: u64 = 1000;

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Whose log.
    pub tenant: &'a TenantId,
    /// Which part.
    pub scope: &'a ExportScope,
    /// The log's name.
    pub origin: &'a LogOrigin,
    /// The checkpoint that it is proven by, one of the view.
    pub checkpoint: &'a StoredCheckpoint,
    /// The key that signs, which must be in use.
    pub key: &'a KeyPair,
    /// Now.
    pub now: Timestamp,
}

/// What was made, and where.
#[derive(Debug)]
pub struct Made<S> {
    /// The files.
    pub sink: S,
    /// Entries that it shows.
    pub entries: u64,
    /// Places of the first and the last entry.
    pub bounds: (u64, u64),
}

/// Told how far the making is.
#[async_trait]
pub trait Reporter: Send + Sync {
    /// So far; `false` when it is not wanted any more.
    async fn reached(&self, progress: Progress) -> Result<bool, StoreError>;
}

/// Why no bundle was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// It never will be.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// A file cannot be written.
    #[error("a file of the bundle cannot be written")]
    Write(#[from] io::Error),
    /// It cannot be put together.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The log's name makes no origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database failed; trying again may help.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody wants it any more.
    #[error("the export is not wanted any more")]
    Unwanted,
}

impl MakeError {
    /// What is said of an error that stays.
    pub(crate) const fn failure(&self) -> Option<Failure> {
        match self {
            Self::Failed(failure) => Some(*failure),
            Self::Write(_) | Self::Bundle(BundleError::Write(_)) => Some(Failure::NotWritten),
            Self::Bundle(_) | Self::Origin(_) | Self::Key(_) => Some(Failure::LogDamaged),
            Self::Store(_) | Self::Unwanted => None,
        }
    }
}

/// Makes a bundle into `sink`.
///
/// # Errors
/// [`MakeError`]; what is in the sink then is of no use.
pub async fn make_bundle<S>(
    view: &dyn LogView,
    sink: S,
    order: &Order<'_>,
    reporter: &dyn Reporter,
) -> Result<Made<S>, MakeError>
where
    S: BundleSink + Send,
    S::File: Send,
{
    let keys = ring(view, order).await?;
    let size = order.checkpoint.size;
    let bounds = if order.scope.is_part() {
        view.bounds(order.scope, size).await?
    } else {
        (size > 0).then_some((1, size))
    };
    let (first, last) = bounds.ok_or(Failure::NothingSelected)?;
    let (start, tree) = (Tree::of_size(first - 1), Tree::of_size(size));
    let damaged = |_| Failure::LogDamaged;
    let tiles = fetch(view, start.root_tiles()).await?;
    let before = start.frontier(&tiles).map_err(damaged)?;
    let tiles = fetch(view, tree.consistency_tiles(last)).await?;
    let after = tree.consistency(last, &tiles).map_err(damaged)?;
    let mut work = Work {
        view,
        order,
        maker: BundleMaker::new(sink, before)?,
        shown: 0,
    };
    let total = last - first + 1;
    let mut done = 0;
    while done < total {
        let progress = Progress { done, total };
        if !reporter.reached(progress).await? {
            return Err(MakeError::Unwanted);
        }
        let left = u32::try_from(total - done).unwrap_or(CHUNK).min(CHUNK);
        let chunk = view.entries(first - 1 + done, left).await?;
        let places = chunk.iter().map(|entry| u64::try_from(entry.seq).ok());
        // Fewer than are left is as bad as one that is missing among them.
        if !places.eq((first + done..).take(left as usize).map(Some)) {
            return Err(Failure::LogDamaged.into());
        }
        done += chunk.len() as u64;
        work.add(&chunk).await?;
    }
    work.policies().await?;
    let Work {
        mut maker, shown, ..
    } = work;
    let listed = keys.keys().iter().map(|key| format!("{}\n", key.key));
    maker.file(KEYS, listed.collect::<String>().as_bytes())?;
    let about = BundleAbout {
        tenant: order.tenant,
        origin: order.origin,
        created_at: order.now,
        keys: &keys,
        scope: order.scope.to_bundle(),
        checkpoint: order.checkpoint,
        after: &after,
    };
    let signer = order.key.named(order.origin.as_str(), KeyKind::Ed25519)?;
    Ok(Made {
        sink: maker.finish(&about, &signer)?,
        entries: shown,
        bounds: (first, last),
    })
}

/// The keys of the log, among which ours must be in use: what a retired key signs is not believed.
async fn ring(view: &dyn LogView, order: &Order<'_>) -> Result<KeyRing, MakeError> {
    let own = order.key.public()?;
    let mut keys = Vec::new();
    let mut in_use = false;
    for key in view.keys().await? {
        in_use |= key.public == own && key.valid_until.is_none();
        keys.push(LogKey {
            key: VerifierKey::new(order.origin.as_str(), KeyKind::Ed25519, key.public)?,
            valid_from: key.valid_from,
            valid_until: key.valid_until,
        });
    }
    if !in_use {
        return Err(Failure::KeyRetired.into());
    }
    Ok(KeyRing::new(keys).map_err(|_| Failure::LogDamaged)?)
}

async fn fetch(view: &dyn LogView, tiles: Vec<Tile>) -> Result<TileSet, StoreError> {
    let mut set = TileSet::default();
    if !tiles.is_empty() {
        for found in view.tiles(&tiles).await? {
            set.insert(found.tile, found.hashes);
        }
    }
    Ok(set)
}

/// A bundle in the making.
struct Work<'a, S: BundleSink> {
    view: &'a dyn LogView,
    order: &'a Order<'a>,
    maker: BundleMaker<S>,
    shown: u64,
}

impl<S> Work<'_, S>
where
    S: BundleSink + Send,
    S::File: Send,
{
    async fn add(&mut self, chunk: &[LoggedEntry]) -> Result<(), MakeError> {
        self.proofs(chunk).await?;
        let shown = |entry: &&LoggedEntry| self.order.scope.shows(entry);
        let (mut traces, mut decisions) = (Vec::new(), Vec::new());
        for entry in chunk.iter().filter(shown) {
            match follows(entry) {
                Follows::Nothing => {}
                Follows::Trace(trace) => traces.push(trace),
                Follows::Decision(decision) => decisions.push(decision),
            }
        }
        // The records of a few at a time; each kind is written in the order of the entries.
        for some in traces.chunks(TRACES_AT_ONCE) {
            let found: HashMap<TraceId, String> = self.view.traces(some).await?;
            for trace in some {
                self.maker.trace(found.get(trace).map(String::as_str))?;
            }
        }
        for some in decisions.chunks(DECISIONS_AT_ONCE) {
            let found = self.view.decisions(some).await?;
            for decision in some {
                let record = found.get(decision).ok_or(Failure::LogDamaged)?;
                self.maker.decision(record)?;
            }
        }
        for entry in chunk {
            if self.order.scope.shows(entry) {
                self.shown += 1;
                self.maker.entry(entry)?;
            } else {
                self.maker.withheld(entry.leaf_hash)?;
            }
        }
        Ok(())
    }

    /// Proof files of the first entries that are shown.
    async fn proofs(&mut self, chunk: &[LoggedEntry]) -> Result<(), MakeError> {
        let left = usize::try_from(PROOF_FILES.saturating_sub(self.shown)).unwrap_or(0);
        let tree = Tree::of_size(self.order.checkpoint.size);
        let own = chunk.iter().filter(|entry| self.order.scope.shows(entry));
        let mut proven: Vec<(u64, &LoggedEntry)> = Vec::new();
        for entry in own.take(left) {
            let seq = u64::try_from(entry.seq).ok().filter(|seq| *seq > 0);
            proven.push((seq.ok_or(Failure::LogDamaged)?, entry));
        }
        let wanted = proven.iter();
        let wanted = wanted.flat_map(|(seq, _)| tree.inclusion_tiles(seq - 1));
        let mut tiles: Vec<Tile> = wanted.collect();
        tiles.sort_unstable_by_key(|tile| (tile.level(), tile.index()));
        tiles.dedup_by_key(|tile| (tile.level(), tile.index()));
        let tiles = fetch(self.view, tiles).await?;
        for (seq, entry) in proven {
            let hashes = tree.inclusion(seq - 1, &tiles);
            let proof = TlogProof {
                extra: Some(entry.leaf_bytes()),
                index: seq - 1,
                hashes: hashes.map_err(|_| Failure::LogDamaged)?,
                checkpoint: self.order.checkpoint.note.clone(),
            };
            let path = format!("proofs/{seq}.tlog-proof");
            self.maker.file(&path, proof.to_string().as_bytes())?;
        }
        Ok(())
    }

    async fn policies(&mut self) -> Result<(), MakeError> {
        let mut after = 0;
        loop {
            let some = self.view.policies(after, POLICIES_AT_ONCE).await?;
            let Some((last, _)) = some.last() else {
                return Ok(());
            };
            after = *last;
            for (_, policy) in &some {
                self.maker.policy(policy)?;
            }
        }
    }
}
