//! `GET /api/events`

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use clasper_api_state::ApiState;
use clasper_api_types::{LiveEventView, LiveQuery};
use clasper_core::Permission;
use clasper_http::{ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery, require};

use crate::events::{position, stream};

/// Comments at this pace keep proxies from closing a quiet connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Asks proxies of the nginx family to pass events on at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Watch what happens
///
/// Every entry of the tenant's audit log as a server-sent event, in order, as soon as it is written. The id of an event is its
/// entry's number in the log: whoever connects again with `Last-Event-ID`, as browsers do, gets what followed, nothing missed
/// and nothing twice, from any replica. Without it the stream begins with what comes next. A comment comes every 15 seconds.
/// The stream ends after a quarter of an hour, so that credentials are looked at again: connect again. Needs the permission
/// `audit:view`.
#[utoipa::path(
    get,
    path = "/api/events",
    tag = "events",
    params(
        TenantQuery,
        LiveQuery,
        ("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "Go on after this event; 0 begins with the log's first entry", example = 17),
    ),
    responses(
        (
            status = 200, description = "The events.", body = LiveEventView, content_type = "text/event-stream",
            example = "id: 17\nevent: trace.completed\ndata: {\"id\":\"0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c51\",\"seq\":17,\"type\":\"trace.completed\",\"event_type\":\"agent_execution_completed\",\"timestamp\":\"2026-11-20T10:03:17.640Z\",\"tenant_id\":\"acme\",\"payload\":{}}\n\n"
        ),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn watch_events(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<LiveQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    require(&caller, Permission::AuditView)?;
    let types = position::types(query.types.as_deref())?;
    // Before the position: what is written from here on rings.
    let news = state.news.clone();
    let head = state.audit.head(&caller.scope()).await?.seq;
    let after = position::start(&headers, query.last_event_id.as_deref(), head)?;
    let watch = stream::Watch::new(state, caller.scope(), types, after, news);
    let events = Sse::new(watch.events()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let mut response = events.into_response();
    response
        .headers_mut()
        .insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}
