//! What the backend says it can do, and whether it is there.

use std::time::Duration;

use clasper_runtime::backend::{BackendCapabilities, BackendError, ControlPlane as _};
use clasper_runtime::compatibility::assess;
use serde_json::json;

use crate::fake::{Fake, Reply, agent, ok, status};

fn expected(version: &str, features: &[&str]) -> BackendCapabilities {
    BackendCapabilities {
        contract_version: version.to_owned(),
        features: features.iter().map(|&it| it.to_owned()).collect(),
    }
}

#[tokio::test]
async fn the_contracts_map_gives_the_features_switched_on() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| {
        ok(json!({"contract_version": "v1", "features": {
            "tasks": true, "messages": true, "documents": true, "tool_requests": false, "odd": "yes",
        }}))
    })
    .await?;
    let (backend, _) = fake.client()?;

    let capabilities = backend.capabilities(&agent("ann", "jarvis")?).await?;

    assert_eq!(
        capabilities,
        expected("v1", &["documents", "messages", "tasks"])
    );
    assert!(assess(&capabilities).compatible);
    let seen = fake.seen();
    assert_eq!(seen[0].line, "GET /api/mission-control/capabilities");
    assert!(!seen[0].header("x-agent-token").is_empty());
    Ok(())
}

#[tokio::test]
async fn an_older_backend_is_asked_at_its_own_path() -> anyhow::Result<()> {
    for (body, version) in [
        (
            json!({"version": "9.9.9", "contract_version": "1.1.0"}),
            "1.1.0",
        ),
        (json!({"version": "1.2.0"}), "1.2.0"),
        (json!({}), "1.0.0"),
    ] {
        let mut body = body;
        body["features"] = json!(["task_list", "task_create", "message_post"]);
        body["endpoints"] = json!([]);
        let fake = Fake::start(move |_, seen| match seen.line.as_str() {
            "GET /api/capabilities" => ok(body.clone()),
            _ => status(404),
        })
        .await?;
        let (backend, _) = fake.client()?;
        let capabilities = backend.capabilities(&agent("ann", "jarvis")?).await?;
        assert_eq!(
            capabilities,
            expected(version, &["task_list", "task_create", "message_post"])
        );
        assert!(assess(&capabilities).compatible);
    }
    Ok(())
}

#[tokio::test]
async fn other_failures_do_not_lead_to_the_older_path() -> anyhow::Result<()> {
    let what = "the capabilities";
    for (reply, error) in [
        ("401", BackendError::Refused { status: 401 }),
        ("503", BackendError::Unavailable),
        ("not json", BackendError::Contract { what }),
        ("{\"features\": {}}", BackendError::Contract { what }),
        (
            "{\"contract_version\": \"v1\"}",
            BackendError::Contract { what },
        ),
        (
            "{\"contract_version\": \"v1\", \"features\": [1]}",
            BackendError::Contract { what },
        ),
        (
            "{\"contract_version\": 1, \"features\": {}}",
            BackendError::Contract { what },
        ),
    ] {
        let fake = Fake::start(move |_, _| match reply.parse() {
            Ok(code) => status(code),
            Err(_) => Reply::Text(200, reply.to_owned()),
        })
        .await?;
        let (backend, _) = fake.client()?;
        let outcome = backend.capabilities(&agent("ann", "jarvis")?).await;
        assert_eq!(outcome, Err(error), "{reply}");
        let lines = fake.lines();
        assert!(
            lines
                .iter()
                .all(|it| it == "GET /api/mission-control/capabilities")
        );
    }
    Ok(())
}

#[tokio::test]
async fn health_is_any_success_and_names_nobody() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| Reply::Text(204, String::new())).await?;
    let (backend, _) = fake.client()?;
    backend.health().await?;
    let seen = fake.seen();
    assert_eq!(seen[0].line, "GET /health");
    assert_eq!(seen[0].header("x-agent-token"), "");
    Ok(())
}

#[tokio::test]
async fn a_backend_without_a_health_check_is_there_when_anything_answers() -> anyhow::Result<()> {
    let fake = Fake::start(|earlier, _| status(if earlier == 0 { 404 } else { 401 })).await?;
    let (backend, _) = fake.client()?;
    backend.health().await?;
    assert_eq!(
        fake.lines(),
        ["GET /health", "GET /api/mission-control/capabilities"]
    );
    Ok(())
}

#[tokio::test]
async fn a_failing_or_silent_backend_is_not_healthy() -> anyhow::Result<()> {
    let failing = Fake::start(|_, _| status(503)).await?;
    let (backend, _) = failing.client()?;
    assert_eq!(backend.health().await, Err(BackendError::Unavailable));
    assert_eq!(failing.seen().len(), 1);

    let silent = Fake::start(|_, _| Reply::Silence).await?;
    let (backend, _) = silent.client_with(|config| config.timeout = Duration::from_millis(20))?;
    assert_eq!(backend.health().await, Err(BackendError::Unavailable));
    Ok(())
}
