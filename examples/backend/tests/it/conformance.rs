//! The six steps that every backend of the contract passes, in the order of the conformance kit.

use anyhow::Result;
use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{Client, DOCUMENTS, MESSAGES, TASKS, in_memory};

#[tokio::test]
async fn the_six_conformance_steps_pass() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;

    let (status, capabilities) = agent.get("/api/mission-control/capabilities").await?;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(capabilities["contract_version"], "v1");
    for feature in ["tasks", "messages", "documents", "tools"] {
        assert_eq!(capabilities["features"][feature], true, "{feature}");
    }

    let new =
        json!({ "title": "Conformance", "description": "kit", "idempotency_key": "conformance-1" });
    let (status, task) = agent.post(TASKS, &new).await?;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&task["title"], &task["status"], &task["description"]),
        (&json!("Conformance"), &json!("in_progress"), &json!("kit"))
    );
    let task_id = task["id"].as_str().expect("an id is a string");

    let (status, again) = agent.post(TASKS, &new).await?;
    assert_eq!((status, &again), (StatusCode::OK, &task));

    let (status, page) = agent.get(&format!("{TASKS}?limit=50")).await?;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page, json!({ "items": [task], "next_cursor": null }));

    let message = json!({ "task_id": task_id, "content": "Done.", "actor_type": "agent", "idempotency_key": "conformance-2" });
    let (status, posted) = agent.post(MESSAGES, &message).await?;
    assert_eq!(status, StatusCode::OK);
    assert!(posted["id"].is_string());
    assert_eq!(
        (&posted["task_id"], &posted["content"]),
        (&json!(task_id), &json!("Done."))
    );

    let document =
        json!({ "title": "Plan", "content": "1. Begin", "task_id": task_id, "doc_type": "plan" });
    let (status, posted) = agent.post(DOCUMENTS, &document).await?;
    assert_eq!(status, StatusCode::OK);
    assert!(posted["id"].is_string());
    assert_eq!(
        (&posted["task_id"], &posted["title"], &posted["doc_type"]),
        (&json!(task_id), &json!("Plan"), &json!("plan"))
    );
    Ok(())
}

#[tokio::test]
async fn the_version_check_finds_a_semantic_version_and_the_required_features() -> Result<()> {
    let anybody = Client::with_token(&in_memory().await?, None);
    let (status, answer) = anybody.get("/api/capabilities").await?;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["contract_version"], "1.1.0");
    let features = answer["features"].as_array().expect("features is a list");
    for required in [
        "task_list",
        "task_create",
        "message_post",
        "document_post",
        "tool_discover",
        "tool_execute",
    ] {
        assert!(features.contains(&json!(required)), "{required}");
    }
    assert!(
        answer["endpoints"]
            .as_array()
            .is_some_and(|endpoints| !endpoints.is_empty())
    );
    Ok(())
}

#[tokio::test]
async fn what_was_posted_can_be_looked_at() -> Result<()> {
    let backend = in_memory().await?;
    let agent = Client::of(&backend, "user-1")?;
    let task_id = agent
        .id_of(
            TASKS,
            &json!({ "title": "T", "metadata": { "b": 1, "a": [null] } }),
        )
        .await?;
    agent
        .id_of(
            MESSAGES,
            &json!({ "task_id": task_id, "content": "hello", "attachments": { "file": "x" } }),
        )
        .await?;
    agent.id_of(MESSAGES, &json!({ "task_id": task_id, "content": "hi", "actor_type": "user", "agent_role": "reader" })).await?;
    agent
        .id_of(
            DOCUMENTS,
            &json!({ "task_id": task_id, "title": "D", "content": "text" }),
        )
        .await?;

    let messages = backend.messages_of("user-1").await?;
    assert_eq!(
        messages
            .iter()
            .map(|message| message.content.as_str())
            .collect::<Vec<_>>(),
        ["hello", "hi"]
    );
    assert_eq!(
        (
            messages[0].actor_type.as_str(),
            messages[0].agent_role.as_deref()
        ),
        ("agent", Some("writer"))
    );
    assert_eq!(
        (
            messages[1].actor_type.as_str(),
            messages[1].agent_role.as_deref()
        ),
        ("user", Some("reader"))
    );
    assert_eq!(
        messages[0].attachments.as_ref().map(|map| json!(map)),
        Some(json!({ "file": "x" }))
    );
    let tasks = backend.tasks_of("user-1").await?;
    assert_eq!(json!(tasks[0].metadata), json!({ "b": 1, "a": [null] }));
    assert_eq!(tasks[0].created_at, "2027-01-15T08:00:00.000Z");
    let documents = backend.documents_of("user-1").await?;
    assert_eq!(
        (
            documents[0].content.as_str(),
            documents[0].doc_type.as_str()
        ),
        ("text", "note")
    );
    Ok(())
}
