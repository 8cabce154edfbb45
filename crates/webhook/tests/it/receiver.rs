//! A receiver on loopback that can be down, remembers what it was sent, and checks every signature.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use clasper_core::{Clock, ManualClock};
use clasper_notify::{SignedHeaders, SigningKey, TOLERANCE, VerifyError, VerifyingKey, verify};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The server's own key.
pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What the receiver was sent.
#[derive(Debug, Clone)]
pub struct Seen {
    pub id: String,
    pub body: Value,
    pub text: String,
    /// The status it was answered with.
    pub answered: u16,
    /// Whether a signature fits.
    pub genuine: Result<(), VerifyError>,
}

struct Scripted {
    status: AtomicU16,
    location: Option<String>,
    clock: Arc<ManualClock>,
    key: Mutex<VerifyingKey>,
    seen: Mutex<Vec<Seen>>,
}

/// The running receiver; it ends when dropped.
pub struct Receiver {
    pub address: SocketAddr,
    scripted: Arc<Scripted>,
    _server: JoinSet<std::io::Result<()>>,
}

impl Receiver {
    pub async fn start(clock: &Arc<ManualClock>) -> Self {
        Self::start_with(clock, 200, None).await
    }

    /// One that sends everybody on to `location`.
    pub async fn redirecting(clock: &Arc<ManualClock>, location: String) -> Self {
        Self::start_with(clock, 307, Some(location)).await
    }

    async fn start_with(clock: &Arc<ManualClock>, status: u16, location: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let scripted = Arc::new(Scripted {
            status: AtomicU16::new(status),
            location,
            clock: Arc::clone(clock),
            key: Mutex::new(verifying(KEY)),
            seen: Mutex::default(),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&scripted));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            scripted,
            _server: server,
        }
    }

    /// Checks signatures by this key from now on.
    pub fn trust(&self, secret: &SecretString) {
        *lock(&self.scripted.key) = verifying(secret.expose_secret());
    }

    /// What it answers from now on.
    pub fn answer(&self, status: u16) {
        self.scripted.status.store(status, Ordering::SeqCst);
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?token=s3cret", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.scripted.seen).clone()
    }

    /// What it took, each once.
    pub fn taken(&self) -> Vec<Seen> {
        let seen = self.seen().into_iter();
        let taken: Vec<Seen> = seen.filter(|one| one.answered == 200).collect();
        assert!(taken.iter().all(|one| one.genuine.is_ok()), "{taken:?}");
        let mut ids: Vec<&str> = taken.iter().map(|one| one.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), taken.len(), "a message came twice");
        taken
    }
}

pub fn verifying(text: &str) -> VerifyingKey {
    if text.starts_with("whpk_") {
        return VerifyingKey::parse(&text.into()).expect("a key");
    }
    let key = SigningKey::parse(&text.into()).expect("a key");
    key.verifying_key().expect("a key")
}

async fn answer(
    State(scripted): State<Arc<Scripted>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let signed = SignedHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let keys = [lock(&scripted.key).clone()];
    let answered = scripted.status.load(Ordering::SeqCst);
    lock(&scripted.seen).push(Seen {
        genuine: verify(&signed, &body, scripted.clock.now(), TOLERANCE, &keys),
        id: signed.id,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        text: String::from_utf8_lossy(&body).into_owned(),
        answered,
    });
    let status = StatusCode::from_u16(answered).expect("a status");
    match &scripted.location {
        Some(location) => (status, [("location", location.as_str())]).into_response(),
        None => status.into_response(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
