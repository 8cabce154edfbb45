//! A server that answers what a test tells it to, and an adapter at its door.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use clasper_adapter::{Adapter, Ask, Blocked, Governed, Retries, Settings, Surroundings};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub path: String,
    pub token: String,
    pub body: Value,
}

/// What the server answers to the `n`th request, from 0.
type Script = Arc<dyn Fn(usize, &Seen) -> Response + Send + Sync>;

#[derive(Clone)]
pub struct Server {
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Script,
    pub address: SocketAddr,
}

/// Time stands still at this moment.
pub const NOW: &str = "2026-11-20T10:00:00Z";

pub struct Still(AtomicUsize);

impl Surroundings for Still {
    fn now(&self) -> DateTime<Utc> {
        NOW.parse().expect("a time")
    }

    fn id(&self) -> String {
        format!("id-{}", self.0.fetch_add(1, Ordering::SeqCst))
    }
}

impl Server {
    pub async fn start(
        script: impl Fn(usize, &Seen) -> Response + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = Self {
            seen: Arc::default(),
            script: Arc::new(script),
            address: listener.local_addr()?,
        };
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        Ok(server)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no test panics with it").clone()
    }

    pub fn adapter(&self) -> Result<Adapter> {
        adapter(self.address)
    }
}

async fn answer(State(server): State<Server>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .expect("a body");
    let header = parts.headers.get("x-adapter-token");
    let seen = Seen {
        method: parts.method,
        path: path(&parts.uri),
        token: header
            .and_then(|token| token.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let number = {
        let mut all = server.seen.lock().expect("no test panics with it");
        all.push(seen.clone());
        all.len() - 1
    };
    (server.script)(number, &seen)
}

fn path(uri: &Uri) -> String {
    uri.path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default()
}

pub fn settings(address: SocketAddr) -> Settings {
    let mut settings = Settings::new(&format!("http://{address}"), "acme", "main", "builder-1");
    settings.timeout = Duration::from_millis(500);
    settings.approval_wait = Duration::from_millis(700);
    settings.retries = Retries {
        attempts: 2,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
    };
    settings.surroundings = Arc::new(Still(AtomicUsize::new(0)));
    settings
}

pub fn adapter(address: SocketAddr) -> Result<Adapter> {
    Ok(Adapter::new(settings(address), &"a-token".into())?)
}

pub fn reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, axum::Json(body.clone())).into_response()
}

/// The answer that permits what was asked.
pub fn allowing(seen: &Seen) -> Value {
    json!({
        "allowed": true, "decision": "allow", "execution_id": seen.body["execution_id"], "decision_id": "d-1", "grant_id": "g-1",
        "granted_scope": {
            "capabilities": ["exec"], "max_steps": 100, "max_cost": 0, "expires_at": "2026-11-20T10:15:00.000Z"
        },
        "replayed": false,
    })
}

pub fn pending(seen: &Seen) -> Value {
    json!({
        "allowed": false, "decision": "pending", "execution_id": seen.body["execution_id"], "decision_id": "d-1",
        "requires_approval": true,
    })
}

/// Runs an effect that counts itself.
pub async fn run(adapter: &Adapter, ask: Ask) -> (usize, Result<(), Blocked>) {
    let ran = AtomicUsize::new(0);
    let done = adapter
        .governed(ask, |_| async {
            ran.fetch_add(1, Ordering::SeqCst);
            Ok::<(), std::convert::Infallible>(())
        })
        .await;
    let done = done.map_err(|error| match error {
        Governed::Blocked(why) => why,
        Governed::Effect(never) => match never {},
    });
    (ran.into_inner(), done)
}
