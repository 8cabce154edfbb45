//! People resolve what waits; adapters claim what was approved.

use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{
    AuditEntryId, Caller, DecisionId, GrantId, OutboxMessageId, Permission, Principal, Role,
    canonical_json,
};
use clasper_governance::approval::{
    Ballot, BreakGlass, BreakGlassAsk, OverrideReason, Rebinding, Verdict, Voter,
};
use clasper_governance::{Effect, GrantLimits, GrantState, HoldAsk};
use clasper_policy::{ApprovalTerms, RequestClaims};
use secrecy::{ExposeSecret, SecretString};

use crate::execution::{
    ClaimRefusal, EditedAsk, Execution, ExecutionAsk, ExecutionClaim, NoticeWriter, ResolutionStep,
    Resolve, StepRefusal, Stepped, TokenFault,
};
use crate::service::error::Error;
use crate::service::request::check_program;
use crate::service::request::{ATTEMPTS, ask_context};
use crate::service::{AdapterCaller, Executions};
use crate::tool::ToolRefusal;

/// The longest note, in characters (reference section 4.4).
const LONGEST_NOTE: usize = 2_000;

/// What an operator does about a pending decision.
#[derive(Debug, Clone)]
pub struct ResolveRequest {
    /// The decision.
    pub decision: DecisionId,
    /// What they say; `None` withdraws it.
    pub verdict: Option<Verdict>,
    /// Why, in their words.
    pub note: Option<String>,
    /// Other arguments, which are approved in place of those asked for.
    pub edited: Option<RequestClaims>,
    /// The revision that they have read (`If-Match`).
    pub expected_revision: Option<i64>,
}

/// An operator lets one execution pass against policy.
#[derive(Debug, Clone)]
pub struct OverrideRequest {
    /// The decision that stands in the way.
    pub decision: DecisionId,
    /// Why.
    pub reason: OverrideReason,
    /// Why, in their words.
    pub justification: String,
    /// Minutes of life.
    pub minutes: u32,
    /// The revision that they have read (`If-Match`).
    pub expected_revision: Option<i64>,
}

impl Executions {
    /// Records what an operator says of a pending decision, and resolves it when that is enough.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn resolve(
        &self,
        caller: &Caller,
        request: ResolveRequest,
    ) -> Result<Execution, Error> {
        let voter = voter(caller, Permission::DecisionResolve)?;
        let found = self.find(caller, request.decision).await?;
        let note = match request.note.as_deref() {
            Some(note) => Some(self.note(caller, note).await?),
            None => None,
        };
        let ballot = |verdict| Ballot { verdict, note };
        let ask = self.ask_of(&found)?;
        let (resolve, ask) = match (request.verdict, request.edited) {
            (None, _) => (Resolve::Cancel, ask),
            (Some(verdict), None) => (Resolve::Vote(ballot(verdict)), ask),
            (Some(Verdict::Deny), Some(_)) => {
                return Err(Error::Invalid {
                    pointer: "/edited",
                    detail: "what is denied needs no edited arguments: leave them out".to_owned(),
                });
            }
            (Some(Verdict::Approve), Some(claims)) => {
                let edited_ask = edited(ask, claims)?;
                let edit = self.rebound(&found, &edited_ask).await?;
                let ballot = ballot(Verdict::Approve);
                (Resolve::Edit(Box::new(edit), ballot), edited_ask)
            }
        };
        let step = self.act(
            caller,
            &found,
            voter,
            resolve,
            &ask,
            request.expected_revision,
        );
        self.take(step).await
    }

    /// Lets one execution pass against policy, for minutes. Its grant is claimed like that of an approval.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn override_policy(
        &self,
        caller: &Caller,
        request: OverrideRequest,
    ) -> Result<Execution, Error> {
        let voter = voter(caller, Permission::OverrideUse)?;
        let found = self.find(caller, request.decision).await?;
        let ask = self.ask_of(&found)?;
        let glass = BreakGlass::open(
            &caller.principal,
            &BreakGlassAsk {
                decision: request.decision,
                intent_hash: found.intent_hash,
                reason: request.reason,
                justification: self.note(caller, &request.justification).await?,
                minutes: request.minutes,
            },
            self.inner.deps.clock.now(),
        )?;
        let reason_code = Some(glass.reason().code());
        let (judged, _) = self
            .judge(&caller.scope(), &ask, found.intent_hash, reason_code)
            .await?;
        // Nothing outweighs a Cedar `forbid`, unless it says itself that an override does.
        if judged.reason == clasper_governance::Reason::PolicyForbids {
            return Err(ClaimRefusal::PolicyDenied.into());
        }
        let resolve = Resolve::Override(Box::new(glass));
        let step = self.act(
            caller,
            &found,
            voter,
            resolve,
            &ask,
            request.expected_revision,
        );
        self.take(step).await
    }

    /// The decision token of an execution of the adapter's own, as long as it can be used.
    #[must_use]
    pub fn decision_token(&self, execution: &Execution) -> Option<SecretString> {
        let now = self.inner.deps.clock.now();
        self.inner.tokens.of(execution, now)
    }

    /// Claims the grant of an approval with its decision token: once, for exactly what was approved. The request sent again
    /// claims the same grant; whichever comes first has it.
    ///
    /// # Errors
    /// [`Error::Claim`] and others; nothing is written then.
    pub async fn consume(
        &self,
        caller: &AdapterCaller,
        decision: DecisionId,
        token: Option<&SecretString>,
    ) -> Result<Execution, Error> {
        let found = self.own_decision(caller, decision).await?;
        self.check_token(&found, token)?;
        let ask = self.ask_of(&found)?;
        let deps = &self.inner.deps;
        for _ in 0..ATTEMPTS {
            let reason = found.is_override().then_some("override");
            let intent = ask.intent()?;
            let (judgement, _) = self
                .judge(&caller.scope(), &ask, intent.hash, reason)
                .await?;
            let claim = ExecutionClaim {
                scope: caller.scope(),
                decision,
                actor: caller.actor(),
                intent,
                ask: HoldAsk {
                    full: ask.cost(),
                    floor: ask.cost(),
                },
                budget_scopes: ask.budget_scopes(),
                judgement,
                last_try: true,
                entry: AuditEntryId::generate(&*deps.ids),
                now: deps.clock.now(),
            };
            match deps.executions.step(Arc::new(claim)).await? {
                Stepped::Stale => deps.policies.reload(&caller.scope()).await.map(drop)?,
                stepped => return self.stepped(stepped),
            }
        }
        Err(Error::Unsettled)
    }

    /// What has no grant to claim any more says so, whatever token comes with it.
    fn check_token(&self, found: &Execution, token: Option<&SecretString>) -> Result<(), Error> {
        let token = token.ok_or(ToolRefusal::Missing)?;
        let now = self.inner.deps.clock.now();
        let live = found.grant.as_ref().ok_or(ClaimRefusal::NoGrant)?;
        match live.state() {
            GrantState::Consumed { .. } => return Err(ClaimRefusal::Used.into()),
            GrantState::Issued if live.grant().expires_at > now => {}
            _ => return Err(ClaimRefusal::Lapsed.into()),
        }
        let checked = self.inner.tokens.check(found, token.expose_secret(), now);
        checked.map_err(|fault| match fault {
            TokenFault::Unknown => ToolRefusal::Invalid.into(),
            TokenFault::Expired => ToolRefusal::Expired.into(),
            TokenFault::Other(name) => ToolRefusal::Other(name).into(),
        })
    }

    /// What was asked, exactly.
    pub(super) fn ask_of(&self, execution: &Execution) -> Result<ExecutionAsk, Error> {
        let context = ask_context(execution.decision);
        let plain = self.inner.deps.seal.open(&context, &execution.sealed_ask);
        let plain = plain.ok_or(Error::Sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }

    async fn find(&self, caller: &Caller, decision: DecisionId) -> Result<Execution, Error> {
        let store = &self.inner.deps.executions;
        let found = store.find_execution(&caller.scope(), decision).await?;
        found.ok_or(Error::NotFound("decision"))
    }

    async fn note(&self, caller: &Caller, note: &str) -> Result<String, Error> {
        if note.chars().count() > LONGEST_NOTE {
            return Err(Error::Invalid {
                pointer: "/note",
                detail: "must have at most 2000 characters".to_owned(),
            });
        }
        let privacy = self.inner.deps.redactions.of(&caller.scope()).await?;
        Ok(privacy.words(note)?.into_owned())
    }

    async fn rebound(&self, found: &Execution, ask: &ExecutionAsk) -> Result<EditedAsk, Error> {
        let scope = clasper_core::TenantScope::system(found.tenant.clone());
        let intent = ask.intent()?;
        let (judgement, _) = self.judge(&scope, ask, intent.hash, None).await?;
        if judgement.effect == Effect::Deny {
            return Err(ClaimRefusal::PolicyDenied.into());
        }
        let terms = judgement
            .approval
            .clone()
            .unwrap_or_else(ApprovalTerms::default);
        let shown = self.shown(&scope, ask).await?;
        Ok(EditedAsk {
            rebinding: Rebinding {
                intent_hash: intent.hash,
                required_role: terms.role,
                quorum: u32::from(terms.quorum),
            },
            record: canonical_json(&judgement.record(&shown))?,
            sealed_ask: self
                .inner
                .deps
                .seal
                .seal(&ask_context(found.decision), &serde_json::to_vec(ask)?),
            risk_score: judgement.risk.score,
            risk_level: judgement.risk.level,
            intent,
        })
    }

    fn act(
        &self,
        caller: &Caller,
        found: &Execution,
        voter: Voter,
        resolve: Resolve,
        ask: &ExecutionAsk,
        expected_revision: Option<i64>,
    ) -> ResolutionStep {
        let (deps, config) = (&self.inner.deps, &self.inner.config);
        ResolutionStep {
            scope: caller.scope(),
            decision: found.decision,
            voter,
            resolve,
            expected_revision,
            limits: GrantLimits {
                capabilities: ask.claims.requested_capabilities.clone(),
                max_steps: ask.max_steps.unwrap_or(config.default_max_steps),
                max_cost_usd: Some(ask.cost()),
                max_seconds: config.grant_life.num_seconds().unsigned_abs(),
            },
            grant_life: config.grant_life.max(TimeDelta::minutes(1)),
            grant: GrantId::generate(&*deps.ids),
            entries: std::array::from_fn(|_| AuditEntryId::generate(&*deps.ids)),
            message: OutboxMessageId::generate(&*deps.ids),
            notices: NoticeWriter(Arc::clone(&deps.seal)),
            tokens: self.inner.tokens.clone(),
            now: deps.clock.now(),
        }
    }

    async fn take(&self, step: ResolutionStep) -> Result<Execution, Error> {
        let stepped = self.inner.deps.executions.step(Arc::new(step)).await?;
        self.stepped(stepped)
    }

    fn stepped(&self, stepped: Stepped) -> Result<Execution, Error> {
        match stepped {
            Stepped::Taken(execution) => {
                self.inner.waiters.tell(&execution);
                Ok(*execution)
            }
            Stepped::Refused(StepRefusal::Vote(refusal), _) => Err(refusal.into()),
            Stepped::Refused(StepRefusal::Claim(refusal), _) => Err(refusal.into()),
            Stepped::Refused(StepRefusal::WrongState, _) => Err(Error::WrongState),
            Stepped::Wait => Err(Error::BudgetHeld),
            Stepped::Stale => Err(Error::Unsettled),
            Stepped::NotFound => Err(Error::NotFound("decision")),
        }
    }
}

/// The caller as somebody who may resolve decisions.
fn voter(caller: &Caller, permission: Permission) -> Result<Voter, Error> {
    if !caller.may(permission) {
        return Err(Error::Forbidden(permission));
    }
    Ok(Voter {
        actor: caller.principal.actor(),
        user: caller.principal.user.clone(),
        adapter: None,
        role: role_of(&caller.principal),
    })
}

/// The highest role of which the principal holds every permission.
fn role_of(principal: &Principal) -> Role {
    let holds = |role: &&Role| principal.permissions.covers(role.permissions());
    let mut held = Role::ALL.iter().rev().filter(holds);
    held.next().copied().unwrap_or(Role::Agent)
}

/// The ask with other claims: it may ask for other arguments, not for other capabilities.
fn edited(ask: ExecutionAsk, claims: RequestClaims) -> Result<ExecutionAsk, Error> {
    check_program(&claims, "/edited/context/exec/argv0")?;
    let known = &ask.claims.requested_capabilities;
    if claims
        .requested_capabilities
        .iter()
        .any(|name| !known.contains(name))
    {
        return Err(Error::Invalid {
            pointer: "/edited/requested_capabilities",
            detail: "must not name capabilities that were not asked for".to_owned(),
        });
    }
    Ok(ExecutionAsk { claims, ..ask })
}
