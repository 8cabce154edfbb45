//! One user's records do not exist for another.

use anyhow::Result;
use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{Client, DOCUMENTS, MESSAGES, TASKS, assert_refused, in_memory};

#[tokio::test]
async fn another_users_task_is_not_found() -> Result<()> {
    let backend = in_memory().await?;
    let (one, two) = (
        Client::of(&backend, "user-1")?,
        Client::of(&backend, "user-2")?,
    );
    let task_id = one.task("mine").await?;

    let message = json!({ "task_id": task_id, "content": "intruding" });
    let foreign = two.post(MESSAGES, &message).await?;
    assert_refused(&foreign, StatusCode::NOT_FOUND);
    let absent = two
        .post(MESSAGES, &json!({ "task_id": "nowhere", "content": "x" }))
        .await?;
    assert_eq!(
        foreign, absent,
        "a foreign id is answered like one that does not exist"
    );
    let document = json!({ "task_id": task_id, "title": "t", "content": "intruding" });
    assert_refused(
        &two.post(DOCUMENTS, &document).await?,
        StatusCode::NOT_FOUND,
    );

    assert_eq!(two.get(TASKS).await?.1["items"], json!([]));
    assert!(backend.messages_of("user-1").await?.is_empty());
    assert!(backend.documents_of("user-2").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_key_belongs_to_one_user() -> Result<()> {
    let backend = in_memory().await?;
    let (one, two) = (
        Client::of(&backend, "user-1")?,
        Client::of(&backend, "user-2")?,
    );
    let body = json!({ "title": "same", "idempotency_key": "key" });
    let (first, second) = (
        one.id_of(TASKS, &body).await?,
        two.id_of(TASKS, &body).await?,
    );
    assert_ne!(first, second);
    let other_body = json!({ "title": "other", "idempotency_key": "key" });
    let third = Client::of(&backend, "user-3")?;
    third.id_of(TASKS, &other_body).await?;

    for (client, task_id) in [(&one, first), (&two, second)] {
        let message = json!({ "task_id": task_id, "content": "same", "idempotency_key": "key" });
        assert_eq!(
            client.post(MESSAGES, &message).await?.1["task_id"],
            json!(task_id)
        );
    }
    assert_eq!(backend.messages_of("user-1").await?.len(), 1);
    assert_eq!(backend.messages_of("user-2").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn lists_cursors_and_tools_see_only_their_user() -> Result<()> {
    let backend = in_memory().await?;
    let (one, two) = (
        Client::of(&backend, "user-1")?,
        Client::of(&backend, "user-2")?,
    );
    let task_id = one.task("mine").await?;
    one.id_of(
        MESSAGES,
        &json!({ "task_id": task_id, "content": "a secret" }),
    )
    .await?;

    let listed = two.get(&format!("{MESSAGES}?task_id={task_id}")).await?;
    assert_eq!(listed.1["items"], json!([]));
    assert_refused(
        &two.get(&format!("{TASKS}?cursor={task_id}")).await?,
        StatusCode::BAD_REQUEST,
    );
    let found = two
        .post(
            "/api/tools/search_messages",
            &json!({ "arguments": { "query": "secret" } }),
        )
        .await?;
    assert_eq!(found.1, json!({ "result": { "messages": [] } }));
    let counted = two
        .post("/api/tools/count_tasks", &json!({ "arguments": {} }))
        .await?;
    assert_eq!(counted.1, json!({ "result": { "count": 0 } }));
    Ok(())
}
