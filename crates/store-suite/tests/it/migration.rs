//! Bringing a database up to date.

use anyhow::Result;
use clasper_migrations::{SchemaError, SchemaState, migrate, schema_state};
use clasper_testkit::{TestDatabase, both};
use futures::future::try_join_all;
use sea_orm::ConnectionTrait;

both!(
    asking_for_the_state_of_an_empty_database_leaves_it_empty,
    a_migrated_database_is_current_and_migrating_again_does_nothing,
    replicas_that_start_together_migrate_once,
    a_database_of_a_newer_version_is_refused_and_left_alone,
);

async fn asking_for_the_state_of_an_empty_database_leaves_it_empty(db: TestDatabase) -> Result<()> {
    if !db.is_postgres() {
        // Only there can a database be emptied while it is open.
        return Ok(());
    }
    let writer = db.database().writer();
    writer
        .execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await?;
    for _ in 0..2 {
        let state = schema_state(writer).await?;
        assert!(matches!(state, SchemaState::Behind { .. }), "{state:?}");
    }
    assert!(db.row_counts().await.is_err(), "there are no tables");
    Ok(())
}

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
    let (second, third) = (db.second_database().await?, db.second_database().await?);
    let all = [writer, second.writer(), third.writer()].map(migrate);
    let ran = try_join_all(all).await?;
    assert_eq!(ran.iter().filter(|migrations| **migrations > 0).count(), 1);
    assert_eq!(schema_state(writer).await?, SchemaState::Current);
    second.close().await;
    third.close().await;
    Ok(())
}

async fn a_database_of_a_newer_version_is_refused_and_left_alone(db: TestDatabase) -> Result<()> {
    let writer = db.database().writer();
    writer
        .execute_unprepared("INSERT INTO seaql_migrations VALUES ('m29990101_000001_later', 0)")
        .await?;
    let (asked, ran) = (schema_state(writer).await, migrate(writer).await);
    for refused in [asked.map(drop), ran.map(drop)] {
        let Err(SchemaError::Newer { migration }) = refused else {
            anyhow::bail!("not refused: {refused:?}");
        };
        assert_eq!(migration, "m29990101_000001_later");
    }
    Ok(())
}
