//! One call over HTTP: headers, time limit, bounded answer, and trying again.

use std::time::Duration;

use backon::Retryable;
use bytes::{Bytes, BytesMut};
use clasper_runtime::backend::{AgentIdentity, BackendError};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Response, StatusCode, Url};

use crate::config::RetryConfig;
use crate::retry::pauses;
use crate::token::AgentTokens;

const AGENT_TOKEN: HeaderName = HeaderName::from_static("x-agent-token");
const TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");
const WORKSPACE_ID: HeaderName = HeaderName::from_static("x-workspace-id");
const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

pub(crate) struct Transport {
    pub http: Client,
    pub tokens: AgentTokens,
    pub timeout: Duration,
    pub retry: RetryConfig,
    pub max_response_bytes: usize,
}

/// A call, kept so that every attempt sends the same.
pub(crate) struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    pub timeout: Duration,
    /// Spreads the retries of calls that fail together.
    seed: u64,
}

/// What the backend answered, whatever the status.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

impl Answer {
    /// The body of a success; other statuses as the error they mean.
    pub fn success(self) -> Result<Bytes, BackendError> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        Err(error_of(self.status))
    }
}

pub(crate) fn error_of(status: StatusCode) -> BackendError {
    if status.is_redirection() {
        return BackendError::Contract { what: "a redirect" };
    }
    if may_pass(status) || status.is_server_error() {
        return BackendError::Unavailable;
    }
    BackendError::Refused {
        status: status.as_u16(),
    }
}

/// 501 is a failure of the backend that asking again does not cure.
fn may_pass(status: StatusCode) -> bool {
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::NOT_IMPLEMENTED => false,
        _ => status.is_server_error(),
    }
}

impl Transport {
    pub fn get(&self, agent: &AgentIdentity, url: Url) -> Call {
        Call {
            method: Method::GET,
            url,
            headers: self.headers(agent),
            body: None,
            timeout: self.timeout,
            // The low half of a trace id is random.
            seed: agent.trace.as_uuid().as_u64_pair().1,
        }
    }

    pub fn post(&self, agent: &AgentIdentity, url: Url, body: Bytes) -> Call {
        let mut call = self.get(agent, url);
        call.method = Method::POST;
        let json = HeaderValue::from_static("application/json");
        call.headers.insert(CONTENT_TYPE, json);
        call.body = Some(body);
        call
    }

    /// A call on nobody's behalf.
    pub fn anonymous_get(url: Url, timeout: Duration) -> Call {
        Call {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            timeout,
            seed: 0,
        }
    }

    /// The answer, trying again while the failure may pass. The last failure is returned.
    pub async fn send(&self, call: &Call) -> Result<Answer, BackendError> {
        let attempt = || async {
            let answer = self.send_once(call).await?;
            if may_pass(answer.status) {
                tracing::debug!(
                    status = answer.status.as_u16(),
                    "the backend failed for now"
                );
                return Err(BackendError::Unavailable);
            }
            Ok(answer)
        };
        attempt
            .retry(pauses(self.retry, call.seed))
            .when(BackendError::is_transient)
            .notify(|_, pause| {
                tracing::debug!(
                    path = call.url.path(),
                    pause_ms = pause.as_millis(),
                    "calling the backend again"
                );
            })
            .await
    }

    /// The answer of a single attempt.
    pub async fn send_once(&self, call: &Call) -> Result<Answer, BackendError> {
        let mut request = Request::new(call.method.clone(), call.url.clone());
        request.headers_mut().clone_from(&call.headers);
        *request.body_mut() = call.body.clone().map(Into::into);
        *request.timeout_mut() = Some(call.timeout);
        let response = self.http.execute(request).await.map_err(|e| unsent(&e))?;
        // Belt and braces: a client that follows redirects has carried the token to where we did not send it.
        if response.url() != &call.url {
            return Err(error_of(StatusCode::FOUND));
        }
        let status = response.status();
        let body = bounded_body(response, self.max_response_bytes).await?;
        Ok(Answer { status, body })
    }

    fn headers(&self, agent: &AgentIdentity) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(AGENT_TOKEN, self.tokens.of(agent));
        headers.insert(TENANT_ID, context_value(agent.tenant.as_str()));
        headers.insert(WORKSPACE_ID, context_value(agent.workspace.as_str()));
        headers.insert(TRACE_ID, context_value(&agent.trace.to_string()));
        headers
    }
}

/// `text` as a header value. What headers cannot carry (names may have letters of any script) is percent-encoded; names
/// have no percent sign of their own, so that nothing is ambiguous.
pub(crate) fn context_value(text: &str) -> HeaderValue {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return HeaderValue::from_str(text).expect("visible ASCII is a header value");
    }
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_graphic() {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(hex_digit(byte >> 4));
            encoded.push(hex_digit(byte & 0x0f));
        }
    }
    HeaderValue::try_from(encoded).expect("visible ASCII is a header value")
}

fn hex_digit(half: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(half & 0x0f)])
}

/// The client's errors quote addresses, so only their kind is used.
fn unsent(error: &reqwest::Error) -> BackendError {
    if error.is_redirect() {
        return error_of(StatusCode::FOUND);
    }
    tracing::debug!(
        connect = error.is_connect(),
        timeout = error.is_timeout(),
        "the backend could not be reached"
    );
    BackendError::Unavailable
}

async fn bounded_body(mut response: Response, limit: usize) -> Result<Bytes, BackendError> {
    let too_large = BackendError::Contract {
        what: "an answer within the size limit",
    };
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(too_large);
    }
    let mut whole = Bytes::new();
    let mut gathered = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| unsent(&e))? {
        if whole.len() + gathered.len() + chunk.len() > limit {
            return Err(too_large);
        }
        // Most answers are one chunk, which then needs no copy.
        if whole.is_empty() && gathered.is_empty() {
            whole = chunk;
        } else {
            gathered.extend_from_slice(&whole);
            gathered.extend_from_slice(&chunk);
            whole.clear();
        }
    }
    Ok(if gathered.is_empty() {
        whole
    } else {
        gathered.freeze()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_fit_into_a_header() {
        for (name, value) in [
            ("acme", "acme"),
            ("a@b+c|d=e", "a@b+c|d=e"),
            ("größe", "gr%C3%B6%C3%9Fe"),
            ("a b", "a%20b"),
        ] {
            assert_eq!(context_value(name), value);
        }
    }

    #[test]
    fn statuses_mean_what_the_port_says() {
        let refused = |status| BackendError::Refused { status };
        for (status, error) in [
            (400, refused(400)),
            (401, refused(401)),
            (404, refused(404)),
            (409, refused(409)),
            (408, BackendError::Unavailable),
            (429, BackendError::Unavailable),
            (500, BackendError::Unavailable),
            (501, BackendError::Unavailable),
            (503, BackendError::Unavailable),
            (302, BackendError::Contract { what: "a redirect" }),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(error_of(status), error);
        }
    }
}
