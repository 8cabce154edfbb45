//! Old checkpoints are forgotten, and nothing that was proven with them.

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use clasper_core::Clock as _;
use clasper_evidence::{AuditStore as _, LogStore as _, StoredCheckpoint, verify_consistency};
use clasper_store_log::OldCheckpoints;
use clasper_testkit::{TestDatabase, both};

use crate::evidence::{caller, grow, log, signer, trust};

both!(of_old_checkpoints_the_last_of_each_hour_stays_and_what_they_proved_stays_proven);

async fn forget(db: &TestDatabase) -> Result<u64> {
    let old = OldCheckpoints::new(db.store.clone());
    Ok(old.forget(db.make.clock.now()).await?)
}

async fn of_old_checkpoints_the_last_of_each_hour_stays_and_what_they_proved_stays_proven(
    db: TestDatabase,
) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let mut kept: Vec<StoredCheckpoint> = Vec::new();
    // From noon, every ten minutes of two hours.
    for n in 0..12 {
        grow(&db, &acme, 30).await?;
        if n == 3 {
            grow(&db, &globex, 1).await?;
        }
        signer(&db).await?.sign_all().await?;
        kept.push(db.store.find_checkpoint(&acme).await?.context("signed")?);
        db.make.clock.advance(TimeDelta::minutes(10));
    }
    let first = db.store.read_log(&acme, 0, 1).await?.remove(0);
    let proof = log(&db).prove(&caller(&acme), first.entry.id).await?;
    let newest = db.store.find_checkpoint(&acme).await?;
    assert_eq!(db.row_counts().await?["log_checkpoint"], 12 + 2);
    assert_eq!(forget(&db).await?, 0, "they are not old yet");

    db.make.clock.advance(TimeDelta::hours(26));
    let forgotten = forget(&db).await?;
    // Of acme's two hours ten; of globex the two that it has were signed in one.
    assert_eq!(forgotten, 10 + 1);
    assert_eq!(db.row_counts().await?["log_checkpoint"], 3);
    assert_eq!(forget(&db).await?, 0);
    assert_eq!(db.store.find_checkpoint(&acme).await?, newest);
    db.ensure_whole().await?;
    proof.verify(None, &trust(&acme)?)?;
    grow(&db, &acme, 1).await?;
    signer(&db).await?.sign_all().await?;
    for old in kept {
        let found = log(&db).consistency(&caller(&acme), old.size, None).await?;
        ensure!(
            found.from == (old.size, old.root),
            "{} has another root",
            old.size
        );
        let (from, to) = ((old.size, &old.root), (found.to.0, &found.to.1));
        verify_consistency(from, to, &found.hashes)?;
    }
    db.ensure_whole().await
}
