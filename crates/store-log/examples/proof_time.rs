//! Says how long a proof takes out of a long log in a database: the tree is stored as the signer stores it, under leaves of which a thousand
//! are entries that are there.
//!
//! `cargo run --profile bench-fast -p clasper-store-log --example proof_time -- [entries]`

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clasper_core::{
    AuditEvent, Caller, ChainHead, LoggedEntry, ManualClock, PermissionSet, Principal,
    Sha256Digest, TraceId,
};
use clasper_entity::{audit_entry, tenant};
use clasper_evidence::{
    AuditLog, AuditLogDeps, Checkpoint, Extended, Extension, KeyKind, KeyPair, KeySource,
    LogOrigin, LogStore as _, StoredCheckpoint, TileAppender, Trust, adopt_key,
};
use clasper_testkit::TestDatabase;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::json;

const NAME: &str = "log.example";
const SEED: [u8; 32] = [7; 32];
/// Leaves that are stored together.
const STEP: u64 = 65_536;
/// Entries that are there.
const SAMPLES: u64 = 1000;

fn row(logged: &LoggedEntry) -> audit_entry::Model {
    let entry = &logged.entry;
    audit_entry::Model {
        tenant_id: entry.tenant.as_str().to_owned(),
        seq: logged.seq,
        entry_id: entry.id.as_uuid(),
        event_type: entry.event.name().to_owned(),
        actor: entry.actor.clone(),
        workspace_id: None,
        trace_id: None,
        user_id: None,
        target: None,
        detail: entry.detail.as_str().to_owned(),
        occurred_at: entry.occurred_at.timestamp_micros(),
        prev_hash: logged.prev_hash.map(|hash| hash.as_bytes().to_vec()),
        leaf_hash: logged.leaf_hash.as_bytes().to_vec(),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let asked = std::env::args().nth(1);
    let size: u64 = asked.map_or(Ok(10_000_000), |n| n.parse())?;
    let db = TestDatabase::sqlite().await?;
    let scope = db.tenant("acme").await?;
    let writer = db.database().writer();
    tenant::Entity::update_many()
        .col_expr(tenant::Column::HeadSeq, Expr::value(i64::try_from(size)?))
        .exec(writer)
        .await?;
    audit_entry::Entity::delete_many().exec(writer).await?;
    adopt_key(&db.store, KeySource::Configured(&SEED), db.make.now()).await?;
    let origin = LogOrigin::new(NAME, scope.tenant())?;
    let key = KeyPair::from_seed(&SEED)?.named(origin.as_str(), KeyKind::Ed25519)?;

    let (begun, mut tree, mut from) = (Instant::now(), TileAppender::default(), 0);
    let (mut last, mut samples) = (Sha256Digest::of(b"first"), Vec::new());
    for n in 0..size {
        if n % (size / SAMPLES).max(1) == 0 {
            let head = ChainHead {
                seq: i64::try_from(n)?,
                hash: (n > 0).then_some(last),
            };
            let said = json!({"n": n});
            let logged = head.append(db.make.entry(&scope, AuditEvent::BudgetWarning, &said));
            audit_entry::Entity::insert(row(&logged).into_active_model())
                .exec_without_returning(writer)
                .await?;
            last = logged.leaf_hash;
            samples.push(logged.entry.id);
        } else {
            let mut bytes = *last.as_bytes();
            bytes[..8].copy_from_slice(&n.to_be_bytes());
            last = Sha256Digest::from_bytes(bytes);
        }
        tree.append(last);
        if (n + 1) % STEP == 0 || n + 1 == size {
            let root = tree.root();
            let note = Checkpoint::new(&origin, n + 1, root).sign(&[&key])?;
            let extension = Extension {
                tenant: scope.tenant().clone(),
                from,
                signed_by: *key.verifier().public(),
                checkpoint: StoredCheckpoint {
                    size: n + 1,
                    root,
                    note: note.to_string(),
                    signed_at: db.make.now(),
                },
                tiles: tree.take_changed(),
            };
            let extended = db.store.extend(extension).await?;
            ensure!(extended == Extended::Done, "{extended:?}");
            from = n + 1;
        }
    }
    println!("a tree of {size} leaves stored in {:?}", begun.elapsed());

    let store = Arc::new(db.store.clone());
    let log = AuditLog::new(AuditLogDeps {
        entries: store.clone(),
        log: store,
        name: NAME.into(),
        clock: Arc::new(ManualClock::at(db.make.now())),
    });
    let mut principal = Principal::system(scope.tenant().clone());
    principal.permissions = PermissionSet::all();
    let caller = Caller {
        principal,
        trace: TraceId::generate(db.make.ids()),
    };
    let trust = Trust::in_key(key.verifier().clone());
    let mut spent = Vec::new();
    for id in samples {
        let begun = Instant::now();
        let proof = log.prove(&caller, id).await?;
        spent.push(begun.elapsed());
        proof.verify(None, &trust)?;
    }
    spent.sort_unstable();
    let at = |part: usize| spent.get((spent.len() - 1) * part / 100).copied();
    let at = |part: usize| at(part).unwrap_or(Duration::ZERO);
    println!(
        "a proof out of {size} entries: median {:?}, p99 {:?}, longest {:?}",
        at(50),
        at(99),
        at(100)
    );
    Ok(())
}
