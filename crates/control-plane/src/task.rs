//! Finding the task with a title, or creating it once.

use std::sync::Arc;

use clasper_core::{TenantId, UserId, WorkspaceId, canonical_json};
use clasper_runtime::backend::{AgentIdentity, BackendError, BackendTask, NewTask};
use serde::Serialize;

use crate::backend::Backend;
use crate::wire::{self, Created, TaskBody, TaskPage};

/// The most pages walked: two thousand tasks. Beyond, the idempotency key of the creation finds the task again.
const MAX_PAGES: usize = 40;
/// How many deleted tasks with the same title and body are stepped over.
const MAX_SUCCESSORS: usize = 8;

/// A task as one user of one workspace sees it; backends keep tasks per user.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct TaskRef {
    pub owner: Owner,
    /// Its title, or its id where ids are kept.
    pub name: Box<str>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    pub tenant: TenantId,
    pub user: UserId,
    pub workspace: WorkspaceId,
}

impl Owner {
    pub fn of(agent: &AgentIdentity) -> Self {
        Self {
            tenant: agent.tenant.clone(),
            user: agent.user.clone(),
            workspace: agent.workspace.clone(),
        }
    }
}

impl TaskRef {
    pub fn new(agent: &AgentIdentity, name: &str) -> Self {
        Self {
            owner: Owner::of(agent),
            name: name.into(),
        }
    }
}

impl Backend {
    pub(crate) async fn task_by_title(
        &self,
        agent: &AgentIdentity,
        task: &NewTask,
    ) -> Result<BackendTask, BackendError> {
        let id = self
            .tasks
            .get_or_load(
                TaskRef::new(agent, &task.title),
                |id| !self.is_gone(agent, id),
                self.locate_task(agent, task),
            )
            .await?;
        Ok(BackendTask {
            id: id.as_ref().to_owned(),
            title: task.title.clone(),
        })
    }

    async fn locate_task(
        &self,
        agent: &AgentIdentity,
        task: &NewTask,
    ) -> Result<Arc<str>, BackendError> {
        if let Some(id) = self.find_task(agent, &task.title).await? {
            return Ok(id);
        }
        match self.create_task(agent, task).await {
            // Somebody else has just created it with another description.
            Err(conflict @ BackendError::Refused { status: 409 }) => {
                self.find_task(agent, &task.title).await?.ok_or(conflict)
            }
            created => created,
        }
    }

    async fn find_task(
        &self,
        agent: &AgentIdentity,
        title: &str,
    ) -> Result<Option<Arc<str>>, BackendError> {
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let url = self.addresses.task_page(cursor.as_deref());
            let call = self.transport.get(agent, url);
            let body = self.transport.send(&call).await?.success()?;
            let page: TaskPage = wire::read(&body, "the list of tasks")?;
            let found = page
                .items
                .into_iter()
                .find(|item| item.title.as_deref() == Some(title));
            if let Some(found) = found {
                // The list is the authority on what exists.
                self.gone.invalidate(&TaskRef::new(agent, &found.id));
                return Ok(Some(found.id.into()));
            }
            let next = page.next_cursor.filter(|next| !next.is_empty());
            // A backend that repeats itself has no further pages.
            if next.is_none() || next == cursor {
                return Ok(None);
            }
            cursor = next;
        }
        Ok(None)
    }

    /// Creates the task. The key makes concurrent creators, here and in other processes, meet in one task. A backend
    /// that remembers the key of a task deleted since would answer with the dead task for ever, so its id then
    /// becomes part of the key.
    async fn create_task(
        &self,
        agent: &AgentIdentity,
        task: &NewTask,
    ) -> Result<Arc<str>, BackendError> {
        let mut body = TaskBody {
            title: &task.title,
            description: &task.description,
            status: "in_progress",
            metadata: Some(&task.metadata).filter(|metadata| metadata.is_object()),
            idempotency_key: None,
        };
        let mut predecessor: Option<String> = None;
        for _ in 0..MAX_SUCCESSORS {
            body.idempotency_key = None;
            body.idempotency_key = Some(creation_key(agent, &body, predecessor.as_deref()));
            let url = self.addresses.tasks.clone();
            let call = self.transport.post(agent, url, wire::body(&body));
            let answer = self.transport.send(&call).await?.success()?;
            let created: Created = wire::read(&answer, "the task that was created")?;
            if !self.is_gone(agent, &created.id) {
                return Ok(created.id.into());
            }
            predecessor = Some(created.id);
        }
        Err(BackendError::Contract {
            what: "a new task that exists",
        })
    }

    fn is_gone(&self, agent: &AgentIdentity, id: &str) -> bool {
        self.gone.contains_key(&TaskRef::new(agent, id))
    }
}

/// Some backends keep keys for all users together, so that whose key it is must be part of it.
fn creation_key(agent: &AgentIdentity, body: &TaskBody<'_>, predecessor: Option<&str>) -> String {
    #[derive(Serialize)]
    struct Creation<'a> {
        tenant: &'a str,
        user: &'a str,
        workspace: &'a str,
        body: &'a TaskBody<'a>,
        predecessor: Option<&'a str>,
    }
    let creation = Creation {
        tenant: agent.tenant.as_str(),
        user: agent.user.as_str(),
        workspace: agent.workspace.as_str(),
        body,
        predecessor,
    };
    let digest = canonical_json(&creation)
        .expect("strings and JSON values have a canonical form")
        .digest()
        .to_string();
    // Bare hexadecimal digits fit any column that was made for keys.
    digest.trim_start_matches("sha256:").to_owned()
}
