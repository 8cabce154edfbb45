//! Checks of a request that need nothing but the request: they come before anything is read or written.

use chrono_tz::Tz;
use clasper_core::{Caller, SessionId, UserId};
use clasper_workspace::{Role, SessionKey, parse_time_zone};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::backend::NewTask;
use crate::send::{Error, RunSubject, SendRequest};
use crate::service::config::AgentConfig;

/// The longest `Idempotency-Key`, title or task id, in bytes.
const MAX_KEY_BYTES: usize = 255;
const MAX_TITLE_BYTES: usize = 1_000;

/// The task a run answers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaskPlan {
    /// The backend's id, as the request names it or as the backend answered.
    Id(String),
    /// Find or create it by title.
    Find(NewTask),
}

/// A request that may be run.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) subject: RunSubject,
    pub(crate) role: Role,
    pub(crate) session: Option<SessionId>,
    pub(crate) zone: Tz,
    pub(crate) task: TaskPlan,
}

/// Checks `request`.
pub(crate) fn check(
    caller: &Caller,
    request: &SendRequest,
    config: &AgentConfig,
) -> Result<Checked, Error> {
    let user = UserId::new(&request.user_id)
        .map_err(|e| invalid("/user_id", "invalid_user_id", format!("user_id {e}")))?;
    let key = SessionKey::parse(&request.session_key)
        .map_err(|e| invalid("/session_key", "invalid_session_key", e.to_string()))?;
    if *key.user() != user {
        let detail = "user_id does not match session_key".to_owned();
        return Err(invalid("/session_key", "session_user_mismatch", detail));
    }
    if caller
        .principal
        .user
        .as_ref()
        .is_some_and(|own| *own != user)
    {
        return Err(Error::UserMismatch);
    }
    if request.message.trim().is_empty() {
        let detail = "message must not be empty".to_owned();
        return Err(invalid("/message", "message_empty", detail));
    }
    if let Some(key) = &request.idempotency_key
        && (key.is_empty() || key.len() > MAX_KEY_BYTES || key.contains('\0'))
    {
        let detail = format!("an Idempotency-Key has 1 to {MAX_KEY_BYTES} bytes");
        return Err(invalid("", "invalid_idempotency_key", detail));
    }
    let workspace = request.metadata.workspace_id.as_ref();
    Ok(Checked {
        subject: RunSubject {
            user,
            workspace: workspace.unwrap_or(&config.default_workspace).clone(),
        },
        role: key.role().clone(),
        session: SessionId::new(&request.session_key).ok(),
        zone: zone(request, config)?,
        task: task(request, config)?,
    })
}

fn zone(request: &SendRequest, config: &AgentConfig) -> Result<Tz, Error> {
    let Some(name) = &request.metadata.timezone else {
        return Ok(config.default_time_zone);
    };
    parse_time_zone(name).map_err(|_| {
        let detail = "metadata.timezone must be an IANA time zone such as Europe/Berlin";
        invalid("/metadata/timezone", "invalid_timezone", detail.to_owned())
    })
}

fn task(request: &SendRequest, config: &AgentConfig) -> Result<TaskPlan, Error> {
    if request
        .task_metadata
        .as_ref()
        .is_some_and(|m| !m.is_object())
    {
        let detail = "task_metadata must be an object".to_owned();
        return Err(invalid("/task_metadata", "invalid_task_metadata", detail));
    }
    if let Some(id) = &request.task_id {
        named(id, MAX_KEY_BYTES, "/task_id")?;
        return Ok(TaskPlan::Id(id.clone()));
    }
    let Some(title) = request.task_title.as_ref().or(config.default_task.as_ref()) else {
        let detail = "name a task by task_id or task_title, or set CLASPER_DEFAULT_TASK";
        return Err(invalid("/task_id", "task_missing", detail.to_owned()));
    };
    named(title, MAX_TITLE_BYTES, "/task_title")?;
    let description = request.task_description.clone();
    let metadata = request.task_metadata.clone();
    Ok(TaskPlan::Find(NewTask {
        title: title.clone(),
        description: description.unwrap_or_else(|| format!("Agent thread: {title}")),
        metadata: metadata.unwrap_or_else(|| json!({"type": "agent_thread"})),
    }))
}

fn named(text: &str, max: usize, pointer: &'static str) -> Result<(), Error> {
    if text.trim().is_empty() || text.len() > max || text.chars().any(char::is_control) {
        let name = &pointer[1..];
        let detail = format!("{name} must have 1 to {max} bytes and no control characters");
        return Err(invalid(pointer, "invalid_task", detail));
    }
    Ok(())
}

pub(crate) const fn invalid(pointer: &'static str, code: &'static str, detail: String) -> Error {
    Error::Invalid {
        pointer,
        code,
        detail,
    }
}
