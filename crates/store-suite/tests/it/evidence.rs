//! The signed log: checkpoints cover what is stored, proofs verify, and nothing that was signed is taken back.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use clasper_core::{
    Caller, Clock, IdSource, ManualClock, PermissionSet, Principal, SystemIds, TenantScope, TraceId,
};
use clasper_evidence::{
    AuditLog, AuditLogDeps, AuditStore as _, Extended, Extension, KeyKind, KeyPair, KeySource,
    LogOrigin, LogSigner, LogSignerDeps, LogStore as _, SignError, StoredCheckpoint, TilePath,
    Trust, adopt_key, verify_consistency,
};
use clasper_governance::BudgetSettings;
use clasper_store::Store;
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::try_join;
use sea_orm::{ConnectionTrait, Statement};

both!(
    every_entry_is_proven_under_a_checkpoint_that_continues_the_one_before,
    replicas_that_sign_at_once_make_one_log,
    a_tree_is_stored_only_if_it_continues_the_newest_one,
    an_entry_that_does_not_continue_the_signed_log_is_not_signed,
    a_log_that_was_cut_back_is_not_signed_and_verification_says_so,
    a_forged_entry_or_checkpoint_is_found_by_verification,
);

pub(crate) const NAME: &str = "log.example";
pub(crate) const SEED: [u8; 32] = [7; 32];

pub(crate) fn clock(db: &TestDatabase) -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(db.make.now()))
}

fn signer_over(db: &TestDatabase, store: &Store, name: &str) -> Result<LogSigner> {
    let store = Arc::new(store.clone());
    Ok(LogSigner::new(LogSignerDeps {
        entries: store.clone(),
        log: store,
        key: KeyPair::from_seed(&SEED)?,
        name: name.into(),
        clock: clock(db),
    }))
}

/// A signer whose key is in use.
pub(crate) async fn signer(db: &TestDatabase) -> Result<LogSigner> {
    adopt_key(&db.store, KeySource::Configured(&SEED), db.make.now()).await?;
    signer_over(db, &db.store, NAME)
}

pub(crate) fn log(db: &TestDatabase) -> AuditLog {
    let store = Arc::new(db.store.clone());
    AuditLog::new(AuditLogDeps {
        entries: store.clone(),
        log: store,
        name: NAME.into(),
        clock: clock(db),
    })
}

pub(crate) fn caller(scope: &TenantScope) -> Caller {
    let mut principal = Principal::system(scope.tenant().clone());
    principal.permissions = PermissionSet::all();
    Caller {
        principal,
        trace: TraceId::from_uuid(SystemIds.next_uuid()),
    }
}

pub(crate) fn trust(scope: &TenantScope) -> Result<Trust> {
    let origin = LogOrigin::new(NAME, scope.tenant())?;
    let key = KeyPair::from_seed(&SEED)?.named(origin.as_str(), KeyKind::Ed25519)?;
    Ok(Trust::in_key(key.verifier().clone()))
}

/// Appends `count` entries.
pub(crate) async fn grow(db: &TestDatabase, scope: &TenantScope, count: usize) -> Result<()> {
    for _ in 0..count {
        db.set_budget(scope, &BudgetSettings::limited_to(usd("1")))
            .await?;
    }
    Ok(())
}

async fn run(db: &TestDatabase, sql: &str) -> Result<()> {
    let writer = db.database().writer();
    let statement = Statement::from_string(writer.get_database_backend(), sql);
    let done = writer.execute_raw(statement).await?;
    ensure!(done.rows_affected() > 0, "nothing was changed by {sql}");
    Ok(())
}

async fn faults(db: &TestDatabase) -> Result<String> {
    let report = db.verify().await?;
    let faults: Vec<String> = report.tenants.into_iter().flat_map(|t| t.faults).collect();
    Ok(faults.join("; "))
}

async fn every_entry_is_proven_under_a_checkpoint_that_continues_the_one_before(
    db: TestDatabase,
) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let (signer, log, trust) = (signer(&db).await?, log(&db), trust(&acme)?);
    let mut before: Option<StoredCheckpoint> = None;
    // Over the end of a tile, exactly to the end of one, and by a few.
    for count in [299, 212, 3] {
        grow(&db, &acme, count).await?;
        let round = signer.sign_all().await?;
        ensure!(round.refused.is_empty(), "{:?}", round.refused);
        let checkpoint = log.checkpoint(&caller(&acme)).await?;
        let opened = trust.open(&checkpoint.note)?.checkpoint;
        assert_eq!(
            (opened.size, opened.root),
            (checkpoint.size, checkpoint.root)
        );
        let head = db.store.head(&acme).await?;
        assert_eq!(i64::try_from(checkpoint.size)?, head.seq);
        if let Some(before) = before {
            let proof = log.consistency(&caller(&acme), before.size, None).await?;
            let (from, to) = ((before.size, &before.root), (opened.size, &opened.root));
            verify_consistency(from, to, &proof.hashes)?;
        }
        before = Some(checkpoint);
    }
    assert_eq!(
        signer.sign_all().await?.entries,
        0,
        "nothing is left to sign"
    );
    let size = before.context("a checkpoint")?.size;
    for entry in db.store.read_log(&acme, 0, 1000).await? {
        let proof = log.prove(&caller(&acme), entry.entry.id).await?;
        proof.verify(Some(&entry.leaf_bytes()), &trust)?;
        assert_eq!(proof.index + 1, u64::try_from(entry.seq)?);
        let foreign = log.prove(&caller(&globex), entry.entry.id).await;
        ensure!(foreign.is_err(), "another tenant's entry was proven");
    }
    assert_eq!(size, 515);
    for path in [
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/3",
        "tile/1/000.p/2",
        "tile/entries/001",
    ] {
        let bytes = log.tile(&caller(&acme), path.parse::<TilePath>()?).await?;
        ensure!(!bytes.is_empty(), "{path}");
    }
    let found = log.completeness(&caller(&acme)).await?;
    assert_eq!((found.pairs.entries, found.broken), (515, None));
    ensure!(found.checkpoint.is_some_and(|(_, same)| same));
    db.ensure_whole().await
}

async fn replicas_that_sign_at_once_make_one_log(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let first = signer(&db).await?;
    let other_store = db.second_store().await?;
    let second = signer_over(&db, &other_store, NAME)?;
    for _ in 0..20 {
        let write = grow(&db, &acme, 3);
        let sign = try_join(first.sign(acme.tenant()), second.sign(acme.tenant()));
        let (_, signed) = futures::join!(write, sign);
        if let Err(error) = signed {
            ensure!(matches!(error, SignError::Contended), "{error:?}");
        }
    }
    first.sign(acme.tenant()).await?;
    let newest = db
        .store
        .find_checkpoint(&acme)
        .await?
        .context("a checkpoint")?;
    assert_eq!(newest.size, 61);
    drop(second);
    drop(other_store);
    // Verification compares every checkpoint that was ever signed with the entries.
    db.ensure_whole().await
}

async fn a_tree_is_stored_only_if_it_continues_the_newest_one(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let signer = signer(&db).await?;
    grow(&db, &acme, 3).await?;
    signer.sign(acme.tenant()).await?;
    let newest = db
        .store
        .find_checkpoint(&acme)
        .await?
        .context("a checkpoint")?;
    grow(&db, &acme, 1).await?;
    let extension = |from, size, signed_by| Extension {
        tenant: acme.tenant().clone(),
        from,
        checkpoint: StoredCheckpoint {
            size,
            ..newest.clone()
        },
        signed_by,
        tiles: Vec::new(),
    };
    let key = KeyPair::from_seed(&SEED)?.public()?;
    for (from, size, by, expected) in [
        (3, 5, key, Extended::Stale),
        (4, 4, key, Extended::Stale),
        (5, 5, key, Extended::Stale),
        (4, 6, key, Extended::Beyond),
        (4, 5, [1; 32], Extended::KeyRetired),
    ] {
        let told = db.store.extend(extension(from, size, by)).await?;
        assert_eq!(told, expected, "from {from} to {size}");
    }
    let renamed = signer_over(&db, &db.store, "another.example")?;
    let refused = renamed.sign(acme.tenant()).await;
    ensure!(
        matches!(refused, Err(SignError::Renamed { .. })),
        "{refused:?}"
    );
    assert_eq!(db.store.find_checkpoint(&acme).await?, Some(newest));
    Ok(())
}

async fn an_entry_that_does_not_continue_the_signed_log_is_not_signed(
    db: TestDatabase,
) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let signer = signer(&db).await?;
    grow(&db, &acme, 3).await?;
    signer.sign_all().await?;
    grow(&db, &acme, 2).await?;
    grow(&db, &globex, 1).await?;
    run(
        &db,
        "UPDATE audit_entries SET prev_hash = leaf_hash WHERE tenant_id = 'acme' AND seq = 6",
    )
    .await?;
    let round = signer.sign_all().await?;
    assert_eq!(round.entries, 1, "globex is signed");
    match round.refused.as_slice() {
        [(tenant, SignError::Unlinked { seq: 6 })] => assert_eq!(tenant, acme.tenant()),
        other => bail!("{other:?}"),
    }
    run(
        &db,
        "DELETE FROM audit_entries WHERE tenant_id = 'acme' AND seq = 6",
    )
    .await?;
    let refused = signer.sign(acme.tenant()).await;
    ensure!(
        matches!(refused, Err(SignError::Short { .. })),
        "{refused:?}"
    );
    run(&db, "DELETE FROM log_tiles WHERE tenant_id = 'acme'").await?;
    let refused = signer.sign(acme.tenant()).await;
    ensure!(
        matches!(refused, Err(SignError::Tiles { size: 4 })),
        "{refused:?}"
    );
    Ok(())
}

async fn a_log_that_was_cut_back_is_not_signed_and_verification_says_so(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let signer = signer(&db).await?;
    grow(&db, &acme, 3).await?;
    signer.sign_all().await?;
    run(&db, "DELETE FROM audit_entries WHERE seq > 2").await?;
    run(
        &db,
        "UPDATE tenants SET head_seq = 2, head_hash = (SELECT leaf_hash FROM audit_entries WHERE seq = 2)",
    )
    .await?;
    let round = signer.sign_all().await?;
    match round.refused.as_slice() {
        [
            (
                _,
                SignError::Short {
                    found: 2,
                    expected: 4,
                },
            ),
        ] => {}
        other => bail!("{other:?}"),
    }
    let faults = faults(&db).await?;
    let expected = "the log ends at entry 2, but a checkpoint was signed over 4";
    ensure!(faults.contains(expected), "{faults}");
    Ok(())
}

async fn a_forged_entry_or_checkpoint_is_found_by_verification(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let signer = signer(&db).await?;
    grow(&db, &acme, 2).await?;
    signer.sign_all().await?;
    grow(&db, &acme, 2).await?;
    signer.sign_all().await?;
    db.ensure_whole().await?;
    for (sql, back, expected) in [
        (
            "UPDATE log_tiles SET hashes = (SELECT leaf_hash FROM audit_entries WHERE seq = 2)",
            "UPDATE log_tiles SET hashes = (SELECT hashes FROM log_tiles_kept)",
            "the stored tile/0/000.p/5 does not fit the entries",
        ),
        (
            "UPDATE log_checkpoints SET root_hash = (SELECT leaf_hash FROM audit_entries WHERE seq = 1) WHERE size = 3",
            "UPDATE log_checkpoints SET root_hash = (SELECT root_hash FROM log_checkpoints_kept WHERE size = 3) WHERE size = 3",
            "the entries up to 3 are not those of the checkpoint",
        ),
        (
            "UPDATE log_checkpoints SET note = (SELECT note FROM log_checkpoints WHERE size = 5) WHERE size = 3",
            "UPDATE log_checkpoints SET note = (SELECT note FROM log_checkpoints_kept WHERE size = 3) WHERE size = 3",
            "the checkpoint of 3 entries says something else than its row",
        ),
        (
            "UPDATE log_checkpoints SET note = 'x' WHERE size = 3",
            "UPDATE log_checkpoints SET note = (SELECT note FROM log_checkpoints_kept WHERE size = 3) WHERE size = 3",
            "the checkpoint of 3 entries is not signed by a key of the log",
        ),
        (
            "DELETE FROM log_checkpoints WHERE size = 5",
            "INSERT INTO log_checkpoints SELECT * FROM log_checkpoints_kept WHERE size = 5",
            "the head of the signed log is not its newest checkpoint",
        ),
    ] {
        let kept =
            "CREATE TABLE IF NOT EXISTS log_checkpoints_kept AS SELECT * FROM log_checkpoints";
        db.database().writer().execute_unprepared(kept).await?;
        let kept = "CREATE TABLE IF NOT EXISTS log_tiles_kept AS SELECT * FROM log_tiles";
        db.database().writer().execute_unprepared(kept).await?;
        run(&db, sql).await?;
        let found = faults(&db).await?;
        ensure!(found.contains(expected), "{sql}: {found}");
        run(&db, back).await?;
        db.ensure_whole().await?;
    }
    Ok(())
}
