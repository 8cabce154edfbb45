//! Webhooks verify in the Standard Webhooks libraries of other languages, where those are installed.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};

/// The program, how to ask whether its library is there, and the script.
const LANGUAGES: [(&str, &[&str], &str); 2] = [
    ("python3", &["-c", "import standardwebhooks"], "verify.py"),
    ("node", &["-e", "require('standardwebhooks')"], "verify.cjs"),
];

/// A message as it arrived.
type Arrived = (HeaderMap, Bytes);

async fn receive(State(sender): State<mpsc::Sender<Arrived>>, headers: HeaderMap, body: Bytes) {
    sender.send((headers, body)).await.expect("the test waits");
}

fn is_installed(program: &str, question: &[&str]) -> bool {
    let asked = Command::new(program)
        .args(question)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

fn ask(program: &str, script: &str, message: &Value) -> Result<Output> {
    let script = std::path::absolute("../../examples/webhooks")?.join(script);
    let mut child = Command::new(program)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("its input")?;
    input.write_all(message.to_string().as_bytes())?;
    drop(input);
    Ok(child.wait_with_output()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_verify_in_the_libraries_of_other_languages() -> Result<()> {
    let (sender, mut arrived) = mpsc::channel(4);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/hook", post(receive))
        .with_state(sender);
    tokio::spawn(axum::serve(listener, router).into_future());
    let directory = tempfile::tempdir()?;
    let (_model, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let server = Server::start(&Setup {
        store: Store::Sqlite(directory.path().join("clasper.db")),
        model,
        backend,
        extra: vec![
            ("CLASPER_WEBHOOK_ALLOW_NETWORKS", "127.0.0.0/8".into()),
            ("CLASPER_WEBHOOK_ALLOW_PORTS", address.port().to_string()),
            ("CLASPER_WEBHOOK_PLAIN_HTTP", "to_allowed".into()),
        ],
    })
    .await?;
    server.set_budget("acme", "5").await?;
    let body = json!({"tenant_id": "acme", "url": format!("http://{address}/hook"), "events": ["decision.pending"]});
    let (status, created) = server.post("/ops/api/webhooks", &body).await?;
    ensure!(status == 200 || status == 201, "{status} {created}");
    let id = created["webhook"]["webhook_id"].as_str().context("an id")?;
    let secret = created["secret"].as_str().context("a secret")?;
    let path = format!("/ops/api/webhooks/{id}/test?tenant_id=acme");
    let (status, answer) = server.post(&path, &json!({})).await?;
    ensure!(status < 300, "{status} {answer}");
    let (headers, body) = arrived.recv().await.context("a message")?;

    let headers: Map<String, Value> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    let body = String::from_utf8(body.to_vec())?;
    let message = json!({"secret": secret, "headers": headers, "body": body});
    let mut altered = message.clone();
    altered["body"] = format!("{body} ").into();
    let mut foreign = message.clone();
    foreign["secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into();
    for (program, question, script) in LANGUAGES {
        if !is_installed(program, question) {
            eprintln!("{program} has no library of Standard Webhooks: not asked");
            continue;
        }
        let verified = ask(program, script, &message)?;
        ensure!(verified.status.success(), "{program}: {verified:?}");
        let kind = String::from_utf8(verified.stdout)?;
        let sent: Value = serde_json::from_str(&body)?;
        assert_eq!(kind.trim(), sent["type"], "{program}");
        for wrong in [&altered, &foreign] {
            let refused = ask(program, script, wrong)?;
            assert!(!refused.status.success(), "{program} took {wrong}");
        }
        eprintln!("{program} has verified {}", kind.trim());
    }
    Ok(())
}
