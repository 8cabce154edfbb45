//! Listing and calling the backend's tools.

use std::sync::Arc;

use clasper_runtime::backend::{AgentIdentity, BackendError, ToolAnswer};
use clasper_runtime::model::ToolSpec;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use crate::address::Addresses;
use crate::backend::Backend;
use crate::task::Owner;
use crate::transport::{IDEMPOTENCY_KEY, context_value, error_of};
use crate::wire::{self, ToolCallBody, ToolList};

/// The longest text of the backend that a failure repeats.
const MAX_REASON_CHARS: usize = 200;

/// For whom tools were listed; a backend may offer other tools to another role.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Audience {
    pub owner: Owner,
    pub role: Box<str>,
}

/// Listed tools, with the size of the answer they came from.
#[derive(Clone)]
pub(crate) struct Listed {
    pub tools: Arc<[ToolSpec]>,
    pub bytes: usize,
}

impl Backend {
    pub(crate) async fn listed_tools(
        &self,
        agent: &AgentIdentity,
    ) -> Result<Vec<ToolSpec>, BackendError> {
        let audience = Audience {
            owner: Owner::of(agent),
            role: agent.role.as_str().into(),
        };
        let listed = self
            .tools
            .get_or_load(audience, |_| true, self.list_tools(agent))
            .await?;
        Ok(listed.tools.to_vec())
    }

    async fn list_tools(&self, agent: &AgentIdentity) -> Result<Listed, BackendError> {
        let call = self.transport.get(agent, self.addresses.tools.clone());
        let answer = self.transport.send(&call).await?;
        let absent = matches!(
            answer.status,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
        );
        if absent {
            return Ok(Listed {
                tools: Arc::new([]),
                bytes: 0,
            });
        }
        let body = answer.success()?;
        let list: ToolList = wire::read(&body, "the list of tools")?;
        Ok(Listed {
            tools: valid_tools(list.tools, &self.addresses).into(),
            bytes: body.len(),
        })
    }

    pub(crate) async fn call_tool_once(
        &self,
        agent: &AgentIdentity,
        name: &str,
        arguments: &Value,
        idempotency_key: &str,
    ) -> Result<ToolAnswer, BackendError> {
        let Some(url) = self.addresses.tool(name) else {
            let text = "no tool can have this name";
            return Ok(ToolAnswer::Failed(text.to_owned()));
        };
        let body = ToolCallBody {
            arguments,
            tenant_id: agent.tenant.as_str(),
            workspace_id: agent.workspace.as_str(),
            trace_id: &agent.trace.to_string(),
            idempotency_key,
        };
        let mut call = self.transport.post(agent, url, wire::body(&body));
        let key = context_value(idempotency_key);
        call.headers.insert(IDEMPOTENCY_KEY, key);
        let answer = self.transport.send_once(&call).await?;
        if answer.status.is_success() {
            return result(&answer.body).map(ToolAnswer::Result);
        }
        if answer.status.is_client_error() {
            return Ok(ToolAnswer::Failed(failure(answer.status, &answer.body)));
        }
        Err(error_of(answer.status))
    }
}

/// The tools a model can be offered: named so that they can be called, with an object as schema. The first of a name wins.
fn valid_tools(entries: Vec<Value>, addresses: &Addresses) -> Vec<ToolSpec> {
    let mut tools: Vec<ToolSpec> = Vec::with_capacity(entries.len());
    for entry in entries {
        let Value::Object(mut entry) = entry else {
            continue;
        };
        let Some(tool) = tool_of(&mut entry) else {
            continue;
        };
        let known = tools.iter().any(|other| other.name == tool.name);
        if !known && addresses.tool(&tool.name).is_some() {
            tools.push(tool);
        }
    }
    tools
}

fn tool_of(entry: &mut Map<String, Value>) -> Option<ToolSpec> {
    let Some(Value::String(name)) = entry.remove("name") else {
        return None;
    };
    let description = match entry.remove("description") {
        Some(Value::String(text)) => text,
        None | Some(Value::Null) => String::new(),
        Some(_) => return None,
    };
    let parameters = match entry.remove("parameters") {
        Some(schema @ Value::Object(_)) => schema,
        None | Some(Value::Null) => json!({"type": "object", "properties": {}}),
        Some(_) => return None,
    };
    Some(ToolSpec {
        name,
        description,
        parameters: Arc::new(parameters),
    })
}

/// The member `result` where there is one, otherwise the whole answer; an empty answer is `null`.
fn result(body: &[u8]) -> Result<Value, BackendError> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let mut answer: Value = wire::read(body, "the result of a tool")?;
    let result = answer.as_object_mut().and_then(|it| it.remove("result"));
    Ok(result.unwrap_or(answer))
}

/// The status, and the backend's reason when it is one short line.
fn failure(status: StatusCode, body: &[u8]) -> String {
    let status = status.as_u16();
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let reason = answer
        .as_ref()
        .and_then(|answer| answer.get("error")?.as_str())
        .map(str::trim)
        .filter(|text| !text.is_empty() && text.chars().count() <= MAX_REASON_CHARS)
        .filter(|text| !text.chars().any(char::is_control));
    match reason {
        Some(reason) => format!("the backend answered {status}: {reason}"),
        None => format!("the backend answered {status}"),
    }
}
