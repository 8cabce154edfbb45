//! The judgement on a tool call, with everything that led to it.

use clasper_core::{CanonicalJson, canonical_json};
use clasper_governance::{Effect, Reason, ToolRule, ToolVerdict, judge_tool};
use serde::Serialize;

use crate::model::ToolCallRequest;
use crate::policy::{PolicyVerdict, Runner};
use crate::service::ending::Ending;
use crate::service::schema::Unfit;
use crate::service::session::Session;

/// What the decision about a tool call is computed from.
#[derive(Serialize)]
struct ToolInputs<'a> {
    tool: &'a str,
    offered: bool,
    skill_tools: Option<&'a [String]>,
    tenant_tools: Option<&'a [String]>,
    steps_left: u32,
    arguments_fit: Option<bool>,
    governance_revision: i64,
    policy_effect: Effect,
}

/// A judgement on a call.
pub(crate) struct Judged {
    pub(crate) reason: Reason,
    /// What the model is told when it is refused.
    pub(crate) advice: String,
    pub(crate) inputs: CanonicalJson,
    /// What the policies said.
    pub(crate) policy: PolicyVerdict,
}

/// Which of a tool's patterns apply.
fn rule(patterns: Option<&[String]>) -> ToolRule<'_> {
    patterns.map_or(ToolRule::Unrestricted, ToolRule::Only)
}

impl Session<'_> {
    /// Judges `call`; `name` is the tool's name as it may be recorded.
    pub(crate) async fn judge(&self, call: &ToolCallRequest, name: &str) -> Result<Judged, Ending> {
        let tool = self.offered.iter().find(|tool| tool.name == call.name);
        let skill_tools = self.plan.skill_tools.as_deref();
        let tenant_tools = self.plan.allowed_tools.as_deref();
        // The last step is kept for the answer.
        let steps_left = self.steps_left().saturating_sub(1);
        let (skills, tenant) = (rule(skill_tools), rule(tenant_tools));
        let verdict = judge_tool(&call.name, tool.is_some(), skills, tenant, steps_left);
        let fit = match (verdict, tool) {
            (ToolVerdict::Permitted, Some(tool)) => {
                Some(self.engine.schemas.check(&tool.parameters, &call.arguments))
            }
            _ => None,
        };
        let arguments_fit = fit.as_ref().map(Result::is_ok);
        let (reason, advice) = match (verdict, fit) {
            (ToolVerdict::Refused(reason), _) => (reason, advice(reason).to_owned()),
            (_, Some(Err(Unfit::Arguments(text)))) => (Reason::InvalidArguments, text),
            (_, Some(Err(Unfit::Schema))) => (
                Reason::InvalidArguments,
                "the tool's schema cannot be used".to_owned(),
            ),
            (ToolVerdict::Permitted, _) => (Reason::Permitted, String::new()),
        };
        let runner = Runner {
            scope: &self.plan.facts.scope,
            agent: &self.plan.facts.agent,
            permissions: self.plan.permissions,
        };
        let policy = runner.tool(&self.engine.deps.policies, &call.name).await?;
        let (reason, advice) = match reason {
            Reason::Permitted if policy.effect != Effect::Allow => (
                policy.reason,
                "the tenant's policies do not allow it".to_owned(),
            ),
            reason => (reason, advice),
        };
        let inputs = canonical_json(&ToolInputs {
            tool: name,
            offered: tool.is_some(),
            skill_tools,
            tenant_tools,
            steps_left,
            arguments_fit,
            governance_revision: policy.governance_revision,
            policy_effect: policy.effect,
        })?;
        Ok(Judged {
            reason,
            advice,
            inputs,
            policy,
        })
    }
}

const fn advice(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownTool => "there is no tool of this name",
        Reason::NotInSkillManifest => "no skill of this workspace names the tool",
        Reason::NotInTenantPermissions => "the tenant does not allow the tool",
        Reason::StepLimit => "no tool calls are left, answer with what is known",
        _ => "the call is not allowed",
    }
}
