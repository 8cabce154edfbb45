//! Carries one message to one address, once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clasper_core::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Client, Method, Request, Response, redirect, retry};
use secrecy::SecretString;

use crate::callback_url::CallbackUrl;
use crate::caller_headers::CallerHeaders;
use crate::delivery::{BlockReason, Delivery};
use crate::key::SigningKeys;
use crate::message_id::MessageId;
use crate::policy::GuardPolicy;
use crate::resolver::{CheckedResolver, Resolver};
use crate::signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, body_signature, sign};

/// What we call ourselves.
pub const USER_AGENT: &str = "Clasper-Webhook/1.0";
/// The header with [`body_signature`].
const BODY_SIGNATURE_HEADER: &str = "x-clasper-signature";
/// As much of an answer's body as is read, so that the connection can be used again; nothing of it is kept.
const MAX_ANSWER_BYTES: usize = 4096;
/// Connections to a receiver that are kept for its next message, and for how long. They were checked when they were made.
const IDLE_CONNECTIONS: usize = 2;
const IDLE_TIME: Duration = Duration::from_secs(15);

/// Sends messages and nothing else: it follows no redirects, asks no proxy, keeps no cookies, tries once.
pub struct Courier {
    http: Client,
    policy: Arc<GuardPolicy>,
    timeout: Duration,
}

/// How a courier works.
#[derive(Debug, Clone)]
pub struct CourierConfig {
    /// Longest time until a connection stands, with resolving the name and TLS. Default: 5 s.
    pub connect_timeout: Duration,
    /// Longest time for all of an attempt. Default: 10 s.
    pub timeout: Duration,
    /// Certificates in PEM that are trusted as roots beside the system's, for receivers in private networks.
    pub root_certificates_pem: Vec<Vec<u8>>,
}

/// Why there is no courier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CourierError {
    /// What should be a certificate is none.
    #[error("a root certificate for callbacks is not readable PEM")]
    Certificate(#[source] reqwest::Error),
    /// The HTTP client could not be made, for example for want of the system's certificates.
    #[error("the HTTP client for callbacks could not be made")]
    Client(#[source] reqwest::Error),
}

/// One attempt to deliver one message.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The same for all attempts.
    pub id: &'a MessageId,
    /// Where to.
    pub url: &'a CallbackUrl,
    /// The endpoint's keys.
    pub keys: &'a SigningKeys,
    /// JSON, sent and signed as it is.
    pub body: &'a Bytes,
    /// Now; each attempt has its own.
    pub attempted_at: Timestamp,
    /// What the tenant wants to see beside our headers.
    pub headers: &'a CallerHeaders,
    /// For receivers that know only `X-Clasper-Signature`.
    pub body_secret: Option<&'a SecretString>,
}

impl Default for CourierConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            root_certificates_pem: Vec::new(),
        }
    }
}

impl Courier {
    /// A courier that goes where `policy` lets it, by the addresses that `resolver` finds.
    ///
    /// # Errors
    /// [`CourierError`] when the HTTP client cannot be made.
    pub fn new(
        policy: GuardPolicy,
        config: &CourierConfig,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, CourierError> {
        let policy = Arc::new(policy);
        let checked = CheckedResolver {
            resolver,
            policy: Arc::clone(&policy),
        };
        let mut builder = Client::builder()
            .dns_resolver(checked)
            .redirect(redirect::Policy::none())
            // The environment's proxy would resolve names itself and so go round the guard.
            .no_proxy()
            .retry(retry::never())
            .referer(false)
            // Less for a hostile server to play with than HTTP/2.
            .http1_only()
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIME)
            .connect_timeout(config.connect_timeout)
            .timeout(config.timeout)
            .user_agent(USER_AGENT);
        for pem in &config.root_certificates_pem {
            let roots = Certificate::from_pem_bundle(pem).map_err(CourierError::Certificate)?;
            builder = builder.tls_certs_merge(roots);
        }
        Ok(Self {
            http: builder.build().map_err(CourierError::Client)?,
            policy,
            timeout: config.timeout,
        })
    }

    /// The policy by which this courier goes.
    #[must_use]
    pub fn policy(&self) -> &GuardPolicy {
        &self.policy
    }

    /// Makes one attempt. A message may arrive even if this says [`Delivery::Unreachable`].
    pub async fn deliver(&self, message: &Message<'_>) -> Delivery {
        // The client asks no resolver about literal addresses, and the policy may have changed since the URL was read.
        if let Err(error) = message.url.check(&self.policy) {
            let reason = BlockReason::Url(error);
            return Delivery::Blocked { reason };
        }
        let request = match self.request(message) {
            Ok(request) => request,
            Err(reason) => return Delivery::Blocked { reason },
        };
        match self.http.execute(request).await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                let retry_after = answer.headers().get(RETRY_AFTER);
                let retry_after = retry_after.and_then(|value| value.to_str().ok());
                let delivery = Delivery::from_answer(status, retry_after, message.attempted_at);
                discard(answer).await;
                delivery
            }
            Err(error) => Delivery::from_error(&error),
        }
    }

    fn request(&self, message: &Message<'_>) -> Result<Request, BlockReason> {
        let mut request = Request::new(Method::POST, message.url.as_url().clone());
        *request.headers_mut() = headers(message)?;
        *request.body_mut() = Some(message.body.clone().into());
        *request.timeout_mut() = Some(self.timeout);
        Ok(request)
    }
}

impl fmt::Debug for Courier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Courier")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("id", self.id)
            .field("url", self.url)
            .finish_non_exhaustive()
    }
}

fn headers(message: &Message<'_>) -> Result<HeaderMap, BlockReason> {
    let signed = sign(message.id, message.attempted_at, message.body, message.keys)
        .map_err(|_| BlockReason::Unsigned)?;
    let mut headers = message.headers.as_map().clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut set = |name: &'static str, value: String| {
        let value = HeaderValue::try_from(value).map_err(|_| BlockReason::Request)?;
        headers.insert(name, value);
        Ok(())
    };
    set(ID_HEADER, signed.id)?;
    set(TIMESTAMP_HEADER, signed.timestamp)?;
    set(SIGNATURE_HEADER, signed.signature)?;
    if let Some(secret) = message.body_secret {
        set(BODY_SIGNATURE_HEADER, body_signature(secret, message.body))?;
    }
    Ok(headers)
}

/// Reads a short body to its end. The status has said everything, so a long or broken body changes nothing.
async fn discard(mut answer: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > MAX_ANSWER_BYTES {
            return;
        }
    }
}
