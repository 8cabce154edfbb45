//! Messages: what agents and people said on a task.

use axum::{Json, Router, extract::State, routing::get};
use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    auth::Agent,
    backend::Backend,
    page::{Page, PageParams},
    reply::{Body, Params, Refusal, required},
    store::{Error, Once, Store},
};

/// One statement: the task is looked up, the key claimed and the row written together. The second half of the condition lets a repeated
/// key through to the conflict, so that it answers as a repeat (or a misuse) of that key whatever task it names now.
const INSERT: &str = "
INSERT INTO message (id, user_id, task_id, content, actor_type, actor_id, agent_role, attachments, created_at, idempotency_key, body_hash)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
WHERE EXISTS (SELECT 1 FROM task WHERE id = ?3 AND user_id = ?2)
   OR EXISTS (SELECT 1 FROM message WHERE user_id = ?2 AND idempotency_key = ?10)
ON CONFLICT (user_id, idempotency_key) DO UPDATE SET idempotency_key = excluded.idempotency_key
RETURNING *";

const OF_TASK: &str =
    "SELECT * FROM message WHERE user_id = ?1 AND task_id = ?2 AND seq > ?4 ORDER BY seq LIMIT ?3";
const POSITION: &str = "SELECT seq FROM message WHERE user_id = ?1 AND task_id = ?2 AND id = ?3";
const ALL: &str = "SELECT * FROM message WHERE user_id = ?1 ORDER BY seq";
const SEARCH: &str = "
SELECT * FROM message
WHERE user_id = ?1 AND instr(lower(content), lower(?2)) > 0 AND (?3 IS NULL OR task_id = ?3)
ORDER BY seq DESC LIMIT ?4";

/// A message as the contract shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// The task it belongs to.
    pub task_id: String,
    /// What it says.
    pub content: String,
    /// Who speaks: `agent` or `user`.
    pub actor_type: String,
    /// Which of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// The role of the agent that posted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_role: Option<String>,
    /// What came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Map<String, Value>>,
    /// When it was posted, RFC 3339.
    pub created_at: String,
}

#[derive(Deserialize, Serialize)]
struct NewMessage {
    task_id: Option<String>,
    content: Option<String>,
    actor_type: Option<String>,
    actor_id: Option<String>,
    agent_role: Option<String>,
    attachments: Option<Map<String, Value>>,
    #[serde(skip_serializing)]
    idempotency_key: Option<String>,
}

#[derive(Deserialize)]
struct ListParams {
    task_id: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

pub(crate) fn routes() -> Router<Backend> {
    Router::new().route("/api/mission-control/messages", get(list).post(post))
}

async fn post(
    State(backend): State<Backend>,
    agent: Agent,
    Body(mut new): Body<NewMessage>,
) -> Result<Json<Message>, Refusal> {
    let once = Once::new(new.idempotency_key.take(), &new)?;
    let task_id = required(new.task_id, "task_id")?;
    let content = required(new.content, "content")?;
    let actor_type = new.actor_type.unwrap_or_else(|| "agent".to_owned());
    if !matches!(actor_type.as_str(), "agent" | "user") {
        return Err(Refusal::invalid("actor_type must be \"agent\" or \"user\""));
    }
    let values = vec![
        backend.new_id().into(),
        agent.user_id.into(),
        task_id.into(),
        content.into(),
        actor_type.into(),
        new.actor_id.into(),
        new.agent_role.unwrap_or(agent.role).into(),
        new.attachments
            .map(|attachments| Value::Object(attachments).to_string())
            .into(),
        backend.timestamp().into(),
    ];
    let row = backend.store().insert(INSERT, values, once).await?;
    let row = row.ok_or(Refusal::NotFound("task"))?;
    Ok(Json(message(&row)?))
}

/// An addition of this sample: shows what was posted on a task, oldest first.
async fn list(
    State(backend): State<Backend>,
    agent: Agent,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<Message>>, Refusal> {
    let task_id = required(params.task_id, "task_id")?;
    let page = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = page.limit()?;
    let mut after = 0_i64;
    if let Some(cursor) = page.cursor {
        let values = vec![
            agent.user_id.clone().into(),
            task_id.clone().into(),
            cursor.into(),
        ];
        let found = backend.store().read(POSITION, values).await?;
        let row = found
            .first()
            .ok_or_else(|| Refusal::invalid("cursor is not one that this list gave out"))?;
        after = row.try_get("", "seq").map_err(Error::Database)?;
    }
    let values = vec![
        agent.user_id.into(),
        task_id.into(),
        i64::from(limit + 1).into(),
        after.into(),
    ];
    let messages = messages(&backend.store().read(OF_TASK, values).await?)?;
    Ok(Json(Page::cut(messages, limit, |message| &message.id)))
}

/// The newest messages of a user that contain a text, capitals or not (of the Latin alphabet: `SQLite` folds no others).
pub(crate) async fn search(
    store: &Store,
    user_id: String,
    text: String,
    task_id: Option<String>,
    limit: u32,
) -> Result<Vec<Message>, Error> {
    messages(
        &store
            .read(
                SEARCH,
                vec![
                    user_id.into(),
                    text.into(),
                    task_id.into(),
                    i64::from(limit).into(),
                ],
            )
            .await?,
    )
}

pub(crate) async fn all_of(store: &Store, user_id: &str) -> Result<Vec<Message>, Error> {
    messages(&store.read(ALL, vec![user_id.into()]).await?)
}

fn messages(rows: &[QueryResult]) -> Result<Vec<Message>, Error> {
    rows.iter().map(message).collect()
}

fn message(row: &QueryResult) -> Result<Message, Error> {
    let attachments: Option<String> = row.try_get("", "attachments")?;
    Ok(Message {
        id: row.try_get("", "id")?,
        task_id: row.try_get("", "task_id")?,
        content: row.try_get("", "content")?,
        actor_type: row.try_get("", "actor_type")?,
        actor_id: row.try_get("", "actor_id")?,
        agent_role: row.try_get("", "agent_role")?,
        attachments: attachments
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        created_at: row.try_get("", "created_at")?,
    })
}
