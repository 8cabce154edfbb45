//! Export of spans over OTLP/HTTP through the process's own HTTP client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;

use crate::{Error, Otlp, TelemetryConfig};

/// How long one export may take, retries included.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// More than any collector has to say about an export.
const LARGEST_ANSWER: usize = 64 * 1024;

/// A collector that is away stays away for longer than a retry; this is for one that hiccups.
const RETRIES: usize = 1;

/// Spans on their way out.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) provider: SdkTracerProvider,
    failing: Arc<AtomicBool>,
}

impl Export {
    /// Batches spans on a thread of its own, with a bounded queue: what does not fit is dropped, and nobody waits.
    pub(crate) fn start(target: &Otlp, config: &TelemetryConfig) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&target.sample_ratio) {
            return Err(Error::SampleRatio(target.sample_ratio));
        }
        let failing = Arc::new(AtomicBool::new(false));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(OnRuntime {
                client: target.client.clone(),
                runtime: target.runtime.clone(),
                failing: Arc::clone(&failing),
            })
            .with_retry_policy(RetryPolicy::recommended().with_max_retries(RETRIES))
            .with_endpoint(traces_url(&target.endpoint)?)
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(Error::Exporter)?;
        let version = KeyValue::new("service.version", config.service_version.clone());
        let resource = Resource::builder()
            .with_service_name(config.service_name.clone())
            .with_attribute(version)
            .build();
        let sampler = Sampler::TraceIdRatioBased(target.sample_ratio);
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(sampler)))
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        Ok(Self { provider, failing })
    }

    /// Exports what waits and ends. It blocks, for no longer than `limit`.
    pub(crate) fn end(&self, limit: Duration) -> Result<(), Error> {
        self.provider
            .shutdown_with_timeout(limit)
            .map_err(|error| Error::Shutdown(error.into()))?;
        // The batch processor swallows the result of its last exports; our client knows it.
        if self.failing.load(Ordering::Relaxed) {
            return Err(Error::Shutdown("the collector does not take spans".into()));
        }
        Ok(())
    }
}

fn traces_url(endpoint: &str) -> Result<String, Error> {
    let refused = || Error::Endpoint(endpoint.to_owned());
    let url = reqwest::Url::parse(endpoint).map_err(|_| refused())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(refused());
    }
    Ok(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
}

/// Sends on the server's runtime, because the exporter calls from a plain thread that has none.
#[derive(Debug)]
struct OnRuntime {
    client: reqwest::Client,
    runtime: Handle,
    failing: Arc<AtomicBool>,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.runtime.spawn(send(self.client.clone(), request)).await;
        let answer = sent.map_err(HttpError::from).and_then(|answer| answer);
        let fails = !answer
            .as_ref()
            .is_ok_and(|answer| answer.status().is_success());
        // Said once when it begins and once when it is over, not at every export.
        if self.failing.swap(fails, Ordering::Relaxed) != fails {
            if fails {
                tracing::warn!(
                    "the OTLP collector does not take spans; they are dropped until it does"
                );
            } else {
                tracing::info!("the OTLP collector takes spans again");
            }
        }
        answer
    }
}

async fn send(
    client: reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let mut request = reqwest::Request::try_from(request)?;
    *request.timeout_mut() = Some(EXPORT_TIMEOUT);
    let mut answer = client.execute(request).await?;
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.clone_from(answer.headers());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err("the collector's answer is too large".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(response.body(body.freeze())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_added_once() {
        for endpoint in ["http://localhost:4318", "http://localhost:4318/"] {
            let url = traces_url(endpoint).expect("a base URL");
            assert_eq!(url, "http://localhost:4318/v1/traces");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for endpoint in ["", "localhost:4318", "ftp://x", "grpc://x:4317"] {
            assert!(traces_url(endpoint).is_err(), "{endpoint:?}");
        }
    }
}
