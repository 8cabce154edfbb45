//! Bringing a database up to date.

use anyhow::Result;
use clasper_migrations::{SchemaState, migrate, schema_state};
use clasper_testkit::{TestDatabase, both};
use futures::future::try_join3;
use sea_orm::ConnectionTrait;

both!(
    a_migrated_database_is_current_and_migrating_again_does_nothing,
    replicas_that_start_together_migrate_once,
);

async fn a_migrated_database_is_current_and_migrating_again_does_nothing(
    db: TestDatabase,
) -> Result<()> {
    let writer = db.database().writer();
    assert_eq!(schema_state(writer).await?, SchemaState::Current);
    assert_eq!(migrate(writer).await?, 0);
    Ok(())
}

async fn replicas_that_start_together_migrate_once(db: TestDatabase) -> Result<()> {
    if !db.is_postgres() {
        // One server at a time uses a SQLite file.
        return Ok(());
    }
    let writer = db.database().writer();
    writer
        .execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await?;
    let (a, b) = (db.second_database().await?, db.second_database().await?);
    let (x, y, z) = try_join3(migrate(writer), migrate(a.writer()), migrate(b.writer())).await?;
    assert!(x + y + z > 0);
    assert_eq!([x, y, z].iter().filter(|ran| **ran > 0).count(), 1);
    assert_eq!(schema_state(writer).await?, SchemaState::Current);
    a.close().await;
    b.close().await;
    Ok(())
}
