//! A receiver on loopback that answers what a test tells it to and remembers what it was sent, and a resolver likewise.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::serve::Listener;
use chrono::DateTime;
use clasper_core::Timestamp;
use clasper_notify::{
    CallbackUrl, CallerHeaders, Courier, CourierConfig, Delivery, GuardPolicy, Message, MessageId,
    PlainHttp, Ports, ResolveError, Resolver, SigningKey, SigningKeys,
};
use futures::{StreamExt, stream};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const BODY: &[u8] = br#"{"type":"decision.resolved"}"#;

/// What the receiver was sent.
#[derive(Debug, Clone)]
pub struct Seen {
    pub line: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// What the receiver answers.
#[derive(Debug, Clone)]
pub enum Reply {
    Status(u16),
    /// A status and one header.
    With(u16, &'static str, String),
    /// A status and a body that never ends.
    Endless(u16),
    /// A status, a little of a body, and then nothing more.
    Stalled(u16),
    /// No answer at all.
    Silence,
}

struct Scripted {
    reply: Reply,
    seen: Mutex<Vec<Seen>>,
}

/// The running receiver; it ends when dropped.
pub struct Receiver {
    pub address: SocketAddr,
    scripted: Arc<Scripted>,
    _server: JoinSet<std::io::Result<()>>,
}

impl Receiver {
    pub async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::start_on(listener, reply)
    }

    /// Starts a receiver on a listener that may do more than TCP.
    pub fn start_on(listener: impl Listener<Addr = SocketAddr>, reply: Reply) -> Self {
        let address = listener.local_addr().expect("an address");
        let scripted = Arc::new(Scripted {
            reply,
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

    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.scripted.seen).clone()
    }

    /// A URL of this receiver under `host`.
    pub fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/hook?token=s3cret", self.address.port())
    }
}

async fn answer(State(scripted): State<Arc<Scripted>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    lock(&scripted.seen).push(Seen {
        line: format!("{} {}", parts.method, parts.uri),
        headers: parts.headers,
        body,
    });
    let chunk = |bytes: usize| Ok::<_, Infallible>(Bytes::from(vec![b'x'; bytes]));
    let (status, header, body) = match scripted.reply.clone() {
        Reply::Status(status) => (status, None, Body::from("thank you")),
        Reply::With(status, name, value) => (status, Some((name, value)), Body::empty()),
        Reply::Endless(status) => {
            let chunks = stream::repeat_with(move || chunk(64 * 1024));
            (status, None, Body::from_stream(chunks))
        }
        Reply::Stalled(status) => {
            let first = stream::iter([chunk(10)]);
            (
                status,
                None,
                Body::from_stream(first.chain(stream::pending())),
            )
        }
        Reply::Silence => std::future::pending().await,
    };
    let mut response = Response::builder().status(status);
    if let Some((name, value)) = header {
        response = response.header(name, value);
    }
    response.body(body).expect("a response")
}

/// Gives its answers one after another, the last one for ever, and remembers what it was asked.
#[derive(Default)]
pub struct Names {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |text: &&str| text.parse().expect("an address");
        let answers = answers.iter().rev();
        Arc::new(Self {
            answers: Mutex::new(answers.map(|one| one.iter().map(parse).collect()).collect()),
            asked: Mutex::default(),
        })
    }

    pub fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }
}

#[async_trait]
impl Resolver for Names {
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        lock(&self.asked).push(host.to_owned());
        let mut answers = lock(&self.answers);
        let last = answers.len() < 2;
        let answer = if last {
            answers.last().cloned()
        } else {
            answers.pop()
        };
        answer.ok_or(ResolveError)
    }
}

/// A policy that lets URLs name any port and leave TLS out, so that only the guard of addresses is under test.
pub fn open_policy() -> GuardPolicy {
    GuardPolicy::default()
        .plain_http(PlainHttp::Anywhere)
        .ports(Ports::Any)
}

/// The same with loopback allowed.
pub fn loopback_policy() -> GuardPolicy {
    open_policy()
        .allow_network("127.0.0.0/8")
        .expect("a network")
}

pub fn courier(policy: GuardPolicy, names: &Arc<Names>, timeout: Duration) -> Courier {
    let config = CourierConfig {
        connect_timeout: timeout,
        timeout,
        ..CourierConfig::default()
    };
    Courier::new(policy, &config, Arc::clone(names) as _).expect("a courier")
}

pub fn now() -> Timestamp {
    DateTime::from_timestamp(1_700_000_000, 0).expect("a time")
}

/// Sends the same small message to `url`, which is read by the policy `accepted_by`.
pub async fn deliver(courier: &Courier, url: &str, accepted_by: &GuardPolicy) -> Delivery {
    let url = CallbackUrl::parse(url, accepted_by).expect("a URL");
    deliver_with(courier, &url, &CallerHeaders::default()).await
}

pub async fn deliver_with(
    courier: &Courier,
    url: &CallbackUrl,
    headers: &CallerHeaders,
) -> Delivery {
    let id: MessageId = "msg_1".parse().expect("an id");
    let key = SigningKey::parse(&KEY.into()).expect("a key");
    let keys = SigningKeys::new(vec![key]).expect("keys");
    let message = Message {
        id: &id,
        url,
        keys: &keys,
        body: &Bytes::from_static(BODY),
        attempted_at: now(),
        headers,
        body_secret: Some(&"older secret".into()),
    };
    assert!(!format!("{message:?}").contains("s3cret"));
    courier.deliver(&message).await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
