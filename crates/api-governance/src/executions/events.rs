//! `GET /api/execution/{execution_id}/events`

use clasper_api_state::ApiState;
use std::future::ready;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use clasper_api_types::{ExecutionEffect, ExecutionStateView};
use clasper_core::ExecutionKey;
use clasper_delegated::AdapterCaller;
use clasper_http::{ApiPath, AuthenticatedAdapter, Problem, ReadProblems};
use futures::{StreamExt, stream};

use crate::executions::{adapter_caller, view};

/// Comments at this pace keep proxies from closing a quiet connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long one look waits, and how many looks a stream has: after a quarter of an hour it ends, and its client connects
/// again. A client that is gone without a word does not hold a place for ever.
const LOOK: Duration = Duration::from_mins(1);
const LOOKS: u32 = 15;

/// Asks proxies of the nginx family to pass events on at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Watch an execution
///
/// One event `resolved` once it is no longer pending, then the stream ends. Without one the stream ends after a quarter of
/// an hour: connect again. An event `error` carries a problem.
#[utoipa::path(
    get,
    path = "/api/execution/{execution_id}/events",
    tag = "executions",
    params(("execution_id" = String, Path, description = "The adapter's name for the execution")),
    security(("adapter_token" = [])),
    responses(
        (
            status = 200, description = "The event.", body = ExecutionStateView, content_type = "text/event-stream",
            example = "event: resolved\ndata: {\"execution_id\":\"667e24d1\",\"effect\":\"allow\",\"decision_id\":\"0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11\",\"approval_type\":\"local\",\"status\":\"approved\",\"reason\":\"approved\"}\n\n"
        ),
        (status = 404, description = "The adapter has asked for no such execution.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn watch_execution(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiPath(key): ApiPath<ExecutionKey>,
) -> Result<Response, Problem> {
    let caller = adapter_caller(adapter);
    // What does not exist is an ordinary problem, not an event.
    state
        .executions
        .by_key(&caller, &key, Duration::ZERO)
        .await?;
    let events = stream::once(resolution(state, caller, key)).filter_map(ready);
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let mut response = events.into_response();
    response
        .headers_mut()
        .insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}

/// The event that the stream waits for.
async fn resolution(
    state: ApiState,
    caller: AdapterCaller,
    key: ExecutionKey,
) -> Option<Result<Event, axum::Error>> {
    for _ in 0..LOOKS {
        let looked = state.executions.by_key(&caller, &key, LOOK).await;
        let view = looked
            .map_err(Problem::from)
            .and_then(|execution| view::state(&execution, state.clock.now()));
        match view {
            Ok(view) if view.effect == ExecutionEffect::Pending => {}
            Ok(view) => return Some(Event::default().event("resolved").json_data(view)),
            Err(problem) => {
                let event = Event::default().event("error").data(problem.to_json());
                return Some(Ok(event));
            }
        }
    }
    None
}
