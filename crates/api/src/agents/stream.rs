//! `POST /api/agents/stream`

use axum::extract::State;
use axum::response::Response;
use clasper_api_state::ApiState;
use clasper_api_types::{SendMessageBody, StreamEvent};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::agents::idempotency::IdempotencyKey;
use crate::agents::{events, request};

/// Send a message to an agent and read its answer as it is made
///
/// The same road as `/api/agents/send`. The events are `start`, `chunk` for each piece of the answer, and `done` or `error` at
/// the end; failures before `start` are ordinary problems. Closing the connection cancels the run; what it used is settled.
/// Needs the permission `agent:run`.
#[utoipa::path(
    post,
    path = "/api/agents/stream",
    tag = "agents",
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200,
        description = "The same request with the same key is run once; repetitions get its answer for a day", example = "msg-7f3a")),
    request_body = SendMessageBody,
    responses(
        (
            status = 200, description = "The events.", body = StreamEvent, content_type = "text/event-stream",
            example = "event: start\ndata: {\"type\":\"start\",\"trace_id\":\"0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11\",\"execution_id\":\"0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12\"}\n\nevent: chunk\ndata: {\"type\":\"chunk\",\"data\":\"Hello\"}\n\n"
        ),
        (status = 402, description = "The budget does not cover the message; nothing was run.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The idempotency key came with another request, or its request is being worked on.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The run failed before it said anything. The outcome is recorded.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn stream_message(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    IdempotencyKey(key): IdempotencyKey,
    ApiJson(body): ApiJson<SendMessageBody>,
) -> Result<Response, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let request = request::request(body, key)?;
    let stream = state.agents.stream(&caller, request).await?;
    Ok(events::response(stream, caller.trace))
}
