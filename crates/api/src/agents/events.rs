//! A streamed run as server-sent events.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use clasper_api_types::{StreamChunk, StreamError, StreamEvent, StreamStart};
use clasper_core::TraceId;
use clasper_http::Problem;
use clasper_runtime::send::RunEvent;
use clasper_runtime::service::RunStream;
use futures::StreamExt;

use crate::agents::view;

/// Comments at this pace keep proxies from closing a quiet connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Asks proxies of the nginx family to pass events on at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The response. Dropping its body, as when the client leaves, drops the run's stream, which cancels the run.
pub(super) fn response(stream: RunStream, trace: TraceId) -> Response {
    let events = stream.map(move |event| written(&wire(event, trace)));
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let mut response = events.into_response();
    response
        .headers_mut()
        .insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}

fn written(event: &StreamEvent) -> Result<Event, axum::Error> {
    Event::default().event(event.name()).json_data(event)
}

fn wire(event: RunEvent, trace: TraceId) -> StreamEvent {
    match event {
        RunEvent::Start {
            trace_id,
            execution_id,
        } => StreamEvent::Start(StreamStart {
            trace_id,
            execution_id,
        }),
        RunEvent::Chunk(data) => StreamEvent::Chunk(StreamChunk { data }),
        RunEvent::Done(reply) => StreamEvent::Done(Box::new(view::done(*reply))),
        RunEvent::Failed(error) => {
            let trace_id = error.trace().unwrap_or(trace);
            // The same mapping as everywhere, logged in the same place; only the envelope differs.
            let problem = Problem::from(error);
            StreamEvent::Error(StreamError {
                error: problem.detail().to_owned(),
                code: problem.code().to_owned(),
                status: problem.status().as_u16(),
                trace_id,
            })
        }
    }
}
