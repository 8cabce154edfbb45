//! What only SQLite has: a file, its settings, and one server at a time.

use anyhow::{Context, Result};
use clasper_db::Error;
use clasper_testkit::{TestDatabase, usd};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

async fn pragma<T: sea_orm::TryGetable>(db: &TestDatabase, name: &str) -> Result<T> {
    let sql = format!("PRAGMA {name}");
    let statement = Statement::from_string(DbBackend::Sqlite, sql);
    let row = db.database().writer().query_one_raw(statement).await?;
    Ok(row.context("a pragma answers")?.try_get_by_index(0)?)
}

#[tokio::test]
async fn every_commit_is_synced_to_disk() -> Result<()> {
    let db = TestDatabase::sqlite().await?;
    assert_eq!(pragma::<String>(&db, "journal_mode").await?, "wal");
    assert_eq!(pragma::<i32>(&db, "synchronous").await?, 2, "2 is FULL");
    assert_eq!(pragma::<i32>(&db, "foreign_keys").await?, 1);
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_its_log_are_readable_by_their_owner_alone() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let db = TestDatabase::sqlite().await?;
    let acme = db.tenant("acme").await?;
    db.admit(&acme, usd("0.1")).await?;
    let file = db.file().context("SQLite has a file")?;
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", file.display());
        let mode = std::fs::metadata(&path)
            .with_context(|| path.clone())?
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_stopped_store_leaves_one_file_with_everything_in_it() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let db = TestDatabase::sqlite().await?;
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    db.admit(&acme, usd("0.1")).await?;
    let before = db.row_counts().await?;
    let stopped = db.stop().await;
    let file = stopped.file().context("SQLite has a file")?;
    for suffix in ["-wal", "-shm"] {
        let left = format!("{}{suffix}", file.display());
        assert!(!std::path::Path::new(&left).exists(), "{left}");
    }
    assert_eq!(
        std::fs::metadata(&file)?.permissions().mode() & 0o777,
        0o600
    );
    let db = stopped.start().await?;
    assert_eq!(db.row_counts().await?, before);
    db.ensure_whole().await
}

#[tokio::test]
async fn a_second_server_is_refused_until_the_first_is_gone() -> Result<()> {
    let db = TestDatabase::sqlite().await?;
    let second = db.second_database().await?;
    let lock = db.database().lock_for_server()?;
    let refused = second.lock_for_server();
    assert!(matches!(refused, Err(Error::Locked { .. })), "{refused:?}");
    drop(lock);
    second.lock_for_server()?;
    second.close().await;
    Ok(())
}
