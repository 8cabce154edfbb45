//! The same key and body give the same record; the same key with another body is a conflict.

use std::collections::BTreeSet;

use anyhow::Result;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Client, DOCUMENTS, MESSAGES, TASKS, assert_refused, in_file, in_memory};

/// One good body per kind of record, all with the same key.
fn bodies(task_id: &str) -> [(&'static str, Value); 3] {
    [
        (TASKS, json!({ "title": "A", "idempotency_key": "key" })),
        (
            MESSAGES,
            json!({ "task_id": task_id, "content": "A", "idempotency_key": "key" }),
        ),
        (
            DOCUMENTS,
            json!({ "task_id": task_id, "title": "A", "content": "A", "idempotency_key": "key" }),
        ),
    ]
}

#[tokio::test]
async fn a_repeat_returns_the_first_record_and_a_key_is_of_one_kind() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    let task_id = agent.task("T").await?;
    let mut ids = BTreeSet::new();
    for (path, body) in bodies(&task_id) {
        let first = agent.post(path, &body).await?;
        assert_eq!(first.0, StatusCode::OK, "{}", first.1);
        assert_eq!(agent.post(path, &body).await?, first);
        ids.insert(first.1["id"].to_string());
    }
    assert_eq!(ids.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_key_with_another_body_is_a_conflict_and_writes_nothing() -> Result<()> {
    let backend = in_memory().await?;
    let agent = Client::of(&backend, "user-1")?;
    let task_id = agent.task("T").await?;
    for (path, mut body) in bodies(&task_id) {
        agent.id_of(path, &body).await?;
        let member = if path == TASKS { "title" } else { "content" };
        body[member] = json!("B");
        assert_refused(&agent.post(path, &body).await?, StatusCode::CONFLICT);
        if path != TASKS {
            body["task_id"] = json!("no such task");
            assert_refused(&agent.post(path, &body).await?, StatusCode::CONFLICT);
        }
    }
    assert_eq!(backend.tasks_of("user-1").await?.len(), 2);
    assert_eq!(backend.messages_of("user-1").await?.len(), 1);
    assert_eq!(backend.documents_of("user-1").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_repeat_may_order_its_members_differently_and_name_what_is_not_known() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    let post = async |body: &str| {
        let (status, answer) = agent
            .send(axum::http::Method::POST, TASKS, body.to_owned().into())
            .await?;
        anyhow::Ok((status, answer["id"].clone()))
    };
    let first = post(r#"{"title":"A","metadata":{"x":1,"y":2},"idempotency_key":"key"}"#).await?;
    let second =
        post(r#"{"idempotency_key":"key","metadata":{"y":2,"x":1},"status":null,"future":true,"title":"A"}"#).await?;
    assert_eq!(first.0, StatusCode::OK);
    assert_eq!(first, second);
    Ok(())
}

#[tokio::test]
async fn without_a_key_every_post_is_a_new_record() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    assert_ne!(agent.task("same").await?, agent.task("same").await?);
    Ok(())
}

#[tokio::test]
async fn twenty_concurrent_posts_with_one_key_make_one_record() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("backend.db");
    // Two backends on one file stand for two processes: only the database can keep them apart.
    let backends = [in_file(&path, 1).await?, in_file(&path, 1_000).await?];
    let agents = [
        Client::of(&backends[0], "user-1")?,
        Client::of(&backends[1], "user-1")?,
    ];
    let task_id = agents[0].task("T").await?;
    for (path, body) in bodies(&task_id) {
        let mut posts = JoinSet::new();
        for agent in agents.iter().cycle().take(20) {
            let (agent, body) = (agent.clone(), body.clone());
            posts.spawn(async move { agent.id_of(path, &body).await });
        }
        let ids = posts
            .join_all()
            .await
            .into_iter()
            .collect::<Result<BTreeSet<_>>>()?;
        assert_eq!(ids.len(), 1, "{path}");
    }
    assert_eq!(backends[0].tasks_of("user-1").await?.len(), 2);
    assert_eq!(backends[1].messages_of("user-1").await?.len(), 1);
    assert_eq!(backends[0].documents_of("user-1").await?.len(), 1);
    Ok(())
}
