//! From a request to a plan: everything that is decided before money is held.

use std::time::Duration;

use chrono::TimeDelta;
use clasper_core::{Caller, ExecutionId, Permission, PermissionSet, Timestamp, canonical_json};
use clasper_governance::{Action, GrantLimits, Intent, ModelPrices};
use clasper_tracing::{GrantedScope, Trace};
use serde::Serialize;

use crate::backend::AgentIdentity;
use crate::model::{ChatMessage, ModelRef, ModelRequest};
use crate::policy::{PolicyVerdict, Runner};
use crate::run::{IdempotencyClaim, RunOpening};
use crate::send::{Error, HistoryMessage, HistoryRole, SendMetadata, SendRequest};
use crate::service::engine::Engine;
use crate::service::facts::Facts;
use crate::service::mask::Mask;
use crate::service::prompt::Prompt;
use crate::service::request::{Checked, TaskPlan, check};
use crate::service::window;

/// A run that may be asked for.
pub(crate) struct Plan {
    pub(crate) facts: Facts,
    pub(crate) request: ModelRequest,
    /// Tokens of the prompt without tools, estimated.
    pub(crate) input_tokens: u64,
    /// Tokens of the tools that are offered, estimated; none before they are listed.
    pub(crate) tool_tokens: u64,
    pub(crate) task: TaskPlan,
    /// What models cost the tenant: the same over the whole run.
    pub(crate) prices: ModelPrices,
    /// Title of the plan document, when one is asked for.
    pub(crate) kickoff_title: Option<String>,
    /// Tools that the workspace's skills name; `None` when they do not restrict them.
    pub(crate) skill_tools: Option<Vec<String>>,
    /// Tools that the credential allows; `None` when it does not restrict them.
    pub(crate) allowed_tools: Option<Vec<String>>,
    /// What the caller may do, as policies see it.
    pub(crate) permissions: PermissionSet,
    pub(crate) context_warning: Option<String>,
    pub(crate) opening: RunOpening,
    pub(crate) mask: Mask,
}

impl Plan {
    /// Whether the caller may see the values behind tokens.
    pub(crate) const fn may_see(&self) -> bool {
        self.permissions.contains(Permission::RedactionReveal)
    }
}

/// What executes: the decision is about exactly this.
#[derive(Serialize)]
struct RunEffect<'a> {
    model: &'a ModelRef,
    fallback_model: Option<&'a ModelRef>,
    system_prompt_hash: clasper_core::Sha256Digest,
    messages: &'a [ChatMessage],
    temperature: f64,
    max_output_tokens: u32,
    workspace_hash: &'a str,
    limits: &'a GrantLimits,
    task: &'a TaskPlan,
}

impl Engine {
    /// Checks, prices and words a request. Nothing is written, except that the gate may bring the tenant into being.
    pub(crate) async fn plan(&self, caller: &Caller, request: SendRequest) -> Result<Plan, Error> {
        if self.deps.shutdown.is_cancelled() {
            return Err(Error::Stopping);
        }
        if !caller.may(Permission::AgentRun) {
            return Err(Error::Forbidden(Permission::AgentRun));
        }
        let checked = check(caller, &request, &self.config)?;
        let model = &self.config.default_model;
        let prices = self.deps.prices.of(&caller.scope()).await?;
        prices.get(&model.to_string())?;
        self.deps
            .models
            .check(model)
            .map_err(Error::NotConfigured)?;
        self.deps.tenants.admit(caller).await?;
        let mask = match self.deps.redactions.of(&caller.scope()).await {
            Ok(privacy) => Mask::new(Ok(privacy)),
            // The run is opened and ends at once, so that the failure is in the books.
            Err(clasper_privacy::Error::Redaction(failure)) => Mask::new(Err(failure)),
            Err(error) => return Err(Error::Redactions(error)),
        };
        let now = self.deps.clock.now();
        let prompt = self.prompt(&checked, &request.metadata, now).await?;
        let idempotency = claim(&request)?;
        let facts = self.facts(caller, &checked);
        let policy = self
            .ask_policies(&facts, caller.principal.permissions)
            .await?;
        self.assemble(
            caller,
            request,
            checked,
            facts,
            policy,
            prompt,
            prices,
            idempotency,
            mask,
            now,
        )
    }

    #[expect(clippy::too_many_arguments, reason = "each is made by one step before")]
    fn assemble(
        &self,
        caller: &Caller,
        request: SendRequest,
        checked: Checked,
        facts: Facts,
        policy: PolicyVerdict,
        prompt: Prompt,
        prices: ModelPrices,
        idempotency: Option<IdempotencyClaim>,
        mut mask: Mask,
        now: Timestamp,
    ) -> Result<Plan, Error> {
        let history = u32::try_from(request.messages.len()).unwrap_or(u32::MAX);
        let message = message_of(request.message, &request.metadata);
        let input_message = mask.text(&message);
        let mut request_to_model = self.model_request(prompt.system, request.messages, message);
        let (system, messages) = (&mut request_to_model.system, &mut request_to_model.messages);
        mask.prompt(system, messages);
        let input_tokens =
            window::tokens_of_prompt(&request_to_model.system, &request_to_model.messages);
        let limits = self.limits();
        let intent = self.intent(
            &request_to_model,
            &prompt.workspace_hash,
            &limits,
            &checked.task,
        )?;
        let context_warning = self.context_warning(&request_to_model);
        let draft = Box::new(Trace {
            workspace_hash: prompt.workspace_hash,
            skill_versions: prompt.skill_versions,
            input_message,
            input_history: history,
            redactions: mask.counts(),
            granted_scope: GrantedScope {
                capabilities: limits.capabilities.clone(),
                max_steps: limits.max_steps,
                max_cost_usd: None,
            },
            ..self.blank_trace(&facts, now)
        });
        let price = prices.get(&self.config.default_model.to_string())?;
        let ask = self.ask(&facts, &price, input_tokens)?;
        let opening = self.opening(&facts, intent, policy, limits, ask, idempotency, draft);
        Ok(Plan {
            facts,
            request: request_to_model,
            input_tokens,
            tool_tokens: 0,
            task: checked.task,
            prices,
            kickoff_title: request.metadata.kickoff_plan.then(|| {
                let title = request.metadata.plan_title;
                title.unwrap_or_else(|| "Plan".to_owned())
            }),
            skill_tools: prompt.skill_tools,
            allowed_tools: caller.principal.allowed_tools.clone(),
            permissions: caller.principal.permissions,
            context_warning,
            opening,
            mask,
        })
    }

    /// What the policies in force say to a run.
    pub(crate) async fn ask_policies(
        &self,
        facts: &Facts,
        permissions: PermissionSet,
    ) -> Result<PolicyVerdict, Error> {
        let runner = Runner {
            scope: &facts.scope,
            agent: &facts.agent,
            permissions,
        };
        let model = &self.config.default_model;
        Ok(runner.run(&self.deps.policies, model).await?)
    }

    fn facts(&self, caller: &Caller, checked: &Checked) -> Facts {
        Facts {
            scope: caller.scope(),
            actor: caller.principal.actor(),
            execution: ExecutionId::generate(&*self.deps.ids),
            agent: AgentIdentity {
                user: checked.subject.user.clone(),
                role: checked.role.as_str().to_owned(),
                tenant: caller.principal.tenant.clone(),
                workspace: checked.subject.workspace.clone(),
                trace: caller.trace,
            },
            session: checked.session.clone(),
        }
    }

    fn model_request(
        &self,
        system: String,
        history: Vec<HistoryMessage>,
        message: String,
    ) -> ModelRequest {
        let mut messages: Vec<ChatMessage> = Vec::with_capacity(history.len() + 1);
        messages.extend(history.into_iter().map(|said| match said.role {
            HistoryRole::User => ChatMessage::User {
                content: said.content,
            },
            HistoryRole::System => ChatMessage::System {
                content: said.content,
            },
            HistoryRole::Assistant => ChatMessage::Assistant {
                content: said.content,
                tool_calls: Vec::new(),
            },
        }));
        messages.push(ChatMessage::User { content: message });
        ModelRequest {
            model: self.config.default_model.clone(),
            system,
            messages,
            tools: Vec::new(),
            temperature: self.config.temperature,
            max_output_tokens: self.config.max_output_tokens,
        }
    }

    fn intent(
        &self,
        request: &ModelRequest,
        workspace_hash: &str,
        limits: &GrantLimits,
        task: &TaskPlan,
    ) -> Result<Intent, Error> {
        Intent::of(
            Action::AgentRun,
            &RunEffect {
                model: &request.model,
                fallback_model: self.config.fallback_model.as_ref(),
                system_prompt_hash: clasper_core::Sha256Digest::of(request.system.as_bytes()),
                messages: &request.messages,
                temperature: request.temperature,
                max_output_tokens: request.max_output_tokens,
                workspace_hash,
                limits,
                task,
            },
        )
        .map_err(|_| Error::Encoding)
    }

    fn context_warning(&self, request: &ModelRequest) -> Option<String> {
        let of_message = |message: &ChatMessage| match message {
            ChatMessage::System { content }
            | ChatMessage::User { content }
            | ChatMessage::Assistant { content, .. }
            | ChatMessage::Tool { content, .. } => content.chars().count(),
        };
        let chars =
            request.system.chars().count() + request.messages.iter().map(of_message).sum::<usize>();
        window::warning(&request.model, chars, self.config.context_warning_percent)
    }
}

/// `time` and `more`.
pub(crate) fn later(time: Timestamp, more: Duration) -> Timestamp {
    let more = TimeDelta::from_std(more).unwrap_or(TimeDelta::MAX);
    time.checked_add_signed(more).unwrap_or(Timestamp::MAX_UTC)
}

fn message_of(message: String, metadata: &SendMetadata) -> String {
    match &metadata.kickoff_note {
        Some(note) if metadata.kickoff_plan && !note.trim().is_empty() => {
            format!("{message}\n\n{note}")
        }
        _ => message,
    }
}

fn claim(request: &SendRequest) -> Result<Option<IdempotencyClaim>, Error> {
    let Some(key) = &request.idempotency_key else {
        return Ok(None);
    };
    let canonical = canonical_json(request).map_err(|_| Error::Encoding)?;
    Ok(Some(IdempotencyClaim {
        key: key.clone(),
        request_hash: canonical.digest(),
    }))
}
