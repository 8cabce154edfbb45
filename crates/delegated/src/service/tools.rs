//! Tools within an execution: asked for, used, reported.

use std::sync::Arc;

use clasper_core::{
    AdapterId, AuditEntryId, Credential, DecisionId, EnvironmentId, ExecutionKey, GrantId,
    Sha256Digest, Timestamp, ToolAuthorizationId, canonical_json,
};
use clasper_governance::risk::{AdapterRiskClass, SkillState};
use clasper_governance::{Action, Intent};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::adapter::{Adapter, is_reserved};
use crate::execution::{Execution, ExecutionAsk, Judgement};
use crate::service::error::Error;
use crate::service::request::ATTEMPTS;
use crate::service::{AdapterCaller, Executions};
use crate::tool::{
    TOOL_TOKEN, ToolAct, ToolAuthorization, ToolClaims, ToolIds, ToolOpened, ToolOpening,
    ToolPresented, ToolRefusal, ToolScope, ToolStep, ToolStepped, ToolVerdict,
};

/// The longest name of a tool, in bytes.
const LONGEST_TOOL: usize = 128;

/// What an adapter asks before it calls a tool.
#[derive(Debug, Clone)]
pub struct ToolRequest {
    /// The adapter it names, which has to be its token's.
    pub adapter: Option<AdapterId>,
    /// The execution that the call is within.
    pub key: ExecutionKey,
    /// The tool.
    pub tool: String,
    /// Its group.
    pub tool_group: Option<String>,
    /// What the call may use.
    pub scope: Option<Map<String, Value>>,
    /// The environment, which has to be the execution's.
    pub environment: Option<EnvironmentId>,
    /// The state of the skill, where it is riskier than was said before.
    pub skill_state: Option<SkillState>,
    /// The adapter's class, where it is higher than the registry's.
    pub adapter_risk_class: Option<AdapterRiskClass>,
}

/// What an adapter is told.
#[derive(Debug, Clone)]
pub struct ToolAnswer {
    /// What was decided, with the token when it was granted.
    pub verdict: ToolVerdict,
    /// What the call may use, in the adapter's own words.
    pub scope: ToolScope,
    /// The deciding policy's words.
    pub explanation: Option<String>,
}

/// What an adapter presents when it calls a tool.
#[derive(Debug, Clone)]
pub struct ToolUse {
    /// The adapter it names, which has to be its credential's.
    pub adapter: Option<AdapterId>,
    /// The execution.
    pub key: ExecutionKey,
    /// The tool.
    pub tool: String,
    /// The token.
    pub token: SecretString,
    /// What it is about to use; what the token says when absent.
    pub scope: Option<Map<String, Value>>,
}

/// What a call is, whole: its canonical JSON is the intent.
#[derive(Serialize)]
struct Call<'a> {
    execution: DecisionId,
    execution_intent: Sha256Digest,
    tool: &'a str,
    tool_group: Option<&'a str>,
    scope: &'a Map<String, Value>,
}

impl Executions {
    /// Decides one call of a tool within an execution: by its live grant, the registry, the policies, the risk and the
    /// budgets. What is refused is recorded, too.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn authorize_tool(
        &self,
        caller: &AdapterCaller,
        request: ToolRequest,
    ) -> Result<ToolAnswer, Error> {
        is_own(caller, request.adapter.as_ref())?;
        let wanted = check(&request)?;
        let deps = &self.inner.deps;
        let scope = caller.scope();
        let execution = self.own_execution(caller, &request.key).await?;
        if request
            .environment
            .as_ref()
            .is_some_and(|named| execution.environment.as_deref() != Some(named.as_str()))
        {
            return Err(Error::Invalid {
                pointer: "/environment",
                detail: "must be that of the execution: leave it out".to_owned(),
            });
        }
        let ask = asked(self.ask_of(&execution)?, &request);
        let intent = Intent::of(
            Action::ToolCall,
            &Call {
                execution: execution.decision,
                execution_intent: execution.intent_hash,
                tool: &request.tool,
                tool_group: request.tool_group.as_deref(),
                scope: wanted.members(),
            },
        )?;
        let privacy = deps.redactions.of(&scope).await?;
        let (shown, _) = privacy.json(Value::Object(wanted.members().clone()))?;
        let (mut judgement, mut adapter) = self.judged(caller, &ask, &execution, intent).await?;
        for _ in 0..ATTEMPTS {
            let explanation = judgement.explanation.clone();
            let opening = ToolOpening {
                scope: scope.clone(),
                actor: caller.actor(),
                execution: execution.decision,
                tool: request.tool.clone(),
                tool_group: request.tool_group.clone(),
                wanted: wanted.clone(),
                shown: canonical_json(&shown)?,
                intent,
                is_registered: covers(caller, &adapter, &request.tool),
                judgement,
                life: self.inner.config.tool_token_life,
                signer: Arc::clone(&deps.signer),
                ids: ToolIds {
                    authorization: ToolAuthorizationId::generate(&*deps.ids),
                    decision: DecisionId::generate(&*deps.ids),
                    grant: GrantId::generate(&*deps.ids),
                    entry: AuditEntryId::generate(&*deps.ids),
                },
                now: deps.clock.now(),
            };
            match deps.tools.authorize_tool(Arc::new(opening)).await? {
                ToolOpened::Decided(verdict) => {
                    let state = verdict.authorization.state.name();
                    metrics::counter!("clasper_tool_authorizations_total", "state" => state)
                        .increment(1);
                    return Ok(ToolAnswer {
                        verdict: *verdict,
                        scope: wanted,
                        explanation,
                    });
                }
                ToolOpened::NotFound => return Err(Error::NotFound("execution")),
                ToolOpened::Stale => {}
            }
            deps.policies.reload(&scope).await?;
            (judgement, adapter) = self.judged(caller, &ask, &execution, intent).await?;
        }
        Err(Error::Unsettled)
    }

    /// Uses a token: once, by the adapter that it was given to, within the execution, for the tool and the scope that it names,
    /// and in time.
    ///
    /// # Errors
    /// [`Error::Tool`] and others; nothing is written then.
    pub async fn consume_tool(
        &self,
        caller: &AdapterCaller,
        wanted: ToolUse,
    ) -> Result<ToolAuthorization, Error> {
        is_own(caller, wanted.adapter.as_ref())?;
        let token = wanted.token.expose_secret();
        let (claims, scope) = self.opened(caller, &wanted)?;
        let act = ToolAct::Use {
            presented: ToolPresented {
                adapter: caller.principal.adapter.clone(),
                key: wanted.key.clone(),
                tool: wanted.tool.clone(),
            },
            token: Sha256Digest::of(token.as_bytes()),
            scope,
        };
        self.tool_step(caller, claims.jti, act).await
    }

    /// Takes note of a call that an adapter reports by its token's id, as traces do (reference section 11). It counts once; a
    /// token that was not used before is used by it.
    ///
    /// # Errors
    /// [`Error::Tool`] says what is wrong with the call; nothing is written then.
    pub async fn report_tool(
        &self,
        caller: &AdapterCaller,
        token: ToolAuthorizationId,
        key: ExecutionKey,
        tool: String,
        called_at: Timestamp,
    ) -> Result<ToolAuthorization, Error> {
        let act = ToolAct::Report {
            presented: ToolPresented {
                adapter: caller.principal.adapter.clone(),
                key,
                tool,
            },
            called_at,
        };
        self.tool_step(caller, token, act).await
    }

    async fn tool_step(
        &self,
        caller: &AdapterCaller,
        authorization: ToolAuthorizationId,
        act: ToolAct,
    ) -> Result<ToolAuthorization, Error> {
        let deps = &self.inner.deps;
        let step = ToolStep {
            scope: caller.scope(),
            authorization,
            actor: caller.actor(),
            act,
            entry: AuditEntryId::generate(&*deps.ids),
            now: deps.clock.now(),
        };
        match deps.tools.step_tool(Arc::new(step)).await? {
            ToolStepped::Taken(authorization) => Ok(*authorization),
            ToolStepped::Refused(refusal) => Err(refusal.into()),
            ToolStepped::NotFound => Err(Error::NotFound("tool authorization")),
        }
    }

    /// What a token says, proven and compared with what it is presented for; with the hash of its scope.
    fn opened(
        &self,
        caller: &AdapterCaller,
        wanted: &ToolUse,
    ) -> Result<(ToolClaims, Sha256Digest), Error> {
        let opened = self.inner.deps.signer.open(wanted.token.expose_secret());
        let opened = opened.ok_or(ToolRefusal::Invalid)?;
        let claims: ToolClaims =
            serde_json::from_value(opened).map_err(|_| ToolRefusal::Invalid)?;
        if claims.typ != TOOL_TOKEN {
            return Err(ToolRefusal::Invalid.into());
        }
        let principal = &caller.principal;
        let same = [
            ("tenant", claims.tenant_id == principal.tenant),
            ("workspace", claims.workspace_id == principal.workspace),
            ("adapter", claims.adapter_id == principal.adapter),
            ("execution", claims.execution_id == wanted.key),
            ("tool", claims.tool == wanted.tool),
        ];
        if let Some((name, _)) = same.iter().find(|(_, same)| !same) {
            return Err(ToolRefusal::Other(name).into());
        }
        let scope = canonical_json(wanted.scope.as_ref().unwrap_or(&claims.scope))?.digest();
        if claims.scope_hash != scope {
            return Err(ToolRefusal::Other("scope").into());
        }
        if claims.exp <= self.inner.deps.clock.now().timestamp() {
            return Err(ToolRefusal::Expired.into());
        }
        Ok((claims, scope))
    }

    async fn judged(
        &self,
        caller: &AdapterCaller,
        ask: &ExecutionAsk,
        execution: &Execution,
        intent: Intent,
    ) -> Result<(Judgement, Arc<Adapter>), Error> {
        let reason = execution.is_override().then_some("override");
        self.judge(&caller.scope(), ask, intent.hash, reason).await
    }
}

fn is_own(caller: &AdapterCaller, named: Option<&AdapterId>) -> Result<(), Error> {
    if named.is_some_and(|named| *named != caller.principal.adapter) {
        return Err(Error::ScopeMismatch("adapter"));
    }
    Ok(())
}

fn check(request: &ToolRequest) -> Result<ToolScope, Error> {
    let tool = &request.tool;
    let refuse = |pointer, detail: &str| {
        Err(Error::Invalid {
            pointer,
            detail: detail.to_owned(),
        })
    };
    if tool.trim().is_empty() || tool.len() > LONGEST_TOOL {
        return refuse("/tool", "must have between 1 and 128 bytes");
    }
    if is_reserved(tool) {
        return refuse("/tool", "names that begin with __clasper_ are reserved");
    }
    match &request.scope {
        None => Ok(ToolScope::one_call(tool)?),
        Some(members) => ToolScope::new(members.clone()).map_err(|detail| Error::Invalid {
            pointer: "/requested_scope",
            detail,
        }),
    }
}

/// What the execution asked for, with this tool in the place of its own; what is said of risk can only raise it.
fn asked(mut ask: ExecutionAsk, request: &ToolRequest) -> ExecutionAsk {
    ask.claims.tool = Some(request.tool.clone());
    if request.tool_group.is_some() {
        ask.claims.tool_group.clone_from(&request.tool_group);
    }
    let risk = &mut ask.risk;
    risk.adapter_risk_class = risk.adapter_risk_class.max(request.adapter_risk_class);
    risk.skill_state = match (risk.skill_state, request.skill_state) {
        (Some(before), Some(now)) => Some(riskier(before, now)),
        (before, now) => now.or(before),
    };
    ask
}

/// Of two states the one further from being in use.
fn riskier(one: SkillState, other: SkillState) -> SkillState {
    let rank = |state| match state {
        SkillState::Active => 0,
        SkillState::Approved => 1,
        SkillState::Tested => 2,
        SkillState::Draft => 3,
        SkillState::Deprecated => 4,
    };
    if rank(one) >= rank(other) { one } else { other }
}

/// Whether the adapter's token and its registration cover the tool, as a capability or as a tool of its own.
fn covers(caller: &AdapterCaller, adapter: &Adapter, tool: &str) -> bool {
    let named = |names: &[String]| names.iter().any(|name| name == tool);
    let is_registered = named(&adapter.capabilities) || named(&adapter.tool_capabilities);
    let principal = &caller.principal;
    let is_in_token = matches!(principal.credential, Credential::AdapterKey(_))
        || principal.may_ask_for(tool)
        || named(&adapter.tool_capabilities);
    is_registered && is_in_token
}
