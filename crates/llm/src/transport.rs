//! The HTTP client that suits model providers, and reading answers within a bound.

use std::time::Duration;

use bytes::Bytes;
use clasper_runtime::model::ModelError;
use reqwest::{Client, Response};

use crate::failure;

/// Most bytes of an answer, streamed or not. An honest answer of the largest models stays far below.
pub(crate) const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// A client for model providers: it keeps connections, does not delay small writes, and follows no redirects, since a
/// redirect would carry the key and the conversation to an address nobody configured.
///
/// # Errors
/// When the TLS stack cannot be set up.
pub fn http_client(connect_timeout: Duration) -> Result<Client, reqwest::Error> {
    Client::builder()
        .connect_timeout(connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        // Answers are small; compression would cost more than it saves and delay the pieces of streams.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .pool_max_idle_per_host(1024)
        .pool_idle_timeout(Duration::from_mins(1))
        .build()
}

/// The whole body, or [`ModelError::BadAnswer`] when it is larger than the bound.
pub(crate) async fn read_bounded(mut response: Response) -> Result<Bytes, ModelError> {
    match response.content_length() {
        // The HTTP layer holds the body to its announced length.
        Some(length) if length <= MAX_ANSWER_BYTES as u64 => response
            .bytes()
            .await
            .map_err(|error| failure::from_http(&error)),
        Some(_) => Err(ModelError::BadAnswer),
        None => {
            let mut body = Vec::new();
            while let Some(chunk) = response
                .chunk()
                .await
                .map_err(|error| failure::from_http(&error))?
            {
                if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                    return Err(ModelError::BadAnswer);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body.into())
        }
    }
}
