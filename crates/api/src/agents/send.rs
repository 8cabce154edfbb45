//! `POST /api/agents/send`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use clasper_api_state::ApiState;
use clasper_api_types::{SendMessageBody, SendMessageReply, StreamEvent};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::agents::idempotency::IdempotencyKey;
use crate::agents::{events, request, view};

/// Send a message to an agent
///
/// Decides on the message, holds its money, runs the agent, settles what it used, and posts the answer to the backend.
/// With `stream`, the answer comes as server-sent events, as from `/api/agents/stream`. Closing the connection cancels the
/// run; what it used is settled. Needs the permission `agent:run`.
#[utoipa::path(
    post,
    path = "/api/agents/send",
    tag = "agents",
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200,
        description = "The same request with the same key is run once; repetitions get its answer for a day", example = "msg-7f3a")),
    request_body = SendMessageBody,
    responses(
        (
            status = 200, description = "The answer.",
            content((SendMessageReply = "application/json"), (StreamEvent = "text/event-stream"))
        ),
        (status = 402, description = "The budget does not cover the message; nothing was run.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The idempotency key came with another request, or its request is being worked on.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "No model answered, or the backend refused what the run needs. The outcome is recorded.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn send_message(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    IdempotencyKey(key): IdempotencyKey,
    ApiJson(body): ApiJson<SendMessageBody>,
) -> Result<Response, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let streamed = body.stream.unwrap_or_default();
    let request = request::request(body, key)?;
    if streamed {
        let stream = state.agents.stream(&caller, request).await?;
        return Ok(events::response(stream, caller.trace));
    }
    let reply = state.agents.send(&caller, request).await?;
    Ok(Json(view::reply(reply)).into_response())
}
