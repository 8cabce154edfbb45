//! Compares the entries with every checkpoint that was signed over them and with the tiles, and the checkpoints with the keys.

use clasper_core::LoggedEntry;
use clasper_entity::{log_checkpoint, log_head, log_tile};
use clasper_evidence::{
    Checkpoint, Frontier, KeyKind, SignedNote, TILE_WIDTH, Tile, TileAppender, VerifierKey,
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use clasper_store::rows;

/// Replays the tree, checkpoint by checkpoint, in bounded memory.
pub(crate) struct CheckpointCheck {
    tree: Frontier,
    /// The same tree in tiles.
    tiles: TileAppender,
    keys: Vec<[u8; 32]>,
    /// The newest checkpoint as the head claims it.
    head: Option<log_head::Model>,
    /// The next checkpoints to be compared, the smallest last.
    next: Vec<log_checkpoint::Model>,
    /// Whether there are no more than those.
    all_read: bool,
    /// The last one that was compared.
    last: Option<log_checkpoint::Model>,
}

/// The place of the first hash that both have and that differs.
fn differs(stored: &[u8], made: &[u8]) -> Option<u64> {
    let mut pairs = (0..).zip(stored.chunks(32).zip(made.chunks(32)));
    let differing = pairs.find(|(_, (stored, made))| stored.len() == made.len() && stored != made);
    differing.map(|(place, _)| place)
}

/// How many bytes of a tile are stored with a checkpoint over this many entries.
fn width(tile: Tile, signed: u64) -> usize {
    let level = 8 * u32::from(tile.level());
    let hashes = signed.checked_shr(level).unwrap_or(0);
    let hashes = hashes.saturating_sub(tile.index() * u64::from(TILE_WIDTH));
    let hashes = hashes.min(u64::from(TILE_WIDTH));
    usize::try_from(hashes * 32).unwrap_or(usize::MAX)
}

/// Checkpoints read at a time.
const CHUNK: u64 = 1000;

impl CheckpointCheck {
    pub(crate) async fn load(snapshot: &DatabaseTransaction, tenant: &str) -> Result<Self, DbErr> {
        let keys = rows::log_keys(snapshot).await?;
        let mut check = Self {
            tree: Frontier::default(),
            tiles: TileAppender::default(),
            keys: keys.into_iter().map(|key| key.public).collect(),
            head: log_head::Entity::find_by_id(tenant).one(snapshot).await?,
            next: Vec::new(),
            all_read: false,
            last: None,
        };
        check.load_more(snapshot, tenant).await?;
        Ok(check)
    }

    /// Reads on.
    pub(crate) async fn load_more(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
    ) -> Result<(), DbErr> {
        let mut query = log_checkpoint::Entity::find()
            .filter(log_checkpoint::Column::TenantId.eq(tenant))
            .order_by_asc(log_checkpoint::Column::Size)
            .limit(CHUNK);
        if let Some(last) = &self.last {
            query = query.filter(log_checkpoint::Column::Size.gt(last.size));
        }
        self.next = query.all(snapshot).await?;
        self.all_read = self.next.is_empty();
        self.next.reverse();
        Ok(())
    }

    /// Whether further checkpoints must be read before the next entry is taken.
    pub(crate) const fn is_short(&self) -> bool {
        self.next.is_empty() && !self.all_read
    }

    pub(crate) fn take(&mut self, entry: &LoggedEntry, faults: &mut Vec<String>) {
        self.tree.append(entry.leaf_hash);
        self.tiles.append(entry.leaf_hash);
        while let Some(checkpoint) = self.next.pop_if(|next| next.size <= entry.seq) {
            let size = checkpoint.size;
            if checkpoint.root_hash != self.tree.root().as_bytes() || size != entry.seq {
                faults.push(format!(
                    "the entries up to {size} are not those of the checkpoint that was signed over them"
                ));
            } else if let Err(fault) = self.signature(&checkpoint) {
                faults.push(fault);
            }
            self.last = Some(checkpoint);
        }
    }

    /// Compares the tiles that the entries taken since the last time have made. One that is stored is as wide as what was signed, which may
    /// be narrower than the one made, or wider, as not all entries were taken yet.
    pub(crate) async fn compare_tiles(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        use log_tile::Column as T;
        let signed = self.head.as_ref().map_or(0, |head| head.size);
        let signed = u64::try_from(signed).unwrap_or(0);
        for made in self.tiles.take_changed() {
            let (tile, bytes) = (made.tile, made.to_bytes());
            let stored = log_tile::Entity::find()
                .filter(T::TenantId.eq(tenant))
                .filter(T::Level.eq(i64::from(tile.level())))
                .filter(T::TileIndex.eq(rows::count(tile.index())))
                .one(snapshot)
                .await?;
            let stored = stored.map(|tile| tile.hashes).unwrap_or_default();
            let common = stored.len().min(bytes.len());
            if stored[..common] != bytes[..common] || stored.len() != width(tile, signed) {
                let from = match differs(&stored, &bytes).filter(|_| tile.level() == 0) {
                    Some(place) => format!(
                        " from {} on",
                        tile.index() * u64::from(TILE_WIDTH) + place + 1
                    ),
                    None => String::new(),
                };
                faults.push(format!(
                    "the stored {} does not fit the entries{from}",
                    tile.path()
                ));
            }
        }
        Ok(())
    }

    fn signature(&self, checkpoint: &log_checkpoint::Model) -> Result<(), String> {
        let size = checkpoint.size;
        let unsigned =
            || format!("the checkpoint of {size} entries is not signed by a key of the log");
        let note = SignedNote::parse(&checkpoint.note).map_err(|_| unsigned())?;
        let said = Checkpoint::parse(note.text()).map_err(|_| unsigned())?;
        let keys = self.keys.iter();
        let keys =
            keys.filter_map(|key| VerifierKey::new(&said.origin, KeyKind::Ed25519, *key).ok());
        note.verify(&keys.collect::<Vec<_>>())
            .map_err(|_| unsigned())?;
        if rows::count(said.size) == size && said.root.as_bytes() == checkpoint.root_hash.as_slice()
        {
            Ok(())
        } else {
            Err(format!(
                "the checkpoint of {size} entries says something else than its row"
            ))
        }
    }

    /// What the log does not reach, and whether the head is the newest checkpoint.
    pub(crate) fn finish(&mut self, faults: &mut Vec<String>) {
        let size = self.tree.size();
        if let Some(beyond) = self.next.pop() {
            faults.push(format!(
                "the log ends at entry {size}, but a checkpoint was signed over {}",
                beyond.size
            ));
        }
        let newest = self.last.take();
        let newest = newest.map(|last| (last.size, last.root_hash, last.note));
        let head = self.head.take();
        let head = head.map(|head| (head.size, head.root_hash, head.note));
        if newest != head {
            faults.push("the head of the signed log is not its newest checkpoint".to_owned());
        }
    }
}
