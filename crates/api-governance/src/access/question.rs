//! A question, checked, and what it is in the words of our policies.

use clasper_api_types::{AccessAction, AccessEntity, AccessQuestion, Properties};
use clasper_core::{TenantId, WorkspaceId};
use clasper_http::Problem;
use clasper_policy::{Access, ActionKind, PolicyContext, Principal, PrincipalKind, RequestClaims};
use serde_json::Value;

use crate::access::properties::texts;

/// The longest type, id or name, in bytes.
const LONGEST: usize = 1_024;

/// A subject or a resource.
#[derive(Debug, Clone)]
pub(super) struct Entity {
    pub(super) kind: String,
    pub(super) id: String,
    properties: Vec<String>,
}

/// An action.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) name: String,
    properties: Vec<String>,
}

/// The part of a question that a search leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Nothing,
    Subject,
    Resource,
    Action,
}

/// A question with everything it needs. What a search leaves open is empty until a candidate is put there.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) subject: Entity,
    pub(super) action: Action,
    pub(super) resource: Entity,
    pub(super) workspace: Option<WorkspaceId>,
    pub(super) environment: Option<String>,
    circumstances: Vec<String>,
}

impl Question {
    /// Reads a question; `open` needs no id or name.
    pub(super) fn of(asked: &AccessQuestion, open: Open) -> Result<Self, Problem> {
        let action = match (&asked.action, open) {
            (_, Open::Action) => Action {
                name: String::new(),
                properties: Vec::new(),
            },
            (action, _) => self::action(action.as_ref())?,
        };
        let context = asked.context.as_ref();
        let workspace = known(context, "workspace_id")?.map(WorkspaceId::new);
        let workspace = workspace
            .transpose()
            .map_err(|error| Problem::invalid("/context/workspace_id", error.to_string()))?;
        Ok(Self {
            subject: entity(asked.subject.as_ref(), "/subject", open == Open::Subject)?,
            action,
            resource: entity(asked.resource.as_ref(), "/resource", open == Open::Resource)?,
            workspace,
            environment: known(context, "environment")?.map(str::to_owned),
            circumstances: texts(context, "/context")?,
        })
    }

    /// Whether an adapter asks to use one of its own tools or capabilities: then everything that decides an execution
    /// decides this.
    pub(super) fn is_execution(&self) -> bool {
        self.subject.kind == "adapter" && self.kind() == ActionKind::AdapterExecution
    }

    /// What is claimed.
    pub(super) fn claims(&self) -> RequestClaims {
        let mut claims = RequestClaims::default();
        match self.subject.kind.as_str() {
            "user" => claims.actor = Some(self.subject.id.clone()),
            "agent" => claims.agent_id = Some(self.subject.id.clone()),
            // The id of another type is not that of a user.
            kind => claims.actor = Some(format!("{kind}/{}", self.subject.id)),
        }
        let id = self.resource.id.clone();
        match (self.kind(), self.resource.kind.as_str()) {
            (ActionKind::ModelCall, _) => claims.model = Some(id),
            (ActionKind::OperatorAction, _) => {}
            (ActionKind::Access, _) => {
                claims.action = Some(self.action.name.clone());
                claims.resource = Some(id);
            }
            (_, "capability") => claims.requested_capabilities = vec![id],
            (..) => claims.tool = Some(id),
        }
        claims
    }

    /// The context that policies are evaluated on.
    pub(super) fn context(&self, tenant: &TenantId) -> PolicyContext {
        let (kind, id) = (self.subject.kind.as_str(), self.subject.id.clone());
        let principal = match kind {
            "user" => (PrincipalKind::User, id),
            "agent" => (PrincipalKind::Agent, id),
            "adapter" => (PrincipalKind::Adapter, id),
            "operator" => (PrincipalKind::Operator, id),
            other => (PrincipalKind::Subject, format!("{other}/{id}")),
        };
        let (kind, id) = principal;
        let mut context = PolicyContext::new(self.kind(), tenant.clone(), Principal { kind, id });
        context.server.workspace = match self.kind() {
            ActionKind::OperatorAction => WorkspaceId::new(&self.resource.id).ok(),
            _ => self.workspace.clone(),
        };
        context.server.environment.clone_from(&self.environment);
        context.request = self.claims();
        context.access = Access {
            subject_type: Some(self.subject.kind.clone()),
            subject_properties: self.subject.properties.clone(),
            action_properties: self.action.properties.clone(),
            resource_type: Some(self.resource.kind.clone()),
            resource_properties: self.resource.properties.clone(),
            context: self.circumstances.clone(),
            resource_entity: format!("{}/{}", self.resource.kind, self.resource.id),
        };
        context
    }

    /// Only the very thing that our policies mean by a resource is taken for it: what else is done to a tool than to call it
    /// is not decided by who may call it.
    fn kind(&self) -> ActionKind {
        match (self.resource.kind.as_str(), self.action.name.as_str()) {
            ("tool", "call" | "execute") if self.subject.kind == "adapter" => {
                ActionKind::AdapterExecution
            }
            ("tool", "call" | "execute") => ActionKind::ToolCall,
            ("capability", "use") => ActionKind::AdapterExecution,
            ("model", "call") => ActionKind::ModelCall,
            ("workspace", "operate") => ActionKind::OperatorAction,
            _ => ActionKind::Access,
        }
    }
}

fn entity(entity: Option<&AccessEntity>, at: &str, is_open: bool) -> Result<Entity, Problem> {
    let entity = entity.ok_or_else(|| Problem::invalid(at, "is missing"))?;
    let id = if is_open {
        String::new()
    } else {
        text(entity.id.as_ref(), &format!("{at}/id"))?
    };
    Ok(Entity {
        kind: text(entity.r#type.as_ref(), &format!("{at}/type"))?,
        id,
        properties: texts(entity.properties.as_ref(), &format!("{at}/properties"))?,
    })
}

fn action(action: Option<&AccessAction>) -> Result<Action, Problem> {
    let action = action.ok_or_else(|| Problem::invalid("/action", "is missing"))?;
    Ok(Action {
        name: text(action.name.as_ref(), "/action/name")?,
        properties: texts(action.properties.as_ref(), "/action/properties")?,
    })
}

fn text(text: Option<&String>, at: &str) -> Result<String, Problem> {
    match text {
        None => Err(Problem::invalid(at, "is missing")),
        Some(text) if text.is_empty() || text.len() > LONGEST => {
            let detail = format!("must have between 1 and {LONGEST} bytes");
            Err(Problem::invalid(at, detail))
        }
        Some(text) => Ok(text.clone()),
    }
}

/// A circumstance that we know: it has to be a text.
fn known<'a>(context: Option<&'a Properties>, name: &str) -> Result<Option<&'a str>, Problem> {
    match context.and_then(|context| context.get(name)) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => {
            let pointer = format!("/context/{name}");
            Err(Problem::invalid(pointer, "must be a text"))
        }
    }
}
