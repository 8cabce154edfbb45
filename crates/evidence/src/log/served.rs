//! What a stranger asks a log: its checkpoint, proofs, tiles, keys, and whether every decision has its outcome.

use std::sync::Arc;

use clasper_core::{AuditEntryId, Caller, Clock, Permission, Sha256Digest, TenantScope, Timestamp};

use crate::chain::{ChainFault, ChainVerifier};
use crate::checkpoint::{KeyRing, LogKey, LogOrigin};
use crate::completeness::{CompletenessReport, Pairing};
use crate::log::error::LogError;
use crate::log::port::{LogStore, StoredCheckpoint};
use crate::log::read::fetch;
use crate::merkle::{Frontier, Tree, leaf_hash, verify_inclusion};
use crate::note::{KeyKind, VerifierKey};
use crate::store::AuditStore;
use crate::tiles::{EntriesError, TILE_WIDTH, Tile, TilePath, encode_entries};
use crate::tlog_proof::TlogProof;

/// Entries read at a time.
const CHUNK: u32 = 1000;

/// What the service works with.
#[derive(Clone)]
pub struct AuditLogDeps {
    /// The entries.
    pub entries: Arc<dyn AuditStore>,
    /// Trees, checkpoints and keys.
    pub log: Arc<dyn LogStore>,
    /// What the installation calls its logs.
    pub name: Arc<str>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// That a tree continues an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Whose log.
    pub origin: LogOrigin,
    /// Size and root of the earlier tree.
    pub from: (u64, Sha256Digest),
    /// Size and root of the later tree.
    pub to: (u64, Sha256Digest),
    /// The proof (RFC 9162, section 2.1.4).
    pub hashes: Vec<Sha256Digest>,
    /// The newest signed checkpoint; the later tree's when the sizes are the same.
    pub checkpoint: StoredCheckpoint,
}

/// Whether every decision of a log has exactly one outcome or is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completeness {
    /// Whose log.
    pub origin: LogOrigin,
    /// How decisions and outcomes pair.
    pub pairs: CompletenessReport,
    /// The first thing wrong with the entries themselves; they were read up to it.
    pub broken: Option<ChainFault>,
    /// The newest checkpoint when the reading began, and whether the entries make its tree.
    pub checkpoint: Option<(StoredCheckpoint, bool)>,
}

/// Answers for one tenant's log at a time. What it serves is checked against the signed tree first.
#[derive(Clone)]
pub struct AuditLog(AuditLogDeps);

impl std::fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLog")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

impl AuditLog {
    /// The service.
    #[must_use]
    pub const fn new(deps: AuditLogDeps) -> Self {
        Self(deps)
    }

    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn checkpoint(&self, caller: &Caller) -> Result<StoredCheckpoint, LogError> {
        self.newest(&scope(caller)?).await
    }

    /// The proof that an entry is in the log, by the newest checkpoint.
    ///
    /// # Errors
    /// [`LogError`]; [`LogError::Contradiction`] when the stored entry is not the one that was signed.
    pub async fn prove(&self, caller: &Caller, id: AuditEntryId) -> Result<TlogProof, LogError> {
        let scope = scope(caller)?;
        let entry = self.0.log.find_entry(&scope, id).await?;
        let entry = entry.ok_or(LogError::NoEntry(id))?;
        let checkpoint = self.0.log.find_checkpoint(&scope).await?;
        let seq = u64::try_from(entry.seq).unwrap_or(0);
        let signed = checkpoint.filter(|checkpoint| seq > 0 && checkpoint.size >= seq);
        let checkpoint = signed.ok_or(LogError::NotSigned { seq })?;
        let (index, tree) = (seq - 1, Tree::of_size(checkpoint.size));
        let tiles = fetch(&*self.0.log, &scope, tree.inclusion_tiles(index)).await?;
        let contradiction = || contradiction(&scope, format!("entry {seq}"));
        let hashes = tree.inclusion(index, &tiles).map_err(|_| contradiction())?;
        let bytes = entry.leaf_bytes();
        let (leaf, root) = (leaf_hash(&bytes), &checkpoint.root);
        verify_inclusion(&leaf, index, checkpoint.size, &hashes, root)
            .map_err(|_| contradiction())?;
        Ok(TlogProof {
            extra: Some(bytes),
            index,
            hashes,
            checkpoint: checkpoint.note,
        })
    }

    /// The proof that the tree of `to` entries, by default the newest signed one, continues the one of `from`.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn consistency(
        &self,
        caller: &Caller,
        from: u64,
        to: Option<u64>,
    ) -> Result<ConsistencyProof, LogError> {
        let scope = scope(caller)?;
        let checkpoint = self.newest(&scope).await?;
        let to = to.unwrap_or(checkpoint.size);
        for (pointer, size, most) in [
            ("/query/to", to, checkpoint.size),
            ("/query/from", from, to),
        ] {
            if size > most {
                return Err(LogError::Beyond { pointer, most });
            }
        }
        let (older, newer) = (Tree::of_size(from), Tree::of_size(to));
        let mut wanted = newer.consistency_tiles(from);
        wanted.extend(older.root_tiles());
        wanted.extend(newer.root_tiles());
        let tiles = fetch(&*self.0.log, &scope, wanted).await?;
        let missing = |_| contradiction(&scope, format!("the tree of {to} entries"));
        let proof = ConsistencyProof {
            origin: self.origin(&scope)?,
            from: (from, older.root(&tiles).map_err(missing)?),
            to: (to, newer.root(&tiles).map_err(missing)?),
            hashes: newer.consistency(from, &tiles).map_err(missing)?,
            checkpoint,
        };
        let signed = &proof.checkpoint;
        if proof.to.0 == signed.size && proof.to.1 != signed.root {
            return Err(contradiction(&scope, format!("the tree of {to} entries")));
        }
        Ok(proof)
    }

    /// The bytes of a tile or of an entry bundle.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn tile(&self, caller: &Caller, path: TilePath) -> Result<Vec<u8>, LogError> {
        let scope = scope(caller)?;
        let size = self.0.log.find_checkpoint(&scope).await?;
        let size = size.map_or(0, |checkpoint| checkpoint.size);
        let tile = path.tile();
        let signed = Tile::in_tree(tile.level(), tile.index(), size);
        if signed.is_none_or(|signed| signed.width() < tile.width()) {
            return Err(LogError::NoTile);
        }
        match path {
            TilePath::Hashes(tile) => {
                let found = self.0.log.read_tiles(&scope, &[tile]).await?;
                let found = found.first().map(crate::tiles::TileHashes::to_bytes);
                found.ok_or_else(|| contradiction(&scope, tile.path()))
            }
            TilePath::Entries(tile) => self.entries(&scope, tile).await,
        }
    }

    async fn entries(&self, scope: &TenantScope, tile: Tile) -> Result<Vec<u8>, LogError> {
        let first = tile.index() * u64::from(TILE_WIDTH);
        let after = i64::try_from(first).map_err(|_| LogError::NoTile)?;
        let limit = u32::from(tile.width());
        let entries = self.0.entries.read_log(scope, after, limit).await?;
        if entries.len() != usize::from(tile.width()) {
            return Err(contradiction(scope, TilePath::Entries(tile).to_string()));
        }
        let bytes: Vec<Vec<u8>> = entries
            .iter()
            .map(clasper_core::LoggedEntry::leaf_bytes)
            .collect();
        encode_entries(bytes.iter().map(Vec::as_slice)).map_err(|error| match error {
            EntriesError::TooLong { .. } => LogError::EntryTooLong,
            _ => contradiction(scope, TilePath::Entries(tile).to_string()),
        })
    }

    /// The keys of the tenant's log, retired ones too.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn keys(&self, caller: &Caller) -> Result<(LogOrigin, KeyRing), LogError> {
        let scope = scope(caller)?;
        let origin = self.origin(&scope)?;
        let mut keys = Vec::new();
        for stored in self.0.log.list_log_keys().await? {
            keys.push(LogKey {
                key: VerifierKey::new(origin.as_str(), KeyKind::Ed25519, stored.public)?,
                valid_from: stored.valid_from,
                valid_until: stored.valid_until,
            });
        }
        let ring = KeyRing::new(keys);
        let ring = ring.map_err(|error| contradiction(&scope, format!("its keys: {error}")))?;
        Ok((origin, ring))
    }

    /// Walks the whole log: whether every decision has exactly one outcome or is open, whether the entries are whole, and whether they
    /// make the signed tree. Time grows with the log (some seconds for a million entries), memory with the decisions that are open.
    ///
    /// # Errors
    /// [`LogError`]; what is wrong with the log is in the answer.
    pub async fn completeness(&self, caller: &Caller) -> Result<Completeness, LogError> {
        let scope = scope(caller)?;
        let checkpoint = self.0.log.find_checkpoint(&scope).await?;
        let head = self.0.entries.head(&scope).await?;
        let (mut chain, mut pairs) = (ChainVerifier::default(), Pairing::new(true));
        let mut tree = Frontier::default();
        let signed = checkpoint.as_ref().map(|c| (c.size, c.root));
        let (mut same, mut broken) = (signed.map(|_| false), None);
        'log: while chain.count() < head.seq {
            let chunk = self
                .0
                .entries
                .read_log(&scope, chain.count(), CHUNK)
                .await?;
            if chunk.is_empty() {
                break;
            }
            for entry in chunk.iter().take_while(|entry| entry.seq <= head.seq) {
                if let Err(fault) = chain.next(entry) {
                    broken = Some(fault);
                    break 'log;
                }
                pairs.next(entry);
                tree.append(entry.leaf_hash);
                if let Some((size, root)) = signed
                    && size == tree.size()
                {
                    same = Some(root == tree.root());
                }
            }
        }
        let broken = broken.or_else(|| chain.finish(head).err());
        Ok(Completeness {
            origin: self.origin(&scope)?,
            pairs: pairs.finish(self.now()),
            broken,
            checkpoint: checkpoint.zip(same),
        })
    }

    async fn newest(&self, scope: &TenantScope) -> Result<StoredCheckpoint, LogError> {
        let found = self.0.log.find_checkpoint(scope).await?;
        found.ok_or(LogError::NoCheckpoint)
    }

    fn origin(&self, scope: &TenantScope) -> Result<LogOrigin, LogError> {
        Ok(LogOrigin::new(&self.0.name, scope.tenant())?)
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

fn scope(caller: &Caller) -> Result<TenantScope, LogError> {
    if caller.may(Permission::AuditView) {
        Ok(caller.scope())
    } else {
        Err(LogError::Forbidden(Permission::AuditView))
    }
}

fn contradiction(scope: &TenantScope, place: String) -> LogError {
    LogError::Contradiction {
        tenant: scope.tenant().clone(),
        place,
    }
}
