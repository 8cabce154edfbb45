//! What does not have the contract's shape is refused with a reason, and leaves no trace.

use anyhow::Result;
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::json;

use crate::harness::{Client, DOCUMENTS, MESSAGES, TASKS, assert_refused, in_memory};

#[tokio::test]
async fn bodies_of_the_wrong_shape_are_refused() -> Result<()> {
    let backend = in_memory().await?;
    let agent = Client::of(&backend, "user-1")?;
    let id = agent.task("T").await?;
    for (path, body) in [
        (TASKS, json!({})),
        (TASKS, json!([])),
        (TASKS, json!({ "title": "  " })),
        (TASKS, json!({ "title": 1 })),
        (TASKS, json!({ "title": "t", "status": "" })),
        (TASKS, json!({ "title": "t", "metadata": [] })),
        (TASKS, json!({ "title": "t", "idempotency_key": "" })),
        (
            TASKS,
            json!({ "title": "t", "idempotency_key": "k".repeat(256) }),
        ),
        (MESSAGES, json!({ "content": "c" })),
        (MESSAGES, json!({ "task_id": id })),
        (MESSAGES, json!({ "task_id": id, "content": "" })),
        (
            MESSAGES,
            json!({ "task_id": id, "content": "c", "actor_type": "robot" }),
        ),
        (
            MESSAGES,
            json!({ "task_id": id, "content": "c", "attachments": "file" }),
        ),
        (DOCUMENTS, json!({ "task_id": id, "title": "t" })),
        (DOCUMENTS, json!({ "task_id": id, "content": "c" })),
        (DOCUMENTS, json!({ "title": "t", "content": "c" })),
        (
            DOCUMENTS,
            json!({ "task_id": id, "title": "t", "content": "c", "doc_type": 1 }),
        ),
    ] {
        assert_refused(&agent.post(path, &body).await?, StatusCode::BAD_REQUEST);
    }
    assert_eq!(backend.tasks_of("user-1").await?.len(), 1);
    assert!(backend.messages_of("user-1").await?.is_empty());
    assert!(backend.documents_of("user-1").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn malformed_json_is_refused_without_being_quoted() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "{",
        "\"secret-word",
        "{\"title\":\"secret-word\"",
        "{\"title\":{\"a\":\"secret-word\"}}",
        "\u{0}",
        &deep,
    ] {
        let answer = agent
            .send(Method::POST, TASKS, Body::from(body.to_owned()))
            .await?;
        assert_refused(&answer, StatusCode::BAD_REQUEST);
        assert!(!answer.1.to_string().contains("secret-word"));
    }
    let answer = agent
        .send(
            Method::POST,
            TASKS,
            Body::from(&b"{\"title\":\"\xff\"}"[..]),
        )
        .await?;
    assert_refused(&answer, StatusCode::BAD_REQUEST);
    Ok(())
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    let answer = agent
        .post(TASKS, &json!({ "title": "x".repeat(1024 * 1024) }))
        .await?;
    assert_refused(&answer, StatusCode::PAYLOAD_TOO_LARGE);
    Ok(())
}

#[tokio::test]
async fn unknown_routes_and_methods_are_refused_in_json() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    assert_refused(&agent.get("/nowhere").await?, StatusCode::NOT_FOUND);
    assert_refused(
        &agent.send(Method::DELETE, TASKS, Body::empty()).await?,
        StatusCode::METHOD_NOT_ALLOWED,
    );
    Ok(())
}
