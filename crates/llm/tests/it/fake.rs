//! A server on loopback that answers every request alike and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, Uri};
use clasper_llm::{LlmConfig, Providers, http_client};
use clasper_runtime::model::{
    ChatMessage, ModelChunk, ModelError, ModelProvider as _, ModelRef, ModelReply, ModelRequest,
    ModelStream,
};
use futures::StreamExt as _;
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The key that requests carry.
pub const KEY: &str = "sk-test-key";

/// One request the server got.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// The server; it stops when dropped.
pub struct Fake {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _server: JoinSet<()>,
}

impl Fake {
    /// Answers with what `answer` makes.
    pub async fn start(
        answer: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        Self::start_pending(move || std::future::ready(answer())).await
    }

    /// Answers when `answer` does.
    pub async fn start_pending<F, R>(answer: F) -> anyhow::Result<Self>
    where
        F: Fn() -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Response<Body>> + Send,
    {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            let path = uri
                .path_and_query()
                .map_or_else(String::new, ToString::to_string);
            remembered
                .lock()
                .expect("no test panics while holding it")
                .push(Asked {
                    path,
                    headers,
                    body,
                });
            answer()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("the server runs until it is aborted");
        });
        Ok(Self {
            address,
            asked,
            _server: server,
        })
    }

    /// The last request.
    pub fn last(&self) -> Asked {
        self.asked
            .lock()
            .expect("no test panics while holding it")
            .last()
            .expect("a request was made")
            .clone()
    }

    /// Providers of which each is at this server.
    pub fn providers(&self) -> anyhow::Result<Providers> {
        self.providers_within(Duration::from_secs(20))
    }

    /// The same with a limit on time.
    pub fn providers_within(&self, request_timeout: Duration) -> anyhow::Result<Providers> {
        let mut config = LlmConfig {
            request_timeout,
            ..LlmConfig::default()
        };
        config.keys.openai = Some(SecretString::from(KEY));
        config.keys.anthropic = Some(SecretString::from(KEY));
        config.keys.google = Some(SecretString::from(KEY));
        config.keys.mistral = Some(SecretString::from(KEY));
        config.base_urls.openai = Some(self.address.clone());
        config.base_urls.anthropic = Some(self.address.clone());
        config.base_urls.google = Some(self.address.clone());
        config.base_urls.mistral = Some(self.address.clone());
        Ok(Providers::new(
            &config,
            &http_client(Duration::from_secs(5))?,
        ))
    }

    /// The whole answer of `model` to a greeting.
    pub async fn complete(&self, model: &str) -> anyhow::Result<Result<ModelReply, ModelError>> {
        Ok(self.providers()?.complete(&request(model)).await)
    }

    /// All chunks of the streamed answer of `model` to a greeting, up to the first error.
    pub async fn stream(&self, model: &str) -> anyhow::Result<Result<Vec<ModelChunk>, ModelError>> {
        let stream = self.providers()?.stream(&request(model)).await;
        Ok(match stream {
            Ok(stream) => collect(stream).await,
            Err(error) => Err(error),
        })
    }
}

/// All chunks of a stream, up to the first error.
pub async fn collect(mut stream: ModelStream) -> Result<Vec<ModelChunk>, ModelError> {
    let mut chunks = Vec::new();
    while let Some(chunk) = stream.next().await {
        chunks.push(chunk?);
    }
    Ok(chunks)
}

/// The texts of chunks, and the answer at their end.
pub fn texts_and_reply(chunks: &[ModelChunk]) -> (Vec<&str>, &ModelReply) {
    let (last, texts) = chunks
        .split_last()
        .expect("a stream that succeeds has an end");
    let ModelChunk::Done(reply) = last else {
        panic!("the last chunk is the end, not {last:?}")
    };
    let texts = texts.iter().map(|chunk| match chunk {
        ModelChunk::Text(text) => text.as_str(),
        ModelChunk::Done(_) => panic!("nothing follows the end"),
    });
    (texts.collect(), reply)
}

/// A request that greets `provider/model`.
pub fn request(model: &str) -> ModelRequest {
    let (provider, model) = model
        .split_once('/')
        .expect("the test names provider/model");
    ModelRequest {
        model: ModelRef {
            provider: provider.to_owned(),
            model: model.to_owned(),
        },
        system: "Be brief.".to_owned(),
        messages: vec![ChatMessage::User {
            content: "Hello".to_owned(),
        }],
        tools: Vec::new(),
        temperature: 0.5,
        max_output_tokens: 100,
    }
}

/// A response of this status with a JSON body.
pub fn json(status: u16, body: &Value) -> Response<Body> {
    with_type(status, "application/json", Body::from(body.to_string()))
}

/// A stream of server-sent events with this text, sent in one piece.
pub fn events(text: impl Into<String>) -> Response<Body> {
    with_type(200, "text/event-stream", Body::from(text.into()))
}

/// A body sent in these pieces; an error breaks the connection.
pub fn in_pieces(content_type: &str, pieces: Vec<Result<Bytes, std::io::Error>>) -> Response<Body> {
    // The server sends what it has whenever the body is not ready, so each piece really is one.
    let pieces = futures::stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    with_type(200, content_type, Body::from_stream(pieces))
}

/// A response with a body of a type.
pub fn with_type(status: u16, content_type: &str, body: Body) -> Response<Body> {
    let response = Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(body);
    response.expect("the test's status and type are valid")
}
