//! Bad input: always a 4xx problem, never a 500, nothing written.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::harness::{DAEMON_KEY, ModelServer, Server, Setup, Store, send_body, start_backend};

#[tokio::test(flavor = "multi_thread")]
async fn bad_messages_are_problems_and_write_nothing() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (model, model_address) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let store = Store::Sqlite(directory.path().join("clasper.db"));
    let setup = Setup {
        store,
        model: model_address,
        backend,
        extra: Vec::new(),
    };
    let server = Server::start(&setup).await?;
    let with = |member: &str, value: Value| {
        let mut body = send_body("acme", "hello");
        body[member] = value;
        body.to_string().into_bytes()
    };
    let mut bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"message\":\"\xff\"}".to_vec(),
        vec![b'['; 100_000],
        vec![b' '; 2 * 1024 * 1024],
        with("user_id", json!(7)),
        with("user_id", json!("someone-else")),
        with("message", json!("")),
        with("messages", json!([{"role": "robot", "content": "x"}])),
        with("metadata", json!("x")),
        with("metadata", json!({"timezone": "Mars/Olympus"})),
        with("metadata", json!({"workspace_id": "../../etc"})),
        with("tenant_id", json!("a/b")),
        with("unknown_member", json!(1)),
        with("task_id", json!({})),
    ];
    for key in [
        "",
        "user",
        "user:u1",
        "user:u1:",
        "agent:u1:lead",
        "user:u1:../../secret",
        "user:u1:le/ad",
        "user:u1:lead\u{0}",
        "user:../u1:lead",
        "user:u1:ünï",
    ] {
        bodies.push(with("session_key", json!(key)));
    }
    for (n, body) in bodies.into_iter().enumerate() {
        let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
        let request = server
            .http
            .post(format!("{}/api/agents/send", server.base))
            .body(body);
        let answer = request
            .header("X-Agent-Daemon-Key", DAEMON_KEY)
            .header("Content-Type", "application/json")
            .send()
            .await?;
        let status = answer.status().as_u16();
        assert!((400..500).contains(&status), "case {n} ({shown}): {status}");
        assert_eq!(
            answer.headers()["content-type"],
            "application/problem+json",
            "case {n} ({shown})"
        );
        let problem: Value = answer.json().await?;
        assert!(
            problem["code"].is_string() && problem["detail"].is_string(),
            "case {n}: {problem}"
        );
    }
    assert_eq!(model.calls(), 0);
    let (_, traces) = server.get("/traces?tenant_id=acme").await?;
    assert_eq!(
        traces["traces"],
        json!([]),
        "a refused request left a trace"
    );
    let (_, audit) = server.get("/audit?tenant_id=acme").await?;
    assert_eq!(
        audit["entries"],
        json!([]),
        "a refused request was logged as if it had done something"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_needed_and_other_tenants_do_not_exist() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (_model, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let store = Store::Sqlite(directory.path().join("clasper.db"));
    let setup = Setup {
        store,
        model,
        backend,
        extra: Vec::new(),
    };
    let server = Server::start(&setup).await?;
    let (_, answer) = server.send("acme", "hello").await?;
    let trace = answer["trace_id"].as_str().unwrap_or_default().to_owned();
    let status = |request: reqwest::RequestBuilder| async move {
        anyhow::Ok(request.send().await?.status().as_u16())
    };
    let url = format!("{}/traces/{trace}", server.base);
    assert_eq!(status(server.http.get(&url)).await?, 401);
    assert_eq!(
        status(server.http.get(&url).header("X-Agent-Daemon-Key", "wrong")).await?,
        401
    );
    for other in [
        "/traces/{}?tenant_id=other",
        "/traces/00000000-0000-7000-8000-000000000000?tenant_id=acme",
    ] {
        assert_eq!(server.get(&other.replace("{}", &trace)).await?.0, 404);
    }
    assert_eq!(
        server
            .get(&format!("/traces/{trace}?tenant_id=acme"))
            .await?
            .0,
        200
    );
    Ok(())
}
