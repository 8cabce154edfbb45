//! An adapter at the real server: it registers as the gateway's plugin does, and goes on with a key of its own.

use std::time::Duration;

use anyhow::Result;
use clasper_core::{Clock, SystemClock};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};

const ADAPTER_SECRET: &str = "an-adapter-secret-of-more-than-32-bytes";

/// A token as the plugin makes it.
fn own_making() -> Result<String> {
    let now = SystemClock.now().timestamp();
    let claims = json!({
        "type": "adapter", "adapter_id": "openclaw-local", "tenant_id": "acme", "workspace_id": "main",
        "allowed_capabilities": ["exec", "read"], "sub": "adapter:openclaw-local", "iat": now, "exp": now + 7200,
    });
    let key = EncodingKey::from_secret(ADAPTER_SECRET.as_bytes());
    Ok(encode(&Header::default(), &claims, &key)?)
}

async fn post(server: &Server, path: &str, token: &str, body: &Value) -> Result<(u16, Value)> {
    let request = server.http.post(format!("{}{path}", server.base));
    let answer = request
        .header("X-Adapter-Token", token)
        .json(body)
        .send()
        .await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

fn ask(url: &str) -> Value {
    json!({
        "adapter_id": "openclaw-local", "tenant_id": "acme", "workspace_id": "main", "tool": "exec",
        "requested_capabilities": ["exec"], "callback_url": url,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_goes_on_with_a_key_of_its_own_and_is_called_back_at_public_addresses_only()
-> Result<()> {
    let directory = tempfile::tempdir()?;
    let (_model, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let setup = Setup {
        store: Store::Sqlite(directory.path().join("clasper.db")),
        model,
        backend,
        extra: vec![
            ("ADAPTER_JWT_SECRET", ADAPTER_SECRET.into()),
            (
                "CLASPER_WEBHOOK_SECRET",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
            ),
        ],
    };
    let server = Server::start(&setup).await?;
    let registration = json!({
        "adapter_id": "openclaw-local", "display_name": "OpenClaw Local Gateway", "risk_class": "high",
        "capabilities": ["exec", "read"], "version": "0.1.0", "enabled": true, "certification_tier": "community",
        "tool_capabilities": ["exec.run"],
    });
    let jwt = own_making()?;
    let (status, answer) = post(&server, "/adapters/register", &jwt, &registration).await?;
    assert_eq!(
        (status, &answer["code"]),
        (404, &json!("tenant_not_found")),
        "{answer}"
    );
    server.set_budget("acme", "5").await?;
    let (status, answer) = post(&server, "/adapters/register", &jwt, &registration).await?;
    assert_eq!(status, 200, "{answer}");
    let key = answer["adapter_token"].as_str().expect("a key").to_owned();
    let (status, answer) = post(&server, "/adapters/register", &key, &registration).await?;
    assert_eq!((status, &answer["adapter_token"]), (200, &Value::Null));
    let request = "/api/execution/request";
    for token in [&jwt, &key] {
        let (status, answer) = post(&server, request, token, &ask("https://example.com/a")).await?;
        assert_eq!(status, 200, "{answer}");
    }
    for url in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "https://user:secret@example.com/",
        "https://example.com:8443/",
    ] {
        let (status, answer) = post(&server, request, &key, &ask(url)).await?;
        let pointer = &answer["errors"][0]["pointer"];
        assert_eq!(
            (status, pointer),
            (400, &json!("/callback_url")),
            "{url}: {answer}"
        );
    }
    let unknown = format!("cla_{}", "A".repeat(43));
    let (status, _) = post(&server, request, &unknown, &ask("https://example.com/")).await?;
    assert_eq!(status, 401);
    server.verify()?;
    Ok(())
}
