//! Admission: the decision about a run, waiting for money that others hold.

use std::time::Duration;

use clasper_core::{AuditEntryId, Usd};
use clasper_governance::{BudgetScope, Decision, Grant, Reason};
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::model::TokenUsage;
use crate::policy::PolicyVerdict;
use crate::run::{Charge, Opening, RunEnd, RunOpening, Settlement};
use crate::send::{Error, SendReply};
use crate::service::engine::Engine;
use crate::service::plan::{Plan, later};

/// How often a request that waits asks again when nothing wakes it: other replicas settle without telling.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// What came of asking.
pub(crate) enum Entry {
    /// The run may start.
    Admitted(Admission),
    /// The same request was answered before.
    Replayed(Box<SendReply>),
}

/// A run's permission.
pub(crate) struct Admission {
    pub(crate) grant: Box<Grant>,
    pub(crate) hold: Usd,
}

/// The members of a decision's inputs that a refusal is explained with.
#[derive(Deserialize)]
struct Refused {
    refused_by: BudgetScope,
    budgets: Vec<RefusedBudget>,
}

#[derive(Deserialize)]
struct RefusedBudget {
    scope: BudgetScope,
    #[serde(rename = "limit_usd")]
    limit: Usd,
    #[serde(rename = "spent_usd")]
    spent: Usd,
    #[serde(rename = "held_usd")]
    held: Usd,
}

impl Engine {
    /// Opens the run, waiting up to `budget_wait` for held money.
    pub(crate) async fn admit(
        &self,
        plan: &Plan,
        cancel: &CancellationToken,
    ) -> Result<Entry, Error> {
        let trace = plan.facts.agent.trace;
        let tenant = &plan.facts.agent.tenant;
        let deadline = Instant::now() + self.config.budget_wait;
        let (mut place, mut policy) = (None, None);
        loop {
            let last_try = Instant::now() >= deadline;
            let mut opening = self.opening_now(&plan.opening, last_try);
            if let Some(policy) = &policy {
                opening.policy = PolicyVerdict::clone(policy);
            }
            let opened = self.deps.runs.open_run(opening).await;
            match opened {
                Ok(Opening::Admitted { grant, hold, .. }) => {
                    if place.is_some() {
                        // There may be room for the next one, too.
                        self.waiters.freed(tenant);
                    }
                    return Ok(Entry::Admitted(Admission { grant, hold }));
                }
                Ok(Opening::Denied(decision)) => return Err(denied(plan, &decision)),
                Ok(Opening::Answered(sealed)) => return self.replay(plan, &sealed),
                Ok(Opening::InFlight) => return Err(Error::InFlight),
                Ok(Opening::KeyReused) => return Err(Error::IdempotencyKeyReused),
                Ok(Opening::Wait) if last_try => return Err(held(plan)),
                Ok(Opening::Wait) => {}
                Ok(Opening::Stale) => {
                    self.deps.policies.reload(&plan.facts.scope).await?;
                    policy = Some(self.ask_policies(&plan.facts, plan.permissions).await?);
                    continue;
                }
                Err(error) => {
                    self.abandon(plan, &error);
                    return Err(Error::Store(error));
                }
            }
            let place = place.get_or_insert_with(|| self.waiters.join(tenant));
            let pause = ASK_AGAIN.min(deadline.saturating_duration_since(Instant::now()));
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Error::Cancelled { trace }),
                () = self.deps.shutdown.cancelled() => return Err(Error::Stopping),
                () = place.woken() => {}
                () = sleep(pause) => {}
            }
        }
    }

    fn opening_now(&self, template: &RunOpening, last_try: bool) -> RunOpening {
        let now = self.now();
        RunOpening {
            now,
            grant_expires_at: later(now, self.config.grant_ttl),
            last_try,
            ..template.clone()
        }
    }

    fn replay(&self, plan: &Plan, sealed: &[u8]) -> Result<Entry, Error> {
        let key = plan.opening.idempotency.as_ref();
        let context = answer_context(plan, key.map_or("", |claim| &claim.key));
        let reply = self.deps.seal.open(&context, sealed);
        let reply = reply.and_then(|plain| serde_json::from_slice(&plain).ok());
        reply.map(Entry::Replayed).ok_or(Error::Encoding)
    }

    /// The database failed while the run was being opened, so it may be open: it is closed without a charge.
    fn abandon(&self, plan: &Plan, error: &clasper_core::StoreError) {
        if !matches!(error, clasper_core::StoreError::Unavailable(_)) {
            return;
        }
        let ids = &*self.deps.ids;
        let mut trace = plan.opening.draft.clone();
        trace.status = clasper_tracing::RunStatus::Failed;
        trace.error = Some("database_unavailable".to_owned());
        self.put_aside(Settlement {
            scope: plan.facts.scope.clone(),
            execution: plan.facts.execution,
            actor: plan.facts.actor.clone(),
            end: RunEnd::Failed,
            reason: trace.error.clone(),
            charge: Charge::Actual(Usd::ZERO),
            usage: TokenUsage::default(),
            trace,
            deliveries: Vec::new(),
            answer: None,
            kept_values: None,
            entry: AuditEntryId::generate(ids),
            alert_entries: std::array::from_fn(|_| AuditEntryId::generate(ids)),
            now: self.now(),
        });
    }
}

/// What a sealed answer is bound to.
pub(crate) fn answer_context(plan: &Plan, key: &str) -> Vec<u8> {
    format!("answer/{}/{key}", plan.facts.agent.tenant).into_bytes()
}

fn denied(plan: &Plan, decision: &Decision) -> Error {
    metrics::counter!("clasper_runs_total", "outcome" => "denied").increment(1);
    if !matches!(decision.reason, Reason::BudgetExceeded | Reason::BudgetHeld) {
        return Error::Policy {
            code: decision.reason.code(),
            policy: decision.matched_policies.first().cloned(),
            trace: plan.facts.agent.trace,
        };
    }
    let inputs: Option<Refused> = serde_json::from_str(decision.inputs.as_str()).ok();
    let ask = plan.opening.ask.full;
    let found = inputs.and_then(|inputs| {
        let is_it = |budget: &RefusedBudget| budget.scope == inputs.refused_by;
        inputs.budgets.into_iter().find(is_it)
    });
    let detail = match found {
        Some(budget) => {
            let (of, with) = match &budget.scope {
                BudgetScope::Tenant => (String::new(), String::new()),
                scope => (
                    format!(" of {scope}"),
                    format!(" and \"scope\": \"{scope}\""),
                ),
            };
            format!(
                "{} of {} USD{of} are spent and {} USD are held for other runs; this message may cost up to {ask} USD: raise the limit with POST /budget{with}, or wait for the next period",
                budget.spent, budget.limit, budget.held
            )
        }
        None => format!("this message may cost up to {ask} USD, which the budget does not cover"),
    };
    Error::Budget {
        code: decision.reason.code(),
        detail,
        trace: plan.facts.agent.trace,
    }
}

fn held(plan: &Plan) -> Error {
    Error::Budget {
        code: "budget_held",
        detail: "the budget is held for other runs and none ended in time: try again".to_owned(),
        trace: plan.facts.agent.trace,
    }
}
