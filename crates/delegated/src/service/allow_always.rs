//! What people approved once, allowed from now on: the same intent, until an end, by a policy that is shown before it is saved.

use chrono::TimeDelta;
use clasper_core::{
    AgentId, Caller, DecisionId, EnvironmentId, Permission, Sha256Digest, TenantScope, Timestamp,
};
use clasper_governance::approval::{AllowAlwaysFacts, NarrowPolicy};
use clasper_policy::{BundleRecord, PolicyEdit, PolicySource};
use serde_json::{Value, json};

use crate::execution::{Execution, ExecutionAsk};
use crate::service::Executions;
use crate::service::error::Error;

/// A policy that would allow the same intent again.
#[derive(Debug, Clone)]
pub struct AllowAlways {
    /// What it is made of.
    pub policy: NarrowPolicy,
    /// As the rule that would be saved.
    pub rule: Value,
    /// Repeated by whoever saves it, so that what is saved is what was shown.
    pub digest: Sha256Digest,
}

impl Executions {
    /// The policy that would allow what this decision allowed once, until `expires_at`; not saved.
    ///
    /// # Errors
    /// [`Error`] when it was not approved, or cannot be put as a rule that stands for itself alone.
    pub async fn propose_allow_always(
        &self,
        caller: &Caller,
        decision: DecisionId,
        expires_at: Timestamp,
    ) -> Result<AllowAlways, Error> {
        if !caller.may(Permission::DecisionResolve) {
            return Err(Error::Forbidden(Permission::DecisionResolve));
        }
        let scope = caller.scope();
        let deps = &self.inner.deps;
        let found = deps.executions.find_execution(&scope, decision).await?;
        let found = found.ok_or(Error::NotFound("decision"))?;
        let ask = self.ask_of(&found)?;
        let approval = found.approval.as_ref().ok_or(Error::WrongState)?;
        let now = deps.clock.now();
        let lifetime = expires_at - now;
        let by = caller.principal.actor();
        let policy = NarrowPolicy::propose(approval, facts(&found, &ask)?, by, lifetime, now)?;
        let policy = NarrowPolicy {
            // Between proposal and saving the time goes on; the end stays.
            expires_at,
            ..policy
        };
        let precedence = self.precedence_above(&scope, &found).await?;
        let rule = rule(&policy, precedence);
        let digest = clasper_core::canonical_json(&rule)?.digest();
        Ok(AllowAlways {
            policy,
            rule,
            digest,
        })
    }

    /// Saves the policy that was shown and puts it in force.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is not the one that was shown, and as [`Executions::propose_allow_always`]; nothing is
    /// written then.
    pub async fn allow_always(
        &self,
        caller: &Caller,
        decision: DecisionId,
        expires_at: Timestamp,
        shown: Sha256Digest,
    ) -> Result<(AllowAlways, BundleRecord), Error> {
        let proposed = self
            .propose_allow_always(caller, decision, expires_at)
            .await?;
        if proposed.digest != shown {
            return Err(Error::Invalid {
                pointer: "/digest",
                detail: "is not that of the policy that would be saved now: look at it again"
                    .to_owned(),
            });
        }
        let edit = PolicyEdit::Put(PolicySource::Rule {
            policy_id: policy_id(decision),
            version: 1,
            rule: proposed.rule.clone(),
        });
        let saved = self.inner.deps.policies.edit(caller, &edit).await?;
        Ok((proposed, saved))
    }

    /// One more than the precedence of the rule that asked for approval: no rule that would have decided before it is outweighed.
    async fn precedence_above(
        &self,
        scope: &TenantScope,
        execution: &Execution,
    ) -> Result<i64, Error> {
        let in_force = self.inner.deps.policies.in_force(scope).await?;
        let recorded: Value = serde_json::from_str(execution.record.as_str())?;
        let asked = recorded["verdict"]["matched_policies"][0].as_str();
        let members = in_force.policies.bundles.iter();
        let mut members = members.flat_map(|active| &active.bundle.source.members);
        match members.find(|policy| Some(policy.policy_id()) == asked) {
            // An allow that the risk overrode would be overridden again.
            Some(PolicySource::Rule { rule, .. })
                if rule["effect"]["decision"] == "require_approval" =>
            {
                Ok(rule["precedence"].as_i64().unwrap_or(0).saturating_add(1))
            }
            _ => Err(Error::NoSuchRule),
        }
    }
}

fn policy_id(decision: DecisionId) -> String {
    format!("allow-always-{decision}")
}

fn rule(policy: &NarrowPolicy, precedence: i64) -> Value {
    let facts = &policy.facts;
    json!({
        "policy_id": policy_id(policy.from_decision),
        "subject": {"type": "tool", "name": facts.tool},
        "conditions": {
            "adapter_id": facts.adapter.as_str(),
            "workspace_id": facts.workspace.as_str(),
            "intent_hash": facts.intent_hash.to_string(),
        },
        "effect": {"decision": "allow"},
        "explanation": "people approved exactly this and allowed it until the end of the policy",
        "precedence": precedence,
        "expires_at": policy.expires_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    })
}

fn facts(execution: &Execution, ask: &ExecutionAsk) -> Result<AllowAlwaysFacts, Error> {
    let unnamed = |pointer, detail: String| Error::Invalid { pointer, detail };
    let agent = ask.claims.agent_id.as_deref().map(AgentId::new).transpose();
    let environment = ask.environment.as_ref().map(ToString::to_string);
    let environment = environment.as_deref().map(EnvironmentId::new).transpose();
    let targets = &ask.claims.context.targets;
    let all = [&targets.paths, &targets.hosts, &targets.list];
    Ok(AllowAlwaysFacts {
        tool: ask.tool().unwrap_or_default().to_owned(),
        adapter: ask.adapter.clone(),
        agent: agent.map_err(|error| unnamed("/agent_id", error.to_string()))?,
        workspace: ask.workspace.clone(),
        environment: environment.map_err(|error| unnamed("/environment", error.to_string()))?,
        targets: all.into_iter().flatten().cloned().collect(),
        argv0: ask.claims.context.exec.name().map(str::to_owned),
        intent_hash: execution.intent_hash,
    })
}

/// How long a policy lasts that names no end: a week.
pub const DEFAULT_ALLOW_ALWAYS: TimeDelta = TimeDelta::days(7);
