//! A backend that answers what a test tells it to and remembers what it was asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use clasper_control_plane::{Backend, BackendConfig, RetryConfig, client_builder};
use clasper_core::{IdSource, ManualClock, SequentialIds, Timestamp, TraceId};
use clasper_runtime::backend::AgentIdentity;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub const SECRET: &str = "a secret that is long enough to sign tokens";

/// A request as the fake backend saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub line: String,
    pub headers: HeaderMap,
    pub raw: Vec<u8>,
    pub body: Value,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }
}

/// What a test lets the backend answer.
pub enum Reply {
    Json(u16, Value),
    Text(u16, String),
    Redirect(String),
    /// An answer without a length, piece by piece.
    Pieces(Vec<String>),
    /// No answer at all.
    Silence,
}

pub fn ok(body: Value) -> Reply {
    Reply::Json(200, body)
}

pub fn status(code: u16) -> Reply {
    Reply::Json(code, serde_json::json!({"error": "scripted"}))
}

/// Receives the number of earlier requests and the request.
type Script = dyn Fn(usize, &Seen) -> Reply + Send + Sync;

struct Scripted {
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
}

/// The running backend; it ends when dropped.
pub struct Fake {
    pub url: String,
    scripted: Arc<Scripted>,
    _server: JoinSet<std::io::Result<()>>,
}

impl Fake {
    pub async fn start(
        script: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let scripted = Arc::new(Scripted {
            script: Box::new(script),
            seen: Mutex::default(),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&scripted));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            url,
            scripted,
            _server: server,
        })
    }

    pub fn seen(&self) -> Vec<Seen> {
        let seen = self.scripted.seen.lock();
        seen.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    /// A client of this backend with pauses of a millisecond, and the clock it goes by.
    pub fn client(&self) -> anyhow::Result<(Backend, Arc<ManualClock>)> {
        self.client_with(|_| {})
    }

    pub fn client_with(
        &self,
        change: impl FnOnce(&mut BackendConfig),
    ) -> anyhow::Result<(Backend, Arc<ManualClock>)> {
        let mut config = config(&self.url);
        change(&mut config);
        let clock = Arc::new(ManualClock::at(noon()?));
        let backend = Backend::new(config, client_builder().build()?, Arc::clone(&clock) as _)?;
        Ok((backend, clock))
    }
}

pub fn config(url: &str) -> BackendConfig {
    let mut config = BackendConfig::new(url, SECRET.into());
    config.retry = RetryConfig {
        delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(2),
        ..RetryConfig::default()
    };
    config
}

pub fn noon() -> anyhow::Result<Timestamp> {
    Ok("2026-03-01T12:00:00Z".parse()?)
}

pub fn agent(user: &str, role: &str) -> anyhow::Result<AgentIdentity> {
    let ids: &dyn IdSource = &SequentialIds::default();
    Ok(AgentIdentity {
        user: user.parse()?,
        role: role.to_owned(),
        tenant: "acme".parse()?,
        workspace: "main".parse()?,
        trace: TraceId::generate(ids),
    })
}

async fn answer(State(scripted): State<Arc<Scripted>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let raw = to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default()
        .to_vec();
    let seen = Seen {
        line: format!("{} {}", parts.method, parts.uri),
        headers: parts.headers,
        body: serde_json::from_slice(&raw).unwrap_or(Value::Null),
        raw,
    };
    let reply = {
        let log = scripted.seen.lock();
        let mut log = log.unwrap_or_else(PoisonError::into_inner);
        let reply = (scripted.script)(log.len(), &seen);
        log.push(seen);
        reply
    };
    let (code, body) = match reply {
        Reply::Json(code, body) => (code, Body::from(body.to_string())),
        Reply::Text(code, text) => (code, Body::from(text)),
        Reply::Redirect(to) => return moved(&to),
        Reply::Pieces(pieces) => {
            let pieces = pieces.into_iter().map(Ok::<_, std::io::Error>);
            (200, Body::from_stream(futures::stream::iter(pieces)))
        }
        Reply::Silence => std::future::pending().await,
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or_default();
    response
}

fn moved(to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(to) = to.parse() {
        response.headers_mut().insert("location", to);
    }
    response
}
