//! Tools: what an agent may ask this backend to do, each on the records of its own user.

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    auth::Agent,
    backend::Backend,
    message,
    reply::{Body, Refusal, required},
    store::Error,
};

const COUNT: &str =
    "SELECT COUNT(*) AS number FROM task WHERE user_id = ?1 AND (?2 IS NULL OR status = ?2)";

const DEFAULT_HITS: u32 = 10;
const MAX_HITS: u32 = 50;

/// The call carries `tenant_id`, `workspace_id` and `trace_id` too; a product would log them, this sample lets them pass. It also
/// carries an `idempotency_key`, which a tool that changes something must heed; these only read, so a repeat does no harm.
#[derive(Deserialize)]
struct Call {
    arguments: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountTasks {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchMessages {
    query: String,
    task_id: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Echo {
    text: String,
}

pub(crate) fn routes() -> Router<Backend> {
    Router::new()
        .route("/api/tools", get(list))
        .route("/api/tools/{name}", post(call))
}

async fn list(_: Agent) -> Json<Value> {
    Json(json!({ "tools": [
        {
            "name": "count_tasks",
            "description": "Counts the user's tasks, all of them or those with one status.",
            "parameters": {
                "type": "object",
                "properties": { "status": { "type": "string", "description": "Count only tasks with this status." } },
                "additionalProperties": false,
            },
        },
        {
            "name": "search_messages",
            "description": "Finds the user's newest messages that contain a text.",
            "parameters": {
                "type": "object",
                "properties": {
                    "query": { "type": "string", "minLength": 1, "description": "The text to look for." },
                    "task_id": { "type": "string", "description": "Look only at this task." },
                    "limit": { "type": "integer", "minimum": 1, "maximum": MAX_HITS, "default": DEFAULT_HITS },
                },
                "required": ["query"],
                "additionalProperties": false,
            },
        },
        {
            "name": "echo",
            "description": "Returns the text it was given; for trying out the connection.",
            "parameters": {
                "type": "object",
                "properties": { "text": { "type": "string" } },
                "required": ["text"],
                "additionalProperties": false,
            },
        },
    ] }))
}

async fn call(
    State(backend): State<Backend>,
    agent: Agent,
    Path(name): Path<String>,
    Body(call): Body<Call>,
) -> Result<Json<Value>, Refusal> {
    let arguments = call.arguments.unwrap_or_default();
    let result = match name.as_str() {
        "count_tasks" => count_tasks(&backend, agent, parse(arguments)?).await?,
        "search_messages" => search_messages(&backend, agent, parse(arguments)?).await?,
        "echo" => echo(&parse(arguments)?),
        _ => return Err(Refusal::NotFound("tool")),
    };
    Ok(Json(json!({ "result": result })))
}

/// The reason is not quoted from the parser, which would repeat the value it stumbled over.
fn parse<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(arguments)).map_err(|_| {
        Refusal::invalid(
            "the arguments do not fit the tool's parameters, which GET /api/tools shows",
        )
    })
}

async fn count_tasks(
    backend: &Backend,
    agent: Agent,
    arguments: CountTasks,
) -> Result<Value, Refusal> {
    let rows = backend
        .store()
        .read(COUNT, vec![agent.user_id.into(), arguments.status.into()])
        .await?;
    let number = rows
        .first()
        .map(|row| row.try_get::<i64>("", "number"))
        .transpose()
        .map_err(Error::Database)?;
    Ok(json!({ "count": number.unwrap_or(0) }))
}

async fn search_messages(
    backend: &Backend,
    agent: Agent,
    arguments: SearchMessages,
) -> Result<Value, Refusal> {
    let query = required(Some(arguments.query), "query")?;
    let limit = arguments.limit.unwrap_or(DEFAULT_HITS);
    if !(1..=MAX_HITS).contains(&limit) {
        return Err(Refusal::Invalid(format!(
            "limit must be from 1 to {MAX_HITS}"
        )));
    }
    let found = message::search(
        backend.store(),
        agent.user_id,
        query,
        arguments.task_id,
        limit,
    )
    .await?;
    Ok(json!({ "messages": found }))
}

fn echo(arguments: &Echo) -> Value {
    json!({ "text": arguments.text })
}
