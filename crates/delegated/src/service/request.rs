//! An adapter asks.

use std::sync::Arc;

use clasper_core::{
    AuditEntryId, Credential, DecisionId, ExecutionId, ExecutionKey, GrantId, TenantId,
    TenantScope, WorkspaceId,
};
use clasper_governance::Intent;
use clasper_policy::RequestClaims;
use serde_json::Value;

use crate::adapter::{Adapter, is_reserved};
use crate::execution::{
    Execution, ExecutionAsk, ExecutionOpening, NoticeWriter, Opened, OpeningIds,
};
use crate::service::error::Error;
use crate::service::posture::{is_canary, unattended};
use crate::service::{AdapterCaller, Executions};

/// How often a request is judged again because policies changed under it.
pub(super) const ATTEMPTS: u32 = 8;
/// The most that may be asked for: more is a mistake.
const MOST_CAPABILITIES: usize = 64;

/// What an adapter sends.
#[derive(Debug, Clone)]
pub struct ExecutionRequest {
    /// Its name for the execution; a new one when absent.
    pub key: Option<ExecutionKey>,
    /// What it wants.
    pub ask: ExecutionAsk,
    /// The tenant it names, which has to be its token's.
    pub tenant: Option<TenantId>,
    /// The workspace it names, which has to be its token's.
    pub workspace: Option<WorkspaceId>,
    /// Where to report a resolution.
    pub callback_url: Option<String>,
}

/// What an adapter is told.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The execution as it stands.
    pub execution: Execution,
    /// Whether it was decided, or claimed, by an earlier request: this answer permits nothing new.
    pub is_replay: bool,
    /// Why the grant of an approval was not given out, although people agreed.
    pub refusal: Option<crate::execution::ClaimRefusal>,
}

impl Executions {
    /// Decides what an adapter asks for; or says what was decided when it asked for the same before, and hands out the
    /// grant of an approval if there is one to claim.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn request(
        &self,
        caller: &AdapterCaller,
        request: ExecutionRequest,
    ) -> Result<Answer, Error> {
        Self::check(caller, &request)?;
        let deps = &self.inner.deps;
        let scope = caller.scope();
        let intent = request.ask.intent()?;
        let decision = DecisionId::generate(&*deps.ids);
        let callback = self.callback(decision, request.callback_url.as_deref())?;
        let key = match request.key {
            Some(key) => key,
            None => new_key(decision)?,
        };
        let exact = serde_json::to_vec(&request.ask)?;
        let shown = match self.shown(&scope, &request.ask).await {
            Ok(shown) => shown,
            Err(error) => return Err(self.unredacted(caller, &request.ask, intent, error).await),
        };
        let mut opening = ExecutionOpening {
            scope: scope.clone(),
            actor: caller.actor(),
            key,
            shown,
            sealed_ask: deps.seal.seal(&ask_context(decision), &exact),
            judgement: self.admissible(caller, &request.ask, intent).await?,
            ask: request.ask,
            intent,
            callback,
            grant_life: self.inner.config.grant_life,
            default_max_steps: self.inner.config.default_max_steps,
            last_try: true,
            ids: OpeningIds {
                decision,
                execution: ExecutionId::generate(&*deps.ids),
                trace: caller.trace,
                grant: GrantId::generate(&*deps.ids),
                entry: AuditEntryId::generate(&*deps.ids),
            },
            now: deps.clock.now(),
        };
        for _ in 0..ATTEMPTS {
            let opening_now = Arc::new(opening);
            match deps
                .executions
                .open_execution(Arc::clone(&opening_now))
                .await?
            {
                Opened::Decided(execution) => return Ok(fresh(*execution)),
                Opened::Claimed(execution) => {
                    self.inner.waiters.tell(&execution);
                    return Ok(fresh(*execution));
                }
                Opened::Known(execution) => {
                    return Ok(Answer {
                        execution: *execution,
                        is_replay: true,
                        refusal: None,
                    });
                }
                Opened::ClaimRefused(refusal, execution) => {
                    return Ok(Answer {
                        execution: *execution,
                        is_replay: true,
                        refusal: Some(refusal),
                    });
                }
                Opened::KeyReused(_) => return Err(Error::KeyReused),
                Opened::Wait => return Err(Error::BudgetHeld),
                Opened::Stale => {}
            }
            deps.policies.reload(&scope).await?;
            opening = Arc::unwrap_or_clone(opening_now);
            opening.judgement = self.admissible(caller, &opening.ask, intent).await?;
            opening.now = deps.clock.now();
        }
        Err(Error::Unsettled)
    }

    fn check(caller: &AdapterCaller, request: &ExecutionRequest) -> Result<(), Error> {
        let principal = &caller.principal;
        if request.ask.adapter != principal.adapter {
            return Err(Error::ScopeMismatch("adapter"));
        }
        if request
            .tenant
            .as_ref()
            .is_some_and(|t| *t != principal.tenant)
        {
            return Err(Error::ScopeMismatch("tenant"));
        }
        let names_other = |named: &WorkspaceId| *named != principal.workspace;
        if request.workspace.as_ref().is_some_and(names_other)
            || request.ask.workspace != principal.workspace
        {
            return Err(Error::ScopeMismatch("workspace"));
        }
        let asked = &request.ask.claims.requested_capabilities;
        if asked.len() > MOST_CAPABILITIES {
            return Err(Error::Invalid {
                pointer: "/requested_capabilities",
                detail: "must have at most 64 names".to_owned(),
            });
        }
        check_program(&request.ask.claims, "/context/exec/argv0")?;
        if is_canary(&request.ask) {
            return Ok(());
        }
        check_reserved(&request.ask.claims)?;
        // What a key that we issued may ask for is in the registry, which is looked at next.
        if matches!(principal.credential, Credential::AdapterKey(_)) {
            return Ok(());
        }
        let lacks = |name: &&String| !principal.capabilities.contains(name);
        let missing: Vec<String> = asked.iter().filter(lacks).cloned().collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Error::Capabilities(missing))
        }
    }

    /// Judges an ask of an adapter whose registration covers it.
    async fn admissible(
        &self,
        caller: &AdapterCaller,
        ask: &ExecutionAsk,
        intent: Intent,
    ) -> Result<crate::execution::Judgement, Error> {
        let (judgement, adapter) = self.judge(&caller.scope(), ask, intent.hash, None).await?;
        if is_canary(ask) {
            return Ok(unattended(judgement));
        }
        registered_for(&adapter, ask)?;
        Ok(judgement)
    }

    /// The ask as people and exports see it.
    pub(super) async fn shown(
        &self,
        scope: &TenantScope,
        ask: &ExecutionAsk,
    ) -> Result<Value, Error> {
        let privacy = self.inner.deps.redactions.of(scope).await?;
        let (shown, _) = privacy.json(serde_json::to_value(ask)?)?;
        Ok(shown)
    }

    fn callback(&self, decision: DecisionId, url: Option<&str>) -> Result<Option<Vec<u8>>, Error> {
        let Some(url) = url else { return Ok(None) };
        let checked = self.inner.deps.callbacks.check(url);
        let url = checked.map_err(Error::Callback)?;
        let context = NoticeWriter::address_context(decision);
        Ok(Some(self.inner.deps.seal.seal(&context, url.as_bytes())))
    }
}

/// Policies look at the program by its name; what runs is the first argument. They are one thing or nothing is decided.
pub(super) fn check_program(claims: &RequestClaims, pointer: &'static str) -> Result<(), Error> {
    let program = &claims.context.exec;
    match (&program.argv0, program.argv.first()) {
        (Some(named), Some(first)) if named != first => Err(Error::Invalid {
            pointer,
            detail: "must be the first of argv, which is what runs".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Names of Clasper's own are for the canary alone.
fn check_reserved(claims: &RequestClaims) -> Result<(), Error> {
    let refuse = |pointer| {
        Err(Error::Invalid {
            pointer,
            detail: "names that begin with __clasper_ are reserved: __clasper_probe__ is asked for alone, as tool and capability".to_owned(),
        })
    };
    if claims.tool.as_deref().is_some_and(is_reserved) {
        return refuse("/tool");
    }
    if claims
        .requested_capabilities
        .iter()
        .any(|name| is_reserved(name))
    {
        return refuse("/requested_capabilities");
    }
    Ok(())
}

fn fresh(execution: Execution) -> Answer {
    metrics::counter!("clasper_executions_total", "status" => execution.status.name()).increment(1);
    Answer {
        execution,
        is_replay: false,
        refusal: None,
    }
}

/// What a sealed ask is bound to.
pub(super) fn ask_context(decision: DecisionId) -> Vec<u8> {
    format!("ask/{decision}").into_bytes()
}

pub(super) fn new_key(decision: DecisionId) -> Result<ExecutionKey, Error> {
    ExecutionKey::new(&decision.to_string()).map_err(|error| Error::Invalid {
        pointer: "/execution_id",
        detail: error.to_string(),
    })
}

/// The token says what an adapter may ask for; the registry says what it can do. It takes both.
fn registered_for(adapter: &Adapter, ask: &ExecutionAsk) -> Result<(), Error> {
    let lacks = |name: &&String| !adapter.capabilities.contains(name);
    let asked = &ask.claims.requested_capabilities;
    let missing: Vec<String> = asked.iter().filter(lacks).cloned().collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::Capabilities(missing))
    }
}
