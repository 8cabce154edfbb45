//! Starts the real binary beside a sample backend and a model server that keeps its own log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use axum::routing::post;
use axum::{Json, Router, extract::State};
use example_backend::{Backend, BackendConfig, Database};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const SECRET: &str = "an-agent-secret-of-more-than-32-bytes";
pub const DAEMON_KEY: &str = "a-daemon-key-of-more-than-thirty-two-bytes";
/// Tokens that the model server says every call used.
pub const INPUT_TOKENS: u64 = 1000;
pub const OUTPUT_TOKENS: u64 = 500;
/// What such a call costs with gpt-4o-mini, in nano-dollars: 1000 × 150 + 500 × 600.
pub const CALL_NANOS: u64 = 450_000;

/// A model server whose own log the ledger is compared with.
#[derive(Clone, Default)]
pub struct ModelServer {
    calls: Arc<AtomicU64>,
    delay: Duration,
}

impl ModelServer {
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    pub async fn start(delay: Duration) -> Result<(Self, SocketAddr)> {
        let server = Self {
            calls: Arc::default(),
            delay,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state(server.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        Ok((server, address))
    }
}

async fn answer(State(server): State<ModelServer>, Json(request): Json<Value>) -> Json<Value> {
    server.calls.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(server.delay).await;
    let said = request
        .pointer("/messages")
        .and_then(Value::as_array)
        .and_then(|m| m.last());
    let said = said
        .and_then(|m| m.get("content"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    Json(json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": format!("You said: {said}")}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS, "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS}
    }))
}

/// A sample backend on `address` (or any free port).
pub async fn start_backend(
    address: Option<SocketAddr>,
) -> Result<(Backend, SocketAddr, tokio::task::JoinHandle<()>)> {
    let backend = Backend::open(BackendConfig {
        database: Database::Memory,
        agent_jwt_secret: SECRET.into(),
        clock: Arc::new(|| clasper_core::Clock::now(&clasper_core::SystemClock)),
        ids: Arc::new(|| clasper_core::IdSource::next_uuid(&clasper_core::SystemIds)),
    })
    .await?;
    let listener = TcpListener::bind(address.unwrap_or(([127, 0, 0, 1], 0).into())).await?;
    let address = listener.local_addr()?;
    let router = backend.router();
    let task = tokio::spawn(async move {
        axum::serve(listener, router)
            .await
            .expect("the listener is open");
    });
    Ok((backend, address, task))
}

/// Where a server keeps its data.
#[derive(Clone)]
pub enum Store {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Store {
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}?mode=rwc", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }
}

/// How a server is set up.
#[derive(Clone)]
pub struct Setup {
    pub store: Store,
    pub model: SocketAddr,
    pub backend: SocketAddr,
    pub extra: Vec<(&'static str, String)>,
}

/// A running `clasperd serve`, killed when dropped.
pub struct Server {
    child: Child,
    /// What it logs.
    said: File,
    pub base: String,
    pub http: reqwest::Client,
    setup: Setup,
}

pub fn workspace() -> PathBuf {
    std::path::absolute("../../examples/workspace").expect("a folder")
}

pub fn command(setup: &Setup) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clasperd"));
    command
        .env_clear()
        .env("AGENT_JWT_SECRET", SECRET)
        .env("AGENT_DAEMON_API_KEY", DAEMON_KEY)
        .env("CLASPER_DATABASE_URL", setup.store.url())
        .env("CLASPER_WORKSPACE", workspace())
        .env("BACKEND_URL", format!("http://{}", setup.backend))
        .env("OPENAI_BASE_URL", format!("http://{}/v1", setup.model))
        .env("OPENAI_API_KEY", "sk-test")
        .env("LLM_MODEL_DEFAULT", "openai/gpt-4o-mini")
        .env("CLASPER_DEFAULT_TASK", "Thread")
        .env("CLASPER_RETRY_DELAY_MS", "10")
        .env("CLASPER_LOG", "warn")
        .current_dir(std::env::temp_dir());
    for (name, value) in &setup.extra {
        command.env(name, value);
    }
    command
}

fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Server {
    pub async fn start(setup: &Setup) -> Result<Self> {
        let address = free_address()?;
        let said = tempfile::tempfile()?;
        let mut command = command(setup);
        command
            .arg("serve")
            .env("CLASPER_LISTEN", address.to_string())
            .stdout(Stdio::null())
            .stderr(said.try_clone()?);
        let child = command.spawn().context("clasperd starts")?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_mins(1))
            .build()?;
        let mut server = Self {
            child,
            said,
            base: format!("http://{address}"),
            http,
            setup: setup.clone(),
        };
        server.ready().await?;
        Ok(server)
    }

    async fn ready(&mut self) -> Result<()> {
        for _ in 0..2000 {
            if let Some(status) = self.child.try_wait()? {
                bail!("clasperd ended with {status}");
            }
            let answer = self.http.get(format!("{}/readyz", self.base)).send().await;
            if answer.is_ok_and(|a| a.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("clasperd did not become ready")
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("X-Agent-Daemon-Key", DAEMON_KEY);
        read(request.json(body).send().await?).await
    }

    pub async fn get(&self, path: &str) -> Result<(u16, Value)> {
        let request = self
            .http
            .get(format!("{}{path}", self.base))
            .header("X-Agent-Daemon-Key", DAEMON_KEY);
        read(request.send().await?).await
    }

    pub async fn send(&self, tenant: &str, message: &str) -> Result<(u16, Value)> {
        self.post("/api/agents/send", &send_body(tenant, message))
            .await
    }

    pub async fn set_budget(&self, tenant: &str, usd: &str) -> Result<()> {
        let body = json!({"tenant_id": tenant, "budget_usd": usd, "hard_limit": true});
        let (status, answer) = self.post("/budget", &body).await?;
        ensure!(status == 200, "POST /budget: {status} {answer}");
        Ok(())
    }

    /// Tells the server to stop, as its service manager does, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let id = self.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status()?;
        ensure!(told.success(), "kill: {told}");
        let status = self.child.wait()?;
        let mut said = String::new();
        self.said.seek(SeekFrom::Start(0))?;
        self.said.read_to_string(&mut said)?;
        ensure!(status.success(), "clasperd ended with {status}: {said}");
        // Whoever still holds the store then keeps the writer from ending, and the stop from being quick.
        ensure!(!said.contains("could not be settled"), "{said}");
        Ok(())
    }

    /// `clasperd audit verify` on the same database.
    pub fn verify(&self) -> Result<String> {
        verify(&self.setup)
    }
}

pub fn verify(setup: &Setup) -> Result<String> {
    let output = command(setup).args(["audit", "verify"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "audit verify: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn read(answer: reqwest::Response) -> Result<(u16, Value)> {
    let status = answer.status().as_u16();
    Ok((status, answer.json().await.context("a JSON answer")?))
}

pub fn send_body(tenant: &str, message: &str) -> Value {
    json!({"tenant_id": tenant, "user_id": "u1", "session_key": "user:u1:lead", "message": message})
}

/// Nano-dollars of a JSON number or decimal string.
pub fn nanos(value: &Value) -> u64 {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let usd: clasper_core::Usd = text.parse().expect("an amount");
    u64::try_from(usd.nanos()).expect("not negative")
}
