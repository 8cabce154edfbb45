//! Tools are listed with names and schemas that model providers take, and work on the user's own records.

use anyhow::Result;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Client, MESSAGES, TASKS, assert_refused, in_memory};

/// Calls a tool the way Clasper does.
async fn call(client: &Client, name: &str, arguments: Value) -> Result<(StatusCode, Value)> {
    let body = json!({ "arguments": arguments, "tenant_id": "t", "workspace_id": "w", "trace_id": "trace" });
    client.post(&format!("/api/tools/{name}"), &body).await
}

#[tokio::test]
async fn every_listed_tool_can_be_named_by_a_model_and_called() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    let listed = agent.get("/api/tools").await?.1;
    let tools = listed["tools"].as_array().expect("tools is a list");
    assert_eq!(tools.len(), 3);
    for tool in tools {
        let name = tool["name"].as_str().expect("a tool has a name");
        assert!(
            name.len() <= 64
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        );
        assert!(
            tool["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        assert_eq!(tool["parameters"]["type"], "object");
        let known = call(&agent, name, json!({ "unknown": true })).await?;
        assert_refused(&known, StatusCode::BAD_REQUEST);
    }
    Ok(())
}

#[tokio::test]
async fn tools_answer_from_the_records() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    let task_id = agent.task("one").await?;
    agent
        .id_of(TASKS, &json!({ "title": "two", "status": "done" }))
        .await?;
    for content in ["The Report", "a 100% report", "nothing"] {
        agent
            .id_of(MESSAGES, &json!({ "task_id": task_id, "content": content }))
            .await?;
    }
    let ok = |result: Value| (StatusCode::OK, json!({ "result": result }));
    assert_eq!(
        call(&agent, "count_tasks", json!({})).await?,
        ok(json!({ "count": 2 }))
    );
    assert_eq!(
        call(&agent, "count_tasks", json!({ "status": "done" })).await?,
        ok(json!({ "count": 1 }))
    );
    assert_eq!(
        call(&agent, "echo", json!({ "text": "hi" })).await?,
        ok(json!({ "text": "hi" }))
    );

    let contents = async |arguments: Value| {
        let found = call(&agent, "search_messages", arguments).await?.1;
        let found = found["result"]["messages"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        anyhow::Ok(
            found
                .into_iter()
                .map(|message| message["content"].clone())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        contents(json!({ "query": "report" })).await?,
        ["a 100% report", "The Report"]
    );
    assert_eq!(contents(json!({ "query": "%" })).await?, ["a 100% report"]);
    assert_eq!(
        contents(json!({ "query": "report", "limit": 1 }))
            .await?
            .len(),
        1
    );
    assert_eq!(
        contents(json!({ "query": "report", "task_id": "elsewhere" }))
            .await?
            .len(),
        0
    );
    Ok(())
}

#[tokio::test]
async fn bad_arguments_and_unknown_tools_are_refused() -> Result<()> {
    let agent = Client::of(&in_memory().await?, "user-1")?;
    for (tool, arguments) in [
        ("echo", json!({})),
        ("echo", json!({ "text": 1 })),
        ("echo", json!("text")),
        ("search_messages", json!({ "query": "" })),
        ("search_messages", json!({ "query": "x", "limit": 51 })),
        ("count_tasks", json!({ "status": 1 })),
    ] {
        assert_refused(
            &call(&agent, tool, arguments).await?,
            StatusCode::BAD_REQUEST,
        );
    }
    assert_refused(
        &call(&agent, "no_such_tool", json!({})).await?,
        StatusCode::NOT_FOUND,
    );
    Ok(())
}
