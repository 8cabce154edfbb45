//! Anthropic and Gemini in their own APIs, over `genai`, which keeps up with what their models accept.

mod reply;
mod request;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use clasper_runtime::model::{
    ModelChunk, ModelError, ModelProvider, ModelRef, ModelReply, ModelRequest, ModelStream,
};
use futures::{Stream, StreamExt as _};
use genai::adapter::AdapterKind;
use genai::chat::{ChatStream, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint as GenaiEndpoint};
use genai::{Client, ModelIden, ServiceTarget};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;

use crate::draft::Draft;
use crate::endpoint::{Endpoint, Wire};
use crate::transport::MAX_ANSWER_BYTES;

/// One of the two providers, at one address.
#[derive(Debug)]
pub(crate) struct Native {
    client: Client,
    kind: AdapterKind,
    endpoint: Endpoint,
    base: GenaiEndpoint,
    timeout: Duration,
}

impl Native {
    pub(crate) fn new(
        wire: Wire,
        endpoint: &Endpoint,
        timeout: Duration,
        http: reqwest::Client,
    ) -> Self {
        let client = Client::builder()
            .with_reqwest(http)
            .build()
            .expect("with a client given there is none to build");
        let kind = if wire == Wire::Anthropic {
            AdapterKind::Anthropic
        } else {
            AdapterKind::Gemini
        };
        // genai appends its paths to the text of the address.
        let mut base = endpoint.base.clone();
        base.set_query(None);
        let base = GenaiEndpoint::from_owned(format!("{}/", base.as_str().trim_end_matches('/')));
        Self {
            client,
            kind,
            endpoint: endpoint.clone(),
            base,
            timeout,
        }
    }

    fn target(&self, model: &ModelRef) -> ServiceTarget {
        let key = self
            .endpoint
            .key
            .as_ref()
            .map_or("none", |key| key.expose_secret());
        ServiceTarget {
            endpoint: self.base.clone(),
            auth: AuthData::from_single(key),
            model: ModelIden::new(self.kind, model.model.as_str()),
        }
    }
}

#[async_trait]
impl ModelProvider for Native {
    fn check(&self, _model: &ModelRef) -> Result<(), ModelError> {
        Ok(())
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelReply, ModelError> {
        let options = request::options(request, self.kind, self.timeout);
        let call = self.client.exec_chat(
            self.target(&request.model),
            request::chat(request),
            Some(&options),
        );
        let answer = timeout(self.timeout, call.with_subscriber(Dispatch::none())).await;
        let answer = answer
            .map_err(|_| ModelError::Timeout)?
            .map_err(|error| reply::error(&error))?;
        reply::draft(answer, request.messages.len()).into_reply()
    }

    async fn stream(&self, request: &ModelRequest) -> Result<ModelStream, ModelError> {
        let options = request::options(request, self.kind, self.timeout);
        let call = self.client.exec_chat_stream(
            self.target(&request.model),
            request::chat(request),
            Some(&options),
        );
        let answer = call
            .with_subscriber(Dispatch::none())
            .await
            .map_err(|error| reply::error(&error))?;
        let mut reader = Reader {
            events: Muted(answer.stream),
            content: String::new(),
            kind: self.kind,
            turn: request.messages.len(),
        };
        // genai sends the request with the first poll; a refusal belongs to the call, not into the stream.
        let first = reader.next().await?;
        let step = |state: Option<Reader>| async move {
            let mut reader = state?;
            match reader.next().await {
                Ok(chunk @ ModelChunk::Text(_)) => Some((Ok(chunk), Some(reader))),
                last => Some((last, None)),
            }
        };
        let rest = matches!(first, ModelChunk::Text(_)).then_some(reader);
        Ok(futures::stream::iter([Ok(first)])
            .chain(futures::stream::unfold(rest, step))
            .boxed())
    }
}

struct Reader {
    events: Muted,
    content: String,
    kind: AdapterKind,
    turn: usize,
}

impl Reader {
    async fn next(&mut self) -> Result<ModelChunk, ModelError> {
        while let Some(event) = self.events.next().await {
            match event.map_err(|error| reply::error(&error))? {
                ChatStreamEvent::Chunk(chunk) if !chunk.content.is_empty() => {
                    if self.content.len() + chunk.content.len() > MAX_ANSWER_BYTES {
                        return Err(ModelError::BadAnswer);
                    }
                    self.content.push_str(&chunk.content);
                    return Ok(ModelChunk::Text(chunk.content));
                }
                ChatStreamEvent::End(end) => {
                    // Gemini's stream has no end of its own: without a reason it was cut off.
                    if self.kind == AdapterKind::Gemini && end.captured_stop_reason.is_none() {
                        return Err(ModelError::BadAnswer);
                    }
                    let content = std::mem::take(&mut self.content);
                    let draft: Draft = reply::draft_of_stream(content, end, self.turn);
                    return draft.into_reply().map(ModelChunk::Done);
                }
                _ => {}
            }
        }
        Err(ModelError::BadAnswer)
    }
}

/// A stream of genai without its logs, which would repeat what a provider wrote.
struct Muted(ChatStream);

impl Stream for Muted {
    type Item = genai::Result<ChatStreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        tracing::dispatcher::with_default(&Dispatch::none(), || self.0.poll_next_unpin(context))
    }
}
