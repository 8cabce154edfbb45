//! Lists are walked by cursor without losing or repeating anything.

use anyhow::Result;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Client, MESSAGES, TASKS, assert_refused, in_memory};

/// Follows the cursors to the end and returns what each page held.
async fn walk(client: &Client, path: &str, member: &str) -> Result<Vec<Vec<Value>>> {
    let mut pages = Vec::new();
    let mut next = path.to_owned();
    loop {
        let (status, page) = client.get(&next).await?;
        anyhow::ensure!(status == StatusCode::OK, "{page}");
        pages.push(
            page["items"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|item| item[member].clone())
                .collect(),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            return Ok(pages);
        };
        next = format!("{path}&cursor={cursor}");
    }
}

#[tokio::test]
async fn tasks_come_newest_first_in_pages() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    for number in 1..=5 {
        agent.task(&format!("t{number}")).await?;
    }
    assert_eq!(
        walk(&agent, &format!("{TASKS}?limit=2"), "title").await?,
        [
            vec![json!("t5"), json!("t4")],
            vec![json!("t3"), json!("t2")],
            vec![json!("t1")]
        ]
    );
    // A page that ends exactly at the last task does not promise another.
    assert_eq!(
        walk(&agent, &format!("{TASKS}?limit=5"), "title")
            .await?
            .len(),
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_task_made_between_two_pages_moves_nothing() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    for number in 1..=3 {
        agent.task(&format!("t{number}")).await?;
    }
    let first = agent.get(&format!("{TASKS}?limit=2")).await?.1;
    agent.task("t4").await?;
    let cursor = first["next_cursor"].as_str().expect("one task is left");
    let second = agent
        .get(&format!("{TASKS}?limit=2&cursor={cursor}"))
        .await?
        .1;
    assert_eq!(second["items"][0]["title"], "t1");
    assert_eq!(second["next_cursor"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn messages_of_a_task_come_oldest_first_in_pages() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    let (task_id, other) = (agent.task("T").await?, agent.task("other").await?);
    for content in ["a", "b", "c"] {
        agent
            .id_of(MESSAGES, &json!({ "task_id": task_id, "content": content }))
            .await?;
        agent
            .id_of(
                MESSAGES,
                &json!({ "task_id": other, "content": "elsewhere" }),
            )
            .await?;
    }
    assert_eq!(
        walk(
            &agent,
            &format!("{MESSAGES}?task_id={task_id}&limit=2"),
            "content"
        )
        .await?,
        [vec![json!("a"), json!("b")], vec![json!("c")]]
    );
    Ok(())
}

#[tokio::test]
async fn fifty_is_the_usual_page_and_a_hundred_the_largest() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    for number in 1..=51 {
        agent.task(&format!("t{number}")).await?;
    }
    assert_eq!(
        agent.get(TASKS).await?.1["items"].as_array().map(Vec::len),
        Some(50)
    );
    assert_eq!(
        agent.get(&format!("{TASKS}?limit=100")).await?.1["items"]
            .as_array()
            .map(Vec::len),
        Some(51)
    );
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=many",
        "limit=99999999999",
        "cursor=made-up",
    ] {
        assert_refused(
            &agent.get(&format!("{TASKS}?{query}")).await?,
            StatusCode::BAD_REQUEST,
        );
    }
    assert_refused(&agent.get(MESSAGES).await?, StatusCode::BAD_REQUEST);
    Ok(())
}
