//! Extends the tenants' trees by their new entries and signs what they have become.

use std::sync::Arc;

use clasper_core::{ChainHead, Clock, Sha256Digest, TenantId, TenantScope, Timestamp};
use futures::future::join_all;

use crate::checkpoint::{Checkpoint, LogOrigin};
use crate::log::error::SignError;
use crate::log::port::{Extended, Extension, LeafLink, LogStore, StoredCheckpoint};
use crate::log::read::{fetch, leaf_tile};
use crate::merkle::TileReader;
use crate::note::{KeyKind, KeyPair, SignedNote};
use crate::store::AuditStore;
use crate::tiles::{TILE_WIDTH, TileAppender};

/// Most entries under one more checkpoint: 256 full tiles, 2 MB in one write.
const STEP: u32 = 65_536;
/// Tenants asked for at a time.
const PAGE: u32 = 256;
/// Logs signed at the same time: their writes share commits.
const AT_ONCE: usize = 32;
/// How often a log is tried again when other processes are first.
const TRIES: u32 = 3;

/// What the signer works with.
#[derive(Clone)]
pub struct LogSignerDeps {
    /// The entries.
    pub entries: Arc<dyn AuditStore>,
    /// Trees and checkpoints.
    pub log: Arc<dyn LogStore>,
    /// The key in use ([`crate::adopt_key`]).
    pub key: KeyPair,
    /// What the installation calls its logs ([`LogOrigin::new`]).
    pub name: Arc<str>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What a round did.
#[derive(Debug, Default)]
pub struct SigningRound {
    /// Entries that came under a checkpoint.
    pub entries: u64,
    /// Logs that were not signed, and why.
    pub refused: Vec<(TenantId, SignError)>,
}

/// Signs logs as they grow. Several may work on one database: a tree is stored with its checkpoint only if it continues the newest
/// one, so a log never has two trees of one size.
#[derive(Clone)]
pub struct LogSigner(LogSignerDeps);

impl std::fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogSigner")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

impl LogSigner {
    /// A signer.
    #[must_use]
    pub const fn new(deps: LogSignerDeps) -> Self {
        Self(deps)
    }

    /// Signs every log that has grown. A log that cannot be signed does not keep the others from it.
    ///
    /// # Errors
    /// [`SignError::Store`] when the logs cannot be listed.
    pub async fn sign_all(&self) -> Result<SigningRound, SignError> {
        let mut round = SigningRound::default();
        let mut after: Option<TenantId> = None;
        loop {
            let page = self.0.log.list_unsigned(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(round);
            };
            after = Some(last.clone());
            for some in page.chunks(AT_ONCE) {
                let signed = join_all(some.iter().map(|tenant| self.sign(tenant))).await;
                for (tenant, signed) in some.iter().zip(signed) {
                    match signed {
                        Ok(entries) => round.entries += entries,
                        Err(error) => round.refused.push((tenant.clone(), error)),
                    }
                }
            }
        }
    }

    /// Signs a tenant's log up to where its head is at the beginning; returns how many entries came under a checkpoint. What is
    /// appended meanwhile is the next round's: a log that always grows would be signed without pause.
    ///
    /// # Errors
    /// [`SignError`]; then nothing more was signed.
    pub async fn sign(&self, tenant: &TenantId) -> Result<u64, SignError> {
        let scope = TenantScope::system(tenant.clone());
        let (mut signed, mut lost, mut goal) = (0, 0, None);
        loop {
            // In this order nothing that others do in between can look like a fault: what is signed is within the head, and what the head
            // promises is there.
            let before = self.0.log.find_checkpoint(&scope).await?;
            let head = self.0.entries.head(&scope).await?;
            let from = before.as_ref().map_or(0, |checkpoint| checkpoint.size);
            let promised = u64::try_from(head.seq).unwrap_or(0);
            if promised < from {
                return Err(SignError::Short {
                    found: promised,
                    expected: from,
                });
            }
            if from >= *goal.get_or_insert(promised) {
                return Ok(signed);
            }
            let extension = self.extension(&scope, before.as_ref(), head).await?;
            let size = extension.checkpoint.size;
            match self.0.log.extend(extension).await? {
                Extended::Done => {
                    signed += size - from;
                    lost = 0;
                }
                Extended::Stale if lost < TRIES => lost += 1,
                Extended::Stale => return Err(SignError::Contended),
                Extended::KeyRetired => return Err(SignError::KeyRetired),
                Extended::Beyond => {
                    return Err(SignError::Short {
                        found: promised,
                        expected: size,
                    });
                }
            }
        }
    }

    async fn extension(
        &self,
        scope: &TenantScope,
        before: Option<&StoredCheckpoint>,
        head: ChainHead,
    ) -> Result<Extension, SignError> {
        let origin = LogOrigin::new(&self.0.name, scope.tenant())?;
        if let Some(before) = before {
            continues(before, &origin)?;
        }
        let from = before.map_or(0, |checkpoint| checkpoint.size);
        let (mut tree, mut last) = self.resume(scope, before).await?;
        let links = self.0.log.read_links(scope, from, STEP).await?;
        for link in &links {
            follow(&tree, last, link, head)?;
            tree.append(link.leaf_hash);
            last = Some(link.leaf_hash);
        }
        let promised = u64::try_from(head.seq).unwrap_or(0);
        if tree.size() < promised.min(from + u64::from(STEP)) {
            return Err(SignError::Short {
                found: tree.size(),
                expected: promised,
            });
        }
        let key = self.0.key.named(origin.as_str(), KeyKind::Ed25519)?;
        let root = tree.root();
        let note = Checkpoint::new(&origin, tree.size(), root).sign(&[&key])?;
        Ok(Extension {
            tenant: scope.tenant().clone(),
            from,
            signed_by: *key.verifier().public(),
            checkpoint: StoredCheckpoint {
                size: tree.size(),
                root,
                note: note.to_string(),
                signed_at: self.now(),
            },
            tiles: tree.take_changed(),
        })
    }

    /// The signed tree's right edge and its last leaf, out of tiles that must make the signed root.
    async fn resume(
        &self,
        scope: &TenantScope,
        before: Option<&StoredCheckpoint>,
    ) -> Result<(TileAppender, Option<Sha256Digest>), SignError> {
        let Some(before) = before else {
            return Ok((TileAppender::default(), None));
        };
        let size = before.size;
        let broken = || SignError::Tiles { size };
        let index = size.checked_sub(1).ok_or_else(broken)?;
        let last_tile = leaf_tile(index, size).ok_or_else(broken)?;
        let wanted = TileAppender::resume_tiles(size).chain([last_tile]);
        let tiles = fetch(&*self.0.log, scope, wanted).await?;
        let tree = TileAppender::resume(size, &tiles).map_err(|_| broken())?;
        if tree.root() != before.root {
            return Err(broken());
        }
        let Ok(leaves) = tiles.read_tile(last_tile);
        let place = usize::try_from(index % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
        let last = leaves.get(place).copied().ok_or_else(broken)?;
        Ok((tree, Some(last)))
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

/// The name and the root on the newest checkpoint must be ours: a log keeps its name.
fn continues(before: &StoredCheckpoint, origin: &LogOrigin) -> Result<(), SignError> {
    let broken = SignError::Tiles { size: before.size };
    let note = SignedNote::parse(&before.note)?;
    let Ok(said) = Checkpoint::parse(note.text()) else {
        return Err(broken);
    };
    if said.origin != origin.as_str() {
        return Err(SignError::Renamed {
            found: said.origin,
            expected: origin.to_string(),
        });
    }
    if (said.size, said.root) != (before.size, before.root) {
        return Err(broken);
    }
    Ok(())
}

/// The entry must be the next one, link to the one before it, and be the head's where it has the head's place.
fn follow(
    tree: &TileAppender,
    last: Option<Sha256Digest>,
    link: &LeafLink,
    head: ChainHead,
) -> Result<(), SignError> {
    let seq = tree.size() + 1;
    let next = u64::try_from(link.seq) == Ok(seq);
    let heads = link.seq != head.seq || Some(link.leaf_hash) == head.hash;
    if next && link.prev_hash == last && heads {
        Ok(())
    } else {
        Err(SignError::Unlinked { seq })
    }
}
