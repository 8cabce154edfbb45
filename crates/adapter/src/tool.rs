//! Calls of tools within an execution: each with a token of its own.

use std::time::Duration;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::adapter::Adapter;
use crate::blocked::{Blocked, Fault};
use crate::door::{Heard, Knock, secret};
use crate::grant::Grant;

/// Leave for one call of a tool, for seconds.
#[derive(Debug, Clone)]
pub struct ToolGrant {
    /// The authorization, which reports name as `tool_token_jti`.
    pub authorization_id: String,
    /// The execution.
    pub execution_id: String,
    /// The tool.
    pub tool: String,
    /// What the call may use.
    pub scope: Map<String, Value>,
    token: SecretString,
}

#[derive(Serialize)]
struct Wanted<'a> {
    execution_id: &'a str,
    adapter_id: &'a str,
    tool: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_scope: Option<&'a Map<String, Value>>,
}

#[derive(Deserialize)]
struct Answer {
    decision: String,
    #[serde(default)]
    authorization_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    tool_token: Option<SecretString>,
    #[serde(default)]
    granted_scope: Option<Map<String, Value>>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Use<'a> {
    execution_id: &'a str,
    adapter_id: &'a str,
    tool: &'a str,
    tool_token: &'a str,
    scope: &'a Map<String, Value>,
}

#[derive(Deserialize)]
struct Used {
    status: String,
    tool: String,
}

impl Adapter {
    /// Asks for one call of `tool` within the execution of `grant`.
    ///
    /// # Errors
    /// [`Blocked`].
    pub async fn authorize_tool(
        &self,
        grant: &Grant,
        tool: &str,
        scope: Option<&Map<String, Value>>,
    ) -> Result<ToolGrant, Blocked> {
        let wanted = Wanted {
            execution_id: &grant.execution_id,
            adapter_id: &self.inner.settings.adapter,
            tool,
            requested_scope: scope,
        };
        let door = &self.inner.door;
        let heard: Heard<Answer> = door.post("/api/governance/tool/authorize", &wanted).await?;
        let answer = heard.answer;
        match (
            answer.decision.as_str(),
            answer.tool_token,
            answer.authorization_id,
        ) {
            ("allow", Some(token), Some(authorization_id)) => Ok(ToolGrant {
                authorization_id,
                execution_id: grant.execution_id.clone(),
                tool: tool.to_owned(),
                scope: answer
                    .granted_scope
                    .ok_or_else(|| Fault::Unexpected("it allows without saying what".to_owned()))?,
                token,
            }),
            ("deny", _, _) => Err(Blocked::Denied {
                decision: None,
                reason: answer.reason.unwrap_or_else(|| "denied".to_owned()),
            }),
            (other, _, _) => {
                Err(Fault::Unexpected(format!("the decision is {other:?}, or has no token")).into())
            }
        }
    }

    /// Uses the token, right before the call. A lost answer blocks the call: the token may be used up.
    ///
    /// # Errors
    /// [`Blocked`].
    pub async fn use_tool(&self, grant: &ToolGrant) -> Result<(), Blocked> {
        let body = Use {
            execution_id: &grant.execution_id,
            adapter_id: &self.inner.settings.adapter,
            tool: &grant.tool,
            tool_token: grant.token.expose_secret(),
            scope: &grant.scope,
        };
        let knock = Knock {
            method: Method::POST,
            path: "/api/governance/tool/consume",
            body: Some(&body),
            patience: Duration::ZERO,
            is_repeatable: false,
        };
        let heard: Heard<Used> = self.inner.door.ask(knock).await?;
        if heard.answer.status == "ok" && heard.answer.tool == grant.tool {
            return Ok(());
        }
        Err(Fault::Unexpected("the token was not used".to_owned()).into())
    }
}
