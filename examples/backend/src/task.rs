//! Tasks: the thread that an agent's messages and documents hang on.

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

const DEFAULT_STATUS: &str = "in_progress";

/// A conflict updates the key to itself: that changes nothing and makes the existing row come back.
const INSERT: &str = "
INSERT INTO task (id, user_id, title, status, description, metadata, created_at, idempotency_key, body_hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (user_id, idempotency_key) DO UPDATE SET idempotency_key = excluded.idempotency_key
RETURNING *";

const NEWEST: &str = "SELECT * FROM task WHERE user_id = ?1 ORDER BY seq DESC LIMIT ?2";
const BEFORE: &str =
    "SELECT * FROM task WHERE user_id = ?1 AND seq < ?3 ORDER BY seq DESC LIMIT ?2";
const POSITION: &str = "SELECT seq FROM task WHERE user_id = ?1 AND id = ?2";
const ALL: &str = "SELECT * FROM task WHERE user_id = ?1 ORDER BY seq";

/// A task as the contract shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Where it stands; free text, `in_progress` unless told otherwise.
    pub status: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the caller wants kept with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// When it was made, RFC 3339.
    pub created_at: String,
}

#[derive(Deserialize, Serialize)]
struct NewTask {
    title: Option<String>,
    description: Option<String>,
    status: Option<String>,
    metadata: Option<Map<String, Value>>,
    #[serde(skip_serializing)]
    idempotency_key: Option<String>,
}

pub(crate) fn routes() -> Router<Backend> {
    Router::new().route("/api/mission-control/tasks", get(list).post(create))
}

async fn create(
    State(backend): State<Backend>,
    agent: Agent,
    Body(mut new): Body<NewTask>,
) -> Result<Json<Task>, Refusal> {
    let once = Once::new(new.idempotency_key.take(), &new)?;
    let title = required(new.title, "title")?;
    let status = new.status.map_or_else(
        || Ok(DEFAULT_STATUS.to_owned()),
        |status| required(Some(status), "status"),
    )?;
    let metadata = new
        .metadata
        .map(|metadata| Value::Object(metadata).to_string());
    let values = vec![
        backend.new_id().into(),
        agent.user_id.into(),
        title.into(),
        status.into(),
        new.description.into(),
        metadata.into(),
        backend.timestamp().into(),
    ];
    let row = backend.store().insert(INSERT, values, once).await?;
    // The statement has no condition, so it always returns a row.
    let row = row.ok_or(Refusal::NotFound("task"))?;
    Ok(Json(task(&row)?))
}

async fn list(
    State(backend): State<Backend>,
    agent: Agent,
    Params(params): Params<PageParams>,
) -> Result<Json<Page<Task>>, Refusal> {
    let limit = params.limit()?;
    let mut values = vec![agent.user_id.clone().into(), i64::from(limit + 1).into()];
    let mut sql = NEWEST;
    if let Some(cursor) = params.cursor {
        let found = backend
            .store()
            .read(POSITION, vec![agent.user_id.into(), cursor.into()])
            .await?;
        let row = found
            .first()
            .ok_or_else(|| Refusal::invalid("cursor is not one that this list gave out"))?;
        values.push(
            row.try_get::<i64>("", "seq")
                .map_err(Error::Database)?
                .into(),
        );
        sql = BEFORE;
    }
    let rows = backend.store().read(sql, values).await?;
    let tasks = rows.iter().map(task).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Page::cut(tasks, limit, |task| &task.id)))
}

pub(crate) async fn all_of(store: &Store, user_id: &str) -> Result<Vec<Task>, Error> {
    store
        .read(ALL, vec![user_id.into()])
        .await?
        .iter()
        .map(task)
        .collect()
}

fn task(row: &QueryResult) -> Result<Task, Error> {
    let metadata: Option<String> = row.try_get("", "metadata")?;
    Ok(Task {
        id: row.try_get("", "id")?,
        title: row.try_get("", "title")?,
        status: row.try_get("", "status")?,
        description: row.try_get("", "description")?,
        metadata: metadata
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        created_at: row.try_get("", "created_at")?,
    })
}
