//! The one middleware around every route.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures::{FutureExt, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use clasper_core::IdSource;

use crate::access::Access;
use crate::context::{BodyLimit, TRACE_HEADER};
use crate::problem::Marker;
use crate::{Problem, RateLimit, RequestContext};

/// Served even when we are full: these tell an orchestrator how we are.
const ALWAYS_SERVED: [&str; 4] = ["/livez", "/readyz", "/health", "/metrics"];

/// How long a client that was turned away should wait.
const RETRY_SECONDS: u64 = 1;

/// How much of a body that is too large is read before its sender is cut off.
const DRAINED_BYTES: usize = 16 * 1024 * 1024;

/// How long that may take.
const DRAINED_TIME: Duration = Duration::from_secs(5);

/// What requests may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// The largest body, in bytes.
    pub body_bytes: usize,
    /// The longest time until the head of the response; a body that streams may go on after it.
    pub request_timeout: Duration,
    /// Requests at once, streams included until their end. Beyond it they are turned away at once, not queued.
    pub max_concurrent: usize,
    /// Requests per credential. [`layers`] knows no credentials: give this to a [`crate::CredentialLimiter`] and put
    /// that into the state.
    pub rate_limit: Option<RateLimit>,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            request_timeout: Duration::from_mins(2),
            max_concurrent: 1024,
            rate_limit: None,
        }
    }
}

/// `router` with everything that holds for every route: trace ids, access log, metrics, limits, security headers, and
/// problems for unknown routes, wrong methods and panics. It replaces the router's fallbacks, and goes on last.
pub fn layers(router: Router, limits: &HttpLimits, ids: Arc<dyn IdSource>) -> Router {
    let gate = Gate {
        body_bytes: limits.body_bytes,
        timeout: limits.request_timeout,
        room: Arc::new(Semaphore::new(
            limits.max_concurrent.min(Semaphore::MAX_PERMITS),
        )),
        ids,
    };
    router
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::new(gate), pass))
}

struct Gate {
    body_bytes: usize,
    timeout: Duration,
    room: Arc<Semaphore>,
    ids: Arc<dyn IdSource>,
}

async fn pass(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let context = RequestContext::read(request.headers(), gate.ids.as_ref());
    let access = Access::begin(&request, context);
    request.extensions_mut().insert(context);
    let answer = gate.answer(request, next, access.route());
    let response = answer.instrument(access.span()).await;
    let response = finish(response, context);
    access.end(response.status());
    response
}

impl Gate {
    async fn answer(&self, mut request: Request, next: Next, route: &str) -> Response {
        let permit = match self.enter(route) {
            Ok(permit) => permit,
            Err(problem) => return problem.into_response(),
        };
        let limit = BodyLimit(self.body_bytes);
        if announced_length(request.headers()) > u64::try_from(limit.0).ok() {
            drain(request.into_body()).await;
            return too_large(Some(limit)).into_response();
        }
        DefaultBodyLimit::max(limit.0).apply(&mut request);
        request.extensions_mut().insert(limit);
        // The handler's state may be half-changed after a panic, but nothing of it outlives the request.
        let guarded = AssertUnwindSafe(next.run(request)).catch_unwind();
        match tokio::time::timeout(self.timeout, guarded).await {
            Ok(Ok(response)) => holding(permit, response),
            Ok(Err(_)) => {
                // The panic's message may hold anything, so it goes to the panic hook only.
                tracing::error!("a handler panicked");
                Problem::internal().into_response()
            }
            Err(_) => timed_out().into_response(),
        }
    }

    fn enter(&self, route: &str) -> Result<Option<OwnedSemaphorePermit>, Problem> {
        if ALWAYS_SERVED.contains(&route) {
            return Ok(None);
        }
        let permit = Arc::clone(&self.room).try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                "too many requests are being served: try again soon",
            )
            .retry_after(RETRY_SECONDS)
        })?;
        Ok(Some(permit))
    }
}

/// Reads on for a while: a client that finds the connection closed while it is still sending never reads why.
async fn drain(body: Body) {
    let mut rest = body.into_data_stream();
    let reading = async {
        let mut read = 0;
        while let Some(Ok(chunk)) = rest.next().await {
            read += chunk.len();
            if read > DRAINED_BYTES {
                return;
            }
        }
    };
    // Whoever sends too slowly or too much is cut off after all.
    let _ = tokio::time::timeout(DRAINED_TIME, reading).await;
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body that streams keeps its place until it ends or its client leaves; any other gives it up now.
fn holding(permit: Option<OwnedSemaphorePermit>, response: Response) -> Response {
    if permit.is_none() || response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |chunk| {
            let _held = &permit;
            chunk
        }))
    })
}

/// Writes the problem again with its trace id, and adds what every response carries.
fn finish(mut response: Response, context: RequestContext) -> Response {
    if let Some(Marker(problem)) = response.extensions_mut().remove() {
        response.headers_mut().remove(CONTENT_LENGTH);
        *response.body_mut() = Body::from(problem.traced(context.trace).to_json());
    }
    let headers = response.headers_mut();
    headers.insert(TRACE_HEADER, context.header_value());
    for (name, value) in SECURITY {
        headers.insert(name, value);
    }
    // Pages and scripts may say otherwise; answers of the API belong to one caller.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

const SECURITY: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// 413, naming the limit where it is known.
pub(crate) fn too_large(limit: Option<BodyLimit>) -> Problem {
    let detail = limit.map_or_else(
        || "the body is larger than the limit".to_owned(),
        |BodyLimit(bytes)| format!("the body is larger than the limit of {bytes} bytes"),
    );
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

fn timed_out() -> Problem {
    Problem::new(
        StatusCode::GATEWAY_TIMEOUT,
        "timeout",
        "the request took longer than its limit and was stopped",
    )
}

async fn unknown_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "unknown_route",
        "there is no such route: `/openapi.json` lists them",
    )
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "the route exists, but not with this method: `Allow` lists its methods",
    )
}
