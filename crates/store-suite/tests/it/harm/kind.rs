//! The kinds of harm.

use std::sync::Arc;

use anyhow::{Context, Result};
use clasper_core::{ChainHead, LoggedEntry};
use clasper_db::Database;
use clasper_evidence::{KeyPair, LogSigner, LogSignerDeps, TileAppender};
use clasper_store::Store;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tokio_util::task::TaskTracker;

use crate::harm::{NAME, SEED, acme};

/// How many there are.
pub(super) const KINDS: usize = 11;

/// `SplitMix64`, so that every run does the same harm.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap_or(0)
    }
}

impl Dice {
    /// Thirty-two bytes of no meaning, as SQL.
    pub(super) fn hash(&mut self) -> String {
        let bytes: [u8; 32] = std::array::from_fn(|_| u8::try_from(self.below(256)).unwrap_or(0));
        hex(&bytes)
    }
}

/// What was done, and which entry must be named.
pub(super) struct Harm {
    pub(super) kind: &'static str,
    /// What verification of the database must say; `None` where the log's own key was used, so that only what was kept tells.
    pub(super) said: Option<String>,
    /// The entry that the bundle's verifiers must name, if a bundle can be made at all.
    pub(super) entry: Option<u64>,
    /// Whether what was harmed is in bundles.
    pub(super) is_exported: bool,
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("X'{}'", digits.collect::<String>())
}

pub(super) async fn run(database: &Database, sql: &str) -> Result<()> {
    let done = database.writer().execute_unprepared(sql).await;
    done.map(drop).with_context(|| sql.to_owned())
}

/// Writes the log from `place` on anew, with a member more in that entry, and mends the account's head.
async fn fork(database: &Database, log: &[LoggedEntry], place: usize) -> Result<Vec<LoggedEntry>> {
    let mut head = match place {
        0 => ChainHead::EMPTY,
        _ => log[place - 1].head(),
    };
    let mut forked = log[..place].to_vec();
    for (n, logged) in log.iter().enumerate().skip(place) {
        let mut entry = logged.entry.clone();
        if n == place {
            let mut detail: Value = serde_json::from_str(entry.detail.as_str())?;
            detail["forged"] = Value::Bool(true);
            entry.detail = clasper_core::canonical_json(&detail)?;
        }
        let logged = head.append(entry);
        head = logged.head();
        let prev = logged.prev_hash.map(|hash| hex(hash.as_bytes()));
        let sql = format!(
            "UPDATE audit_entries SET detail = '{}', prev_hash = {}, leaf_hash = {} WHERE tenant_id = 'acme' AND seq = {}",
            logged.entry.detail.as_str().replace('\'', "''"),
            prev.unwrap_or_else(|| "NULL".to_owned()),
            hex(logged.leaf_hash.as_bytes()),
            logged.seq
        );
        run(database, &sql).await?;
        forked.push(logged);
    }
    mend_head(database, &forked).await?;
    Ok(forked)
}

async fn mend_head(database: &Database, log: &[LoggedEntry]) -> Result<()> {
    let last = log.last().context("an entry")?;
    let hash = hex(last.leaf_hash.as_bytes());
    let sql = format!(
        "UPDATE tenants SET head_seq = {}, head_hash = {hash} WHERE tenant_id = 'acme'",
        last.seq
    );
    run(database, &sql).await
}

/// Signs what is there as if nothing had been signed before.
async fn sign_anew(database: &Database) -> Result<()> {
    for table in ["log_checkpoints", "log_heads", "log_tiles"] {
        run(
            database,
            &format!("DELETE FROM {table} WHERE tenant_id = 'acme'"),
        )
        .await?;
    }
    let tracker = TaskTracker::new();
    let store = Arc::new(Store::start(database.clone(), &tracker));
    let signer = LogSigner::new(LogSignerDeps {
        entries: store.clone(),
        log: store.clone(),
        key: KeyPair::from_seed(&SEED)?,
        name: NAME.into(),
        clock: Arc::new(clasper_core::SystemClock),
    });
    signer.sign(acme().tenant()).await?;
    drop((signer, store));
    tracker.close();
    tracker.wait().await;
    Ok(())
}

async fn mend_tiles(database: &Database, log: &[LoggedEntry]) -> Result<()> {
    let mut tiles = TileAppender::default();
    for entry in log {
        tiles.append(entry.leaf_hash);
    }
    for made in tiles.take_changed() {
        let (tile, hashes) = (made.tile, hex(&made.to_bytes()));
        let sql = format!(
            "UPDATE log_tiles SET hashes = {hashes} WHERE tenant_id = 'acme' AND level = {} AND tile_index = {}",
            tile.level(),
            tile.index()
        );
        run(database, &sql).await?;
    }
    Ok(())
}

/// Harms the database in the way of `kind`; the kept checkpoint covers `kept` entries.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of harm")]
pub(super) async fn harm(
    database: &Database,
    log: &[LoggedEntry],
    kept: usize,
    kind: usize,
    dice: &mut Dice,
) -> Result<Harm> {
    let place = dice.below(log.len());
    let seq = place + 1;
    let at = format!("tenant_id = 'acme' AND seq = {seq}");
    let flipped = |bytes: &[u8], dice: &mut Dice| {
        let mut bytes = bytes.to_vec();
        bytes[dice.below(32)] ^= 1 << dice.below(8);
        hex(&bytes)
    };
    let named = |kind, said: String| Harm {
        kind,
        said: Some(said),
        entry: Some(seq as u64),
        is_exported: true,
    };
    Ok(match kind {
        0 => {
            let change = [
                "actor = 'mallory'",
                "target = 'x'",
                "detail = '{\"forged\":true}'",
                "event_type = 'price_changed'",
                "occurred_at = occurred_at + 1",
                "user_id = 'mallory'",
                "workspace_id = 'elsewhere'",
                "trace_id = X'0190000000007000bfff000000000007'",
            ][dice.below(8)];
            run(
                database,
                &format!("UPDATE audit_entries SET {change} WHERE {at}"),
            )
            .await?;
            named("a column of an entry", format!("entry {seq} was changed"))
        }
        1 => {
            let hash = flipped(log[place].leaf_hash.as_bytes(), dice);
            run(
                database,
                &format!("UPDATE audit_entries SET leaf_hash = {hash} WHERE {at}"),
            )
            .await?;
            named("a leaf hash", format!("entry {seq} was changed"))
        }
        2 => {
            let hash = flipped(log[place].leaf_hash.as_bytes(), dice);
            run(
                database,
                &format!("UPDATE audit_entries SET prev_hash = {hash} WHERE {at}"),
            )
            .await?;
            named("a link", format!("entry {seq} does not link"))
        }
        3 => {
            run(database, &format!("DELETE FROM audit_entries WHERE {at}")).await?;
            let said = if seq == log.len() {
                format!("the log ends at entry {}", seq - 1)
            } else {
                format!("entry {seq} is missing")
            };
            named("an entry dropped", said)
        }
        4 => {
            let other = (place + 1 + dice.below(log.len() - 1)) % log.len() + 1;
            for (from, to) in [(seq, 1_000_000), (other, seq), (1_000_000, other)] {
                let sql = format!(
                    "UPDATE audit_entries SET seq = {to} WHERE tenant_id = 'acme' AND seq = {from}"
                );
                run(database, &sql).await?;
            }
            let first = seq.min(other);
            Harm {
                entry: Some(first as u64),
                ..named("entries swapped", format!("entry {first} "))
            }
        }
        5 | 6 => {
            let left = 1 + dice.below(log.len() - 1);
            run(
                database,
                &format!("DELETE FROM audit_entries WHERE tenant_id = 'acme' AND seq > {left}"),
            )
            .await?;
            if kind == 6 {
                mend_head(database, &log[..left]).await?;
            }
            Harm {
                kind: ["the end cut", "the end cut and the head mended"][kind - 5],
                said: Some(match kind {
                    5 => format!("the log ends at entry {left}"),
                    _ => String::new(),
                }),
                entry: None,
                is_exported: true,
            }
        }
        7 => {
            fork(database, log, place).await?;
            let said = format!("does not fit the entries from {seq} on");
            Harm {
                entry: None,
                ..named("a fork", said)
            }
        }
        8 => {
            let forked = fork(database, log, place).await?;
            mend_tiles(database, &forked).await?;
            Harm {
                kind: "a fork with its tiles",
                said: Some("are not those of the checkpoint".to_owned()),
                entry: None,
                is_exported: true,
            }
        }
        9 => {
            fork(database, log, dice.below(kept)).await?;
            sign_anew(database).await?;
            Harm {
                kind: "a fork signed by the log's own key",
                said: None,
                entry: None,
                is_exported: true,
            }
        }
        _ => {
            let left = 1 + dice.below(kept - 1);
            run(
                database,
                &format!("DELETE FROM audit_entries WHERE tenant_id = 'acme' AND seq > {left}"),
            )
            .await?;
            mend_head(database, &log[..left]).await?;
            sign_anew(database).await?;
            Harm {
                kind: "a log cut back and signed by its own key",
                said: None,
                entry: None,
                is_exported: true,
            }
        }
    })
}
