//! A restart forgets nothing.

use anyhow::Result;
use serde_json::json;

use crate::harness::{Client, MESSAGES, TASKS, in_file};

#[tokio::test]
async fn records_and_keys_survive_a_restart() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("made/for it?").join("backend.db");
    let task = json!({ "title": "kept", "idempotency_key": "key" });

    let before = in_file(&path, 1).await?;
    let agent = Client::of(&before, "user-1")?;
    let task_id = agent.id_of(TASKS, &task).await?;
    agent
        .id_of(MESSAGES, &json!({ "task_id": task_id, "content": "kept" }))
        .await?;
    let (tasks, messages) = (
        before.tasks_of("user-1").await?,
        before.messages_of("user-1").await?,
    );
    before.close().await?;

    let after = in_file(&path, 1_000).await?;
    assert_eq!(after.tasks_of("user-1").await?, tasks);
    assert_eq!(after.messages_of("user-1").await?, messages);
    assert_eq!(
        Client::of(&after, "user-1")?.id_of(TASKS, &task).await?,
        task_id
    );
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_readable_by_its_owner_only() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir()?;
    let path = directory.path().join("backend.db");
    let backend = in_file(&path, 1).await?;
    Client::of(&backend, "user-1")?.task("T").await?;
    for name in ["backend.db", "backend.db-wal"] {
        let mode = std::fs::metadata(directory.path().join(name))?
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    Ok(())
}
