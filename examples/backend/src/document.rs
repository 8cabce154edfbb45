//! Documents: the longer results of a task, such as a plan.

use axum::{Json, Router, extract::State, routing::post};
use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};

use crate::{
    auth::Agent,
    backend::Backend,
    reply::{Body, Refusal, required},
    store::{Error, Once, Store},
};

const DEFAULT_TYPE: &str = "note";

/// As for messages: one statement, and a repeated key goes through to the conflict.
const INSERT: &str = "
INSERT INTO document (id, user_id, task_id, title, content, doc_type, created_at, idempotency_key, body_hash)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
WHERE EXISTS (SELECT 1 FROM task WHERE id = ?3 AND user_id = ?2)
   OR EXISTS (SELECT 1 FROM document WHERE user_id = ?2 AND idempotency_key = ?8)
ON CONFLICT (user_id, idempotency_key) DO UPDATE SET idempotency_key = excluded.idempotency_key
RETURNING *";

const ALL: &str = "SELECT * FROM document WHERE user_id = ?1 ORDER BY seq";

/// A document as the contract shows it; its content is stored but not echoed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The task it belongs to.
    pub task_id: String,
    /// What kind it is; free text, `note` unless told otherwise.
    pub doc_type: String,
    /// The text itself; left out of replies, because the caller has just sent it.
    #[serde(skip_serializing)]
    pub content: String,
    /// When it was posted, RFC 3339.
    pub created_at: String,
}

#[derive(Deserialize, Serialize)]
struct NewDocument {
    title: Option<String>,
    content: Option<String>,
    task_id: Option<String>,
    doc_type: Option<String>,
    #[serde(skip_serializing)]
    idempotency_key: Option<String>,
}

pub(crate) fn routes() -> Router<Backend> {
    Router::new().route("/api/mission-control/documents", post(create))
}

async fn create(
    State(backend): State<Backend>,
    agent: Agent,
    Body(mut new): Body<NewDocument>,
) -> Result<Json<Document>, Refusal> {
    let once = Once::new(new.idempotency_key.take(), &new)?;
    let title = required(new.title, "title")?;
    let content = required(new.content, "content")?;
    let task_id = required(new.task_id, "task_id")?;
    let doc_type = new.doc_type.map_or_else(
        || Ok(DEFAULT_TYPE.to_owned()),
        |kind| required(Some(kind), "doc_type"),
    )?;
    let values = vec![
        backend.new_id().into(),
        agent.user_id.into(),
        task_id.into(),
        title.into(),
        content.into(),
        doc_type.into(),
        backend.timestamp().into(),
    ];
    let row = backend.store().insert(INSERT, values, once).await?;
    let row = row.ok_or(Refusal::NotFound("task"))?;
    Ok(Json(document(&row)?))
}

pub(crate) async fn all_of(store: &Store, user_id: &str) -> Result<Vec<Document>, Error> {
    store
        .read(ALL, vec![user_id.into()])
        .await?
        .iter()
        .map(document)
        .collect()
}

fn document(row: &QueryResult) -> Result<Document, Error> {
    Ok(Document {
        id: row.try_get("", "id")?,
        title: row.try_get("", "title")?,
        task_id: row.try_get("", "task_id")?,
        doc_type: row.try_get("", "doc_type")?,
        content: row.try_get("", "content")?,
        created_at: row.try_get("", "created_at")?,
    })
}
