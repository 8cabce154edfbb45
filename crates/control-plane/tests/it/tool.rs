//! Listing and calling tools.

use std::time::Duration;

use chrono::TimeDelta;
use clasper_runtime::backend::{BackendError, ControlPlane as _, ToolAnswer};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, agent, ok, status};

#[tokio::test]
async fn valid_tools_are_listed_and_invalid_entries_skipped() -> anyhow::Result<()> {
    let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    let listed = json!({"tools": [
        {"name": "echo", "description": "Says it again", "parameters": schema, "handler": {}},
        {"name": "bare"},
        {"name": "echo", "description": "a second one of the name"},
        {"name": ".."}, {"name": ""}, {"name": 5}, {"description": "no name"}, "text", null,
        {"name": "odd", "parameters": []}, {"name": "odd", "description": 7},
    ]});
    let fake = Fake::start(move |_, _| ok(listed.clone())).await?;
    let (backend, _) = fake.client()?;

    let tools = backend.tools(&agent("ann", "jarvis")?).await?;

    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["echo", "bare"]);
    assert_eq!(tools[0].description, "Says it again");
    assert_eq!(tools[0].parameters["properties"]["text"]["type"], "string");
    assert_eq!(
        *tools[1].parameters,
        json!({"type": "object", "properties": {}})
    );
    assert_eq!(fake.lines(), ["GET /api/tools"]);
    Ok(())
}

#[tokio::test]
async fn a_backend_without_tools_offers_none_and_is_asked_once_a_minute() -> anyhow::Result<()> {
    for code in [404, 405, 501] {
        let fake = Fake::start(move |_, _| status(code)).await?;
        let (backend, clock) = fake.client()?;
        let ann = agent("ann", "jarvis")?;
        assert!(backend.tools(&ann).await?.is_empty(), "{code}");
        clock.advance(TimeDelta::seconds(59));
        assert!(backend.tools(&ann).await?.is_empty());
        assert_eq!(fake.seen().len(), 1);
        clock.advance(TimeDelta::seconds(2));
        assert!(backend.tools(&ann).await?.is_empty());
        assert_eq!(fake.seen().len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn one_listing_serves_all_who_ask_at_once_and_each_audience_has_its_own() -> anyhow::Result<()>
{
    let fake = Fake::start(|_, _| ok(json!({"tools": [{"name": "echo"}]}))).await?;
    let (backend, _) = fake.client()?;
    let ann = agent("ann", "jarvis")?;
    let all = join_all((0..20).map(|_| backend.tools(&ann))).await;
    assert!(
        all.iter()
            .all(|tools| tools.as_ref().is_ok_and(|it| it.len() == 1))
    );
    assert_eq!(fake.seen().len(), 1);
    let mut elsewhere = agent("ann", "jarvis")?;
    elsewhere.workspace = "second".parse()?;
    for other in [agent("bob", "jarvis")?, agent("ann", "scout")?, elsewhere] {
        backend.tools(&other).await?;
    }
    assert_eq!(fake.seen().len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_listing_that_fails_says_how_and_is_not_remembered() -> anyhow::Result<()> {
    let fake = Fake::start(|earlier, _| match earlier {
        0..=2 => status(503),
        3 => status(401),
        4 => Reply::Text(200, "<html>".to_owned()),
        5 => ok(json!({"tools": {}})),
        _ => ok(json!({"tools": []})),
    })
    .await?;
    let (backend, _) = fake.client()?;
    let ann = agent("ann", "jarvis")?;
    let contract = BackendError::Contract {
        what: "the list of tools",
    };
    assert_eq!(backend.tools(&ann).await, Err(BackendError::Unavailable));
    assert_eq!(
        backend.tools(&ann).await,
        Err(BackendError::Refused { status: 401 })
    );
    assert_eq!(backend.tools(&ann).await, Err(contract.clone()));
    assert_eq!(backend.tools(&ann).await, Err(contract));
    assert_eq!(backend.tools(&ann).await, Ok(Vec::new()));
    Ok(())
}

#[tokio::test]
async fn a_call_names_arguments_context_and_key() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| ok(json!({"result": {"echoed": [1, 2]}}))).await?;
    let (backend, _) = fake.client()?;
    let ann = agent("ann", "jarvis")?;
    let arguments = json!({"text": "hi"});

    let answer = backend
        .call_tool(&ann, "ns/echo tool", &arguments, "key-3")
        .await?;

    assert_eq!(answer, ToolAnswer::Result(json!({"echoed": [1, 2]})));
    let seen = fake.seen();
    assert_eq!(seen[0].line, "POST /api/tools/ns%2Fecho%20tool");
    assert_eq!(seen[0].header("idempotency-key"), "key-3");
    assert_eq!(seen[0].header("x-workspace-id"), "main");
    assert_eq!(
        seen[0].body,
        json!({
            "arguments": {"text": "hi"}, "tenant_id": "acme", "workspace_id": "main",
            "trace_id": ann.trace.to_string(), "idempotency_key": "key-3",
        })
    );
    Ok(())
}

#[tokio::test]
async fn a_result_is_its_member_or_the_whole_answer() -> anyhow::Result<()> {
    for (text, result) in [
        ("{\"result\": null, \"ok\": true}", Value::Null),
        ("{\"value\": 3}", json!({"value": 3})),
        ("[1]", json!([1])),
        ("\"text\"", json!("text")),
        ("", Value::Null),
    ] {
        let fake = Fake::start(move |_, _| Reply::Text(200, text.to_owned())).await?;
        let (backend, _) = fake.client()?;
        let answer = backend
            .call_tool(&agent("ann", "jarvis")?, "t", &json!({}), "k")
            .await?;
        assert_eq!(answer, ToolAnswer::Result(result), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_gives_the_status_and_a_short_reason() -> anyhow::Result<()> {
    let long = "x".repeat(201);
    for (code, body, text) in [
        (
            404,
            json!({"error": "no such tool"}),
            "the backend answered 404: no such tool",
        ),
        (
            422,
            json!({"error": {"code": 7}}),
            "the backend answered 422",
        ),
        (
            400,
            json!({"error": "two\nlines"}),
            "the backend answered 400",
        ),
        (400, json!({"error": long}), "the backend answered 400"),
        (403, json!("text"), "the backend answered 403"),
        (
            429,
            json!({"error": " slowly "}),
            "the backend answered 429: slowly",
        ),
    ] {
        let fake = Fake::start(move |_, _| Reply::Json(code, body.clone())).await?;
        let (backend, _) = fake.client()?;
        let answer = backend
            .call_tool(&agent("ann", "jarvis")?, "t", &json!({}), "k")
            .await?;
        assert_eq!(answer, ToolAnswer::Failed(text.to_owned()));
        assert_eq!(fake.seen().len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_call_is_never_repeated() -> anyhow::Result<()> {
    for code in [500, 501, 503] {
        let fake = Fake::start(move |_, _| status(code)).await?;
        let (backend, _) = fake.client()?;
        let answer = backend
            .call_tool(&agent("ann", "jarvis")?, "t", &json!({}), "k")
            .await;
        assert_eq!(answer, Err(BackendError::Unavailable));
        assert_eq!(fake.seen().len(), 1);
    }
    let silent = Fake::start(|_, _| Reply::Silence).await?;
    let (backend, _) = silent.client_with(|config| config.timeout = Duration::from_millis(20))?;
    let answer = backend
        .call_tool(&agent("ann", "jarvis")?, "t", &json!({}), "k")
        .await;
    assert_eq!(answer, Err(BackendError::Unavailable));
    assert_eq!(silent.seen().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_result_that_cannot_be_read_breaks_the_contract() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| Reply::Text(200, "plain text".to_owned())).await?;
    let (backend, _) = fake.client()?;
    let answer = backend
        .call_tool(&agent("ann", "jarvis")?, "t", &json!({}), "k")
        .await;
    let what = "the result of a tool";
    assert_eq!(answer, Err(BackendError::Contract { what }));
    Ok(())
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_not_called() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| ok(json!({}))).await?;
    let (backend, _) = fake.client()?;
    for name in ["", ".", "..", "a\nb"] {
        let answer = backend
            .call_tool(&agent("ann", "jarvis")?, name, &json!({}), "k")
            .await?;
        assert!(matches!(answer, ToolAnswer::Failed(_)), "{name:?}");
    }
    backend
        .call_tool(
            &agent("ann", "jarvis")?,
            "../mission-control/tasks",
            &json!({}),
            "k",
        )
        .await?;
    assert_eq!(
        fake.lines(),
        ["POST /api/tools/..%2Fmission-control%2Ftasks"]
    );
    Ok(())
}
