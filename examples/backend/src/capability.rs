//! What this backend can do: for the contract's client, for the version check, and for whoever asks whether it is alive.

use axum::{Json, Router, routing::get};
use serde_json::{Value, json};

use crate::{auth::Agent, backend::Backend};

/// The contract's own version; Clasper accepts any with the same major number.
const CONTRACT_VERSION: &str = "1.1.0";

pub(crate) fn routes() -> Router<Backend> {
    Router::new()
        .route("/health", get(health))
        .route("/api/capabilities", get(version))
        .route("/api/mission-control/capabilities", get(features))
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn features(_: Agent) -> Json<Value> {
    Json(json!({
        "contract_version": "v1",
        "features": {
            "tasks": true,
            "messages": true,
            "documents": true,
            "tools": true,
            "notifications_dispatch": false,
            "events_sse": false,
            "heartbeat": false,
            "standup": false,
            "tool_requests": false,
        },
    }))
}

/// Open, because Clasper asks it before it has a user to sign a token for; it says nothing about anybody.
async fn version() -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "contract_version": CONTRACT_VERSION,
        "features": ["task_list", "task_create", "message_post", "document_post", "tool_discover", "tool_execute"],
        "endpoints": [
            "GET /api/mission-control/capabilities",
            "GET /api/mission-control/tasks",
            "POST /api/mission-control/tasks",
            "POST /api/mission-control/messages",
            "POST /api/mission-control/documents",
            "GET /api/tools",
            "POST /api/tools/{name}",
        ],
    }))
}
