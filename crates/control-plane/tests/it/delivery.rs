//! Posting messages and documents: bodies, keys, retries, refusals.

use std::time::Duration;

use clasper_control_plane::client_builder;
use clasper_runtime::backend::{BackendError, ControlPlane as _, Delivery};
use serde_json::json;

use crate::fake::{Fake, Reply, agent, ok, status};

fn message() -> Delivery {
    Delivery::Message {
        task_id: "t-1".to_owned(),
        content: "Grüße \"an\" alle".to_owned(),
    }
}

#[tokio::test]
async fn a_message_carries_its_key_the_role_and_the_context() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| Reply::Json(201, json!({"id": "m-1", "extra": 1}))).await?;
    let (backend, _) = fake.client()?;
    let agent = agent("ann", "jarvis")?;

    let id = backend.deliver(&agent, &message(), "key-1").await?;

    assert_eq!(id, "m-1");
    let seen = fake.seen();
    assert_eq!(seen[0].line, "POST /api/mission-control/messages");
    assert_eq!(
        seen[0].body,
        json!({
            "task_id": "t-1", "content": "Grüße \"an\" alle", "actor_type": "agent",
            "agent_role": "jarvis", "idempotency_key": "key-1",
        })
    );
    assert_eq!(seen[0].header("content-type"), "application/json");
    assert_eq!(seen[0].header("x-tenant-id"), "acme");
    assert_eq!(seen[0].header("x-workspace-id"), "main");
    assert_eq!(seen[0].header("x-trace-id"), agent.trace.to_string());
    assert!(!seen[0].header("x-agent-token").is_empty());
    Ok(())
}

#[tokio::test]
async fn a_document_carries_its_type_and_key() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| ok(json!({"id": "d-1"}))).await?;
    let (backend, _) = fake.client_with(|config| config.base_url.push_str("/base/"))?;
    let plan = Delivery::Document {
        task_id: "t-1".to_owned(),
        title: "Plan".to_owned(),
        content: "1. begin".to_owned(),
        doc_type: "plan".to_owned(),
    };

    let id = backend
        .deliver(&agent("ann", "jarvis")?, &plan, "key-2")
        .await?;

    assert_eq!(id, "d-1");
    let seen = fake.seen();
    assert_eq!(seen[0].line, "POST /base/api/mission-control/documents");
    assert_eq!(
        seen[0].body,
        json!({
            "title": "Plan", "content": "1. begin", "task_id": "t-1", "doc_type": "plan",
            "idempotency_key": "key-2",
        })
    );
    Ok(())
}

#[tokio::test]
async fn a_failure_that_passes_is_tried_again_with_the_same_bytes() -> anyhow::Result<()> {
    for code in [503, 500, 502, 408, 429] {
        let fake = Fake::start(move |earlier, _| match earlier {
            0 | 1 => status(code),
            _ => ok(json!({"id": "m-1"})),
        })
        .await?;
        let (backend, _) = fake.client()?;

        let id = backend
            .deliver(&agent("ann", "jarvis")?, &message(), "key-1")
            .await?;

        assert_eq!(id, "m-1", "{code}");
        let seen = fake.seen();
        assert_eq!(seen.len(), 3, "{code}");
        assert!(
            seen.iter()
                .all(|s| s.raw == seen[0].raw && s.line == seen[0].line)
        );
        assert!(
            seen.iter()
                .all(|s| s.header("x-agent-token") == seen[0].header("x-agent-token"))
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_failure_that_stays_is_reported_after_all_attempts() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| status(503)).await?;
    let (backend, _) = fake.client()?;
    let outcome = backend
        .deliver(&agent("ann", "jarvis")?, &message(), "k")
        .await;
    assert_eq!(outcome, Err(BackendError::Unavailable));
    assert_eq!(fake.seen().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() -> anyhow::Result<()> {
    for code in [400, 401, 403, 404, 409, 422] {
        let fake = Fake::start(move |_, _| status(code)).await?;
        let (backend, _) = fake.client()?;
        let outcome = backend
            .deliver(&agent("ann", "jarvis")?, &message(), "k")
            .await;
        assert_eq!(outcome, Err(BackendError::Refused { status: code }));
        assert_eq!(fake.seen().len(), 1, "{code}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_implemented_is_unavailable_without_a_second_attempt() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| status(501)).await?;
    let (backend, _) = fake.client()?;
    let outcome = backend
        .deliver(&agent("ann", "jarvis")?, &message(), "k")
        .await;
    assert_eq!(outcome, Err(BackendError::Unavailable));
    assert_eq!(fake.seen().len(), 1);
    Ok(())
}

#[tokio::test]
async fn answers_outside_the_contract_are_named_so_and_not_quoted() -> anyhow::Result<()> {
    for text in [
        "",
        "not json",
        "{\"id\": 7}",
        "[]",
        "{\"ok\": true}",
        "{\"id\": \"x",
    ] {
        let fake = Fake::start(move |_, _| Reply::Text(200, text.to_owned())).await?;
        let (backend, _) = fake.client()?;
        let outcome = backend
            .deliver(&agent("ann", "jarvis")?, &message(), "k")
            .await;
        let expected = BackendError::Contract {
            what: "the record that was posted",
        };
        assert_eq!(outcome, Err(expected), "{text}");
        assert_eq!(fake.seen().len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read() -> anyhow::Result<()> {
    let fits = json!({"id": "m-1", "pad": "x".repeat(900)});
    let large = json!({"id": "m-1", "pad": "x".repeat(1100)});
    let fake = Fake::start(move |earlier, _| ok(if earlier == 0 { &fits } else { &large }.clone()))
        .await?;
    let (backend, _) = fake.client_with(|config| config.max_response_bytes = 1024)?;
    let agent = agent("ann", "jarvis")?;

    assert_eq!(backend.deliver(&agent, &message(), "k").await?, "m-1");
    let outcome = backend.deliver(&agent, &message(), "k").await;
    assert!(matches!(outcome, Err(BackendError::Contract { .. })));
    assert_eq!(fake.seen().len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_answer_in_pieces_is_put_together_within_the_limit() -> anyhow::Result<()> {
    let pieces = |count: usize| {
        let filler = std::iter::repeat_n("x".repeat(100), count);
        let start = ["{\"id\": \"m-1\", \"pad\": \"".to_owned()];
        let end = ["\"}".to_owned()];
        Reply::Pieces(start.into_iter().chain(filler).chain(end).collect())
    };
    let fake = Fake::start(move |earlier, _| pieces(if earlier == 0 { 9 } else { 11 })).await?;
    let (backend, _) = fake.client_with(|config| config.max_response_bytes = 1024)?;
    let agent = agent("ann", "jarvis")?;

    assert_eq!(backend.deliver(&agent, &message(), "k").await?, "m-1");
    let outcome = backend.deliver(&agent, &message(), "k").await;
    assert!(matches!(outcome, Err(BackendError::Contract { .. })));
    Ok(())
}

#[tokio::test]
async fn silence_ends_at_the_time_limit() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| Reply::Silence).await?;
    let (backend, _) = fake.client_with(|config| config.timeout = Duration::from_millis(20))?;
    let outcome = backend
        .deliver(&agent("ann", "jarvis")?, &message(), "k")
        .await;
    assert_eq!(outcome, Err(BackendError::Unavailable));
    Ok(())
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_unavailable() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| status(200)).await?;
    // Nothing can listen at port 0.
    let url = "http://127.0.0.1:0".to_owned();
    let (backend, _) = fake.client_with(|config| config.base_url = url)?;
    let outcome = backend
        .deliver(&agent("ann", "jarvis")?, &message(), "k")
        .await;
    assert_eq!(outcome, Err(BackendError::Unavailable));
    Ok(())
}

#[tokio::test]
async fn redirects_are_not_followed() -> anyhow::Result<()> {
    let elsewhere = Fake::start(|_, _| ok(json!({"id": "stolen"}))).await?;
    let target = format!("{}/api/mission-control/messages", elsewhere.url);
    let fake = Fake::start(move |_, _| Reply::Redirect(target.clone())).await?;
    let (backend, _) = fake.client()?;
    let outcome = backend
        .deliver(&agent("ann", "jarvis")?, &message(), "k")
        .await;
    assert_eq!(outcome, Err(BackendError::Contract { what: "a redirect" }));
    assert!(elsewhere.seen().is_empty());
    Ok(())
}

#[tokio::test]
async fn an_answer_from_elsewhere_is_refused_even_if_the_client_follows() -> anyhow::Result<()> {
    let elsewhere = Fake::start(|_, _| ok(json!({"id": "stolen"}))).await?;
    let target = format!("{}/api/mission-control/messages", elsewhere.url);
    let fake = Fake::start(move |_, _| Reply::Redirect(target.clone())).await?;
    let follows = client_builder()
        .redirect(reqwest::redirect::Policy::limited(3))
        .build()?;
    let clock = std::sync::Arc::new(clasper_core::SystemClock);
    let backend =
        clasper_control_plane::Backend::new(crate::fake::config(&fake.url), follows, clock)?;
    let outcome = backend
        .deliver(&agent("ann", "jarvis")?, &message(), "k")
        .await;
    assert_eq!(outcome, Err(BackendError::Contract { what: "a redirect" }));
    Ok(())
}
