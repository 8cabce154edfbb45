//! The SDK at the real server: it registers, proves that it is governed, asks, waits, calls a tool, and runs nothing in doubt.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use clasper_adapter::{Adapter, Ask, Blocked, Canary, Governed, Registration, Settings};
use clasper_core::{Clock, SystemClock};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};
use crate::people::key;

const ADAPTER_SECRET: &str = "an-adapter-secret-of-more-than-32-bytes";

fn own_making() -> Result<String> {
    let now = SystemClock.now().timestamp();
    let claims = json!({
        "type": "adapter", "adapter_id": "shell", "tenant_id": "acme", "workspace_id": "main",
        "allowed_capabilities": ["exec"], "sub": "adapter:shell", "iat": now, "exp": now + 7200,
    });
    let key = EncodingKey::from_secret(ADAPTER_SECRET.as_bytes());
    Ok(encode(&Header::default(), &claims, &key)?)
}

/// `ls` is allowed, `touch` waits for people, anything else is denied because nothing speaks of it.
async fn govern(server: &Server) -> Result<()> {
    for (program, decision) in [("ls", "allow"), ("touch", "require_approval")] {
        let body = json!({
            "policy_id": format!("{decision}-{program}"), "subject": {"type": "tool", "name": "exec"},
            "conditions": {"context.exec.argv0": program}, "effect": {"decision": decision}, "precedence": 10, "enabled": true,
            "scope": {"tenant_id": "acme"},
        });
        let (status, answer) = server.post("/ops/api/policies", &body).await?;
        ensure!(status == 200 || status == 201, "{status} {answer}");
    }
    let classified = server
        .http
        .patch(format!("{}/ops/api/adapters/shell", server.base))
        .header("X-Agent-Daemon-Key", crate::harness::DAEMON_KEY)
        .json(&json!({"tenant_id": "acme", "risk_class": "low"}))
        .send()
        .await?;
    ensure!(classified.status().is_success(), "{classified:?}");
    Ok(())
}

/// Approves the only decision that waits, as soon as there is one.
async fn approve(server: &Server, manager: &str) -> Result<()> {
    loop {
        let (_, answer) = server
            .get("/ops/api/decisions?tenant_id=acme&status=pending")
            .await?;
        let Some(decision) = answer["decisions"][0]["decision_id"].as_str() else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        let resolved = server
            .http
            .post(format!(
                "{}/ops/api/decisions/{decision}/resolve",
                server.base
            ))
            .bearer_auth(manager)
            .json(&json!({"status": "approved", "justification": "it is only a file"}))
            .send()
            .await?;
        ensure!(resolved.status().is_success(), "{resolved:?}");
        return Ok(());
    }
}

async fn run(adapter: &Adapter, argv: &[&str], ran: &AtomicUsize) -> Result<(), Blocked> {
    let ask = Ask::new("exec").program(argv.iter().copied());
    let done = adapter
        .governed(ask, |_| async {
            ran.fetch_add(1, Ordering::SeqCst);
            Ok::<(), std::convert::Infallible>(())
        })
        .await;
    done.map_err(|error| match error {
        Governed::Blocked(why) => why,
        Governed::Effect(never) => match never {},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_built_with_the_sdk_runs_what_is_permitted_and_nothing_else() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (_model, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let setup = Setup {
        store: Store::Sqlite(directory.path().join("clasper.db")),
        model,
        backend,
        extra: vec![("ADAPTER_JWT_SECRET", ADAPTER_SECRET.into())],
    };
    let server = Server::start(&setup).await?;
    server.set_budget("acme", "5").await?;
    let mut settings = Settings::new(&server.base, "acme", "main", "shell");
    settings.approval_wait = Duration::from_secs(20);
    let adapter = Adapter::new(settings, &own_making()?.into())?;
    let mut registration = Registration::new("Asking shell", "1.0.0", ["exec"]);
    registration.tool_capabilities = vec!["exec".to_owned()];
    let registered = adapter.register(&registration).await?;
    assert!(registered.adapter_token.is_some(), "no key of its own");
    govern(&server).await?;
    let manager = key(&server, "acme", "release_manager").await?;

    // Registration alone proves nothing; the canary does.
    assert_eq!(adapter.posture().await?.status, "DEGRADED");
    let canary = adapter.probe().await;
    assert!(matches!(canary, Canary::Denied { .. }), "{canary:?}");
    let posture = adapter.posture().await?;
    assert_eq!(posture.status, "ENFORCED", "{posture:?}");

    let ran = AtomicUsize::new(0);
    run(&adapter, &["ls", "-la"], &ran).await?;
    let refused = run(&adapter, &["rm", "-rf", "/"], &ran).await;
    assert!(
        matches!(refused, Err(Blocked::Denied { .. })),
        "{refused:?}"
    );
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    let (approved, ran_then) = tokio::join!(
        approve(&server, &manager),
        run(&adapter, &["touch", "a"], &ran)
    );
    approved?;
    ran_then?;
    assert_eq!(ran.load(Ordering::SeqCst), 2);

    tools(&server, &adapter).await?;

    server.verify()?;
    server.stop()?;
    let gone = run(&adapter, &["ls", "-la"], &ran).await;
    assert!(matches!(gone, Err(Blocked::Fault(_))), "{gone:?}");
    assert_eq!(ran.load(Ordering::SeqCst), 2, "it ran without a server");
    Ok(())
}

/// One call with a token of its own, and what operators see of it.
async fn tools(server: &Server, adapter: &Adapter) -> Result<()> {
    let grant = adapter.acquire(Ask::new("exec").program(["ls"])).await?;
    let Value::Object(scope) = json!({"path": "/work", "max_steps": 1}) else {
        unreachable!("an object")
    };
    let call = adapter.authorize_tool(&grant, "exec", Some(&scope)).await?;
    let mut swapped = call.clone();
    swapped.scope.insert("path".to_owned(), json!("/etc"));
    ensure!(
        adapter.use_tool(&swapped).await.is_err(),
        "another scope was taken"
    );
    adapter.use_tool(&call).await?;
    let again = adapter.use_tool(&call).await;
    ensure!(again.is_err(), "the token was used twice");
    let other = adapter.authorize_tool(&grant, "delete", None).await;
    assert!(
        matches!(&other, Err(Blocked::Denied { reason, .. }) if reason == "not_in_grant"),
        "{other:?}"
    );
    let uri = "/ops/api/tool-authorizations?tenant_id=acme";
    let (_, listed) = server.get(uri).await?;
    let stages: Vec<&Value> = listed["authorizations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| &one["state"])
        .collect();
    assert_eq!(stages, [&json!("denied"), &json!("used")], "{listed}");
    let (_, tools) = server.get("/ops/api/tools/registry?tenant_id=acme").await?;
    assert_eq!(tools["total"], 2, "{tools}");
    let id = listed["authorizations"][1]["id"]
        .as_str()
        .unwrap_or_default();
    let path = format!("/ops/api/tool-authorizations/{id}?tenant_id=globex");
    let (status, _) = server.get(&path).await?;
    assert_eq!(status, 404, "another tenant reads it");
    Ok(())
}
