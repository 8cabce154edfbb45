//! From the body of a message to what the service is asked.

use axum::http::StatusCode;
use clasper_api_types::{HistoryMessageBody, MessageMetadataBody, MessageRole, SendMessageBody};
use clasper_http::Problem;
use clasper_runtime::send::{HistoryMessage, HistoryRole, SendMetadata, SendRequest};
use serde_json::Value;

const LONGEST_MESSAGE: usize = 256 * 1024;
const MOST_HISTORY: usize = 500;

/// The request, within the limits of the wire. The service checks what it means.
pub(super) fn request(
    body: SendMessageBody,
    idempotency_key: Option<String>,
) -> Result<SendRequest, Problem> {
    if body.webhook.is_some() {
        let detail = "completion webhooks are not available in this version: leave `webhook` out";
        let problem = Problem::new(StatusCode::BAD_REQUEST, "webhook_not_available", detail);
        return Err(problem.at("/webhook", detail));
    }
    if body.message.len() > LONGEST_MESSAGE {
        let detail = format!("must be at most {LONGEST_MESSAGE} bytes long");
        return Err(Problem::invalid("/message", detail));
    }
    let history = body.messages.unwrap_or_default();
    if history.len() > MOST_HISTORY {
        let detail = format!("must be at most {MOST_HISTORY} messages");
        return Err(Problem::invalid("/messages", detail));
    }
    Ok(SendRequest {
        user_id: body.user_id,
        session_key: body.session_key,
        message: body.message,
        messages: history.into_iter().map(said).collect(),
        task_id: body.task_id,
        task_title: body.task_title,
        task_description: body.task_description,
        task_metadata: body.task_metadata.map(Value::Object),
        metadata: metadata(body.metadata.unwrap_or_default()),
        idempotency_key,
    })
}

fn said(message: HistoryMessageBody) -> HistoryMessage {
    HistoryMessage {
        role: match message.role {
            MessageRole::User => HistoryRole::User,
            MessageRole::Assistant => HistoryRole::Assistant,
            MessageRole::System => HistoryRole::System,
        },
        content: message.content,
    }
}

fn metadata(metadata: MessageMetadataBody) -> SendMetadata {
    SendMetadata {
        workspace_id: metadata.workspace_id,
        system_prompt: metadata.system_prompt,
        timezone: metadata.timezone,
        kickoff_plan: metadata.kickoff_plan.unwrap_or_default(),
        kickoff_note: metadata.kickoff_note,
        plan_title: metadata.plan_title,
    }
}
