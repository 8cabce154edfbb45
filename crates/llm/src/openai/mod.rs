//! The Chat Completions API, of `OpenAI` and everybody who speaks it. Written out here instead of over a client library
//! because this is the busy path, and because compatible servers differ in ways that a library does not let through.

mod reply;
mod request;
mod stream;

use std::time::Duration;

use async_trait::async_trait;
use clasper_runtime::model::{
    ModelChunk, ModelError, ModelProvider, ModelRef, ModelReply, ModelRequest, ModelStream,
};
use futures::StreamExt as _;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request, Response, Url};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use crate::endpoint::Endpoint;
use crate::failure;
use crate::openai::request::Dialect;
use crate::transport::read_bounded;

/// One server that speaks Chat Completions.
#[derive(Debug)]
pub(crate) struct ChatCompletions {
    http: Client,
    url: Url,
    headers: HeaderMap,
    dialect: Dialect,
    timeout: Duration,
}

impl ChatCompletions {
    pub(crate) fn new(name: &str, endpoint: &Endpoint, timeout: Duration, http: Client) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = &endpoint.key {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()))
                .expect("an endpoint's key is a valid header value");
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Self {
            http,
            url: endpoint.resource("chat/completions"),
            headers,
            dialect: Dialect::of(name, endpoint.own_address),
            timeout,
        }
    }

    /// Sends the request; the answer has a success status.
    async fn send(&self, request: &ModelRequest, stream: bool) -> Result<Response, ModelError> {
        let body = request::encode(request, self.dialect, stream);
        let mut http_request = Request::new(Method::POST, self.url.clone());
        http_request.headers_mut().clone_from(&self.headers);
        *http_request.body_mut() = Some(body.into());
        if !stream {
            *http_request.timeout_mut() = Some(self.timeout);
        }
        let response = self
            .http
            .execute(http_request)
            .await
            .map_err(|error| failure::from_http(&error))?;
        let status = response.status();
        if status.is_success() {
            Ok(response)
        } else {
            Err(failure::from_status(status.as_u16()))
        }
    }
}

#[async_trait]
impl ModelProvider for ChatCompletions {
    fn check(&self, _model: &ModelRef) -> Result<(), ModelError> {
        Ok(())
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelReply, ModelError> {
        let response = self.send(request, false).await?;
        reply::decode(&read_bounded(response).await?, request.messages.len())
    }

    async fn stream(&self, request: &ModelRequest) -> Result<ModelStream, ModelError> {
        let sent = timeout(self.timeout, self.send(request, true)).await;
        let response = sent.map_err(|_| ModelError::Timeout)??;
        let turn = request.messages.len();
        if is_json(&response) {
            // A server that cannot stream answers whole.
            let body = timeout(self.timeout, read_bounded(response))
                .await
                .map_err(|_| ModelError::Timeout)??;
            let reply = reply::decode(&body, turn)?;
            let text = (!reply.content.is_empty()).then(|| ModelChunk::Text(reply.content.clone()));
            let chunks = text.into_iter().chain([ModelChunk::Done(reply)]).map(Ok);
            return Ok(futures::stream::iter(chunks.collect::<Vec<_>>()).boxed());
        }
        Ok(stream::read(response, self.timeout, turn))
    }
}

fn is_json(response: &Response) -> bool {
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.trim_start().starts_with("application/json"))
}
