//! What a draft of policies would have decided: recorded executions, judged again.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{
    Caller, Cursor, DecisionId, ExecutionKey, Permission, Sha256Digest, TenantScope, Timestamp, Usd,
};
use clasper_governance::{Effect, Reason};
use clasper_policy::{
    Access, BundleSource, CompiledBundle, EffectivePolicy, InForce, PolicyContext, Slot,
};

use crate::execution::{Execution, ExecutionAsk, ExecutionFilter};
use crate::service::Executions;
use crate::service::Inner;
use crate::service::error::Error;
use crate::service::judge::conclusion;

/// The furthest look back, in days.
pub const MOST_BACKTEST_DAYS: u16 = 90;
/// Executions read at a time: what a backtest holds in memory.
const PAGE: u32 = 200;
/// Agents that a summary names; more are counted in the flips only.
const MOST_AGENTS: usize = 1_000;

/// An execution that the draft would have decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flip {
    /// The decision.
    pub decision: DecisionId,
    /// The adapter's name for the execution.
    pub key: ExecutionKey,
    /// The agent.
    pub agent: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// What was decided.
    pub from: Effect,
    /// What the draft would have decided.
    pub to: Effect,
    /// The most that it may have cost.
    pub cost: Usd,
    /// When it was asked.
    pub requested_at: Timestamp,
}

/// What came of a backtest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BacktestSummary {
    /// Executions that were judged again.
    pub decisions: u64,
    /// Of these, those that would have been decided the same.
    pub unchanged: u64,
    /// The others, by what was and what would have been decided.
    pub flips: BTreeMap<(&'static str, &'static str), u64>,
    /// What the executions that flip may have cost together.
    pub money_affected: Usd,
    /// The agents of executions that flip, at most 1,000.
    pub agents: BTreeSet<String>,
    /// Executions that could not be judged: sealed by another secret, or of an adapter that is not registered any more.
    pub unreadable: u64,
}

/// A step of a backtest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BacktestStep {
    /// An execution flips.
    Flip(Box<Flip>),
    /// Everything was looked at: the last step.
    Done(Box<BacktestSummary>),
}

/// A backtest that is under way. It holds one page of executions, whatever their number.
///
/// What is judged again is what was asked, exactly (after an edit, the edited arguments), with the risk and the facts that
/// the registries hold **now**: the class of an adapter that was changed since counts as it is today. What a budget refused
/// stays refused, so it never flips.
pub struct Backtest {
    executions: Executions,
    scope: TenantScope,
    since: Timestamp,
    in_force: Arc<InForce>,
    draft: Draft,
    page: VecDeque<Execution>,
    next: Next,
    summary: BacktestSummary,
}

enum Next {
    Page(Option<Cursor>),
    Summary,
    Nothing,
}

impl std::fmt::Debug for Backtest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backtest")
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// The policies in force with the draft in the place of the bundle of its slot.
struct Draft {
    source: BundleSource,
    compiled: Arc<CompiledBundle>,
    /// The bundle that it replaces.
    replaced: Option<Sha256Digest>,
    /// By the policies in force in a place, and whether the draft applies there.
    effective: HashMap<(Sha256Digest, bool), Arc<EffectivePolicy>>,
}

impl Draft {
    fn of(source: BundleSource, in_force: &InForce) -> Result<Self, Error> {
        let compiled = CompiledBundle::compile(&source).map_err(clasper_policy::Error::Faults)?;
        let slot = Slot::of(&source.scope, &source.name);
        let in_slot = in_force.policies.bundles.iter().find(|active| {
            let source = &active.bundle.source;
            Slot::of(&source.scope, &source.name) == slot
        });
        Ok(Self {
            replaced: in_slot.map(|active| active.bundle.hash),
            compiled: Arc::new(compiled),
            source,
            effective: HashMap::new(),
        })
    }

    fn at(
        &mut self,
        in_force: &InForce,
        workspace: &str,
        environment: Option<&str>,
    ) -> Arc<EffectivePolicy> {
        let applies = |wanted: &Option<String>, here: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == here)
        };
        let scope = &self.source.scope;
        let is_here =
            applies(&scope.workspace, Some(workspace)) && applies(&scope.environment, environment);
        let current = in_force.at(Some(workspace), environment);
        let place = (current.bundle_hash(), is_here);
        let (replaced, draft) = (self.replaced, &self.compiled);
        let made = self.effective.entry(place).or_insert_with(|| {
            let stays = |bundle: &&Arc<CompiledBundle>| Some(bundle.bundle_hash()) != replaced;
            let others = current.bundles().iter().filter(stays).cloned();
            let draft = is_here.then(|| Arc::clone(draft));
            Arc::new(EffectivePolicy::new(others.chain(draft).collect()))
        });
        Arc::clone(made)
    }
}

impl Executions {
    /// Judges the executions of the last `days` again, with `draft` in the place of the bundle of its scope and name.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without `policy:view` and `decision:view`, [`Error::Policies`] with every fault of the draft,
    /// [`Error::Invalid`] for days out of range, or [`Error::Store`].
    pub async fn backtest(
        &self,
        caller: &Caller,
        days: u16,
        draft: BundleSource,
    ) -> Result<Backtest, Error> {
        for permission in [Permission::PolicyView, Permission::DecisionView] {
            if !caller.may(permission) {
                return Err(Error::Forbidden(permission));
            }
        }
        if !(1..=MOST_BACKTEST_DAYS).contains(&days) {
            return Err(Error::Invalid {
                pointer: "/days",
                detail: format!("must be between 1 and {MOST_BACKTEST_DAYS}"),
            });
        }
        let scope = caller.scope();
        let in_force = self.inner.deps.policies.in_force(&scope).await?;
        let draft = Draft::of(draft, &in_force)?;
        Ok(Backtest {
            executions: self.clone(),
            since: self.inner.deps.clock.now() - TimeDelta::days(days.into()),
            scope,
            in_force,
            draft,
            page: VecDeque::new(),
            next: Next::Page(None),
            summary: BacktestSummary::default(),
        })
    }
}

impl Backtest {
    /// The next flip, then the summary, then `None`.
    ///
    /// # Errors
    /// [`Error::Store`]; the backtest is over then.
    pub async fn next(&mut self) -> Result<Option<BacktestStep>, Error> {
        loop {
            while let Some(execution) = self.page.pop_front() {
                if let Some(flip) = self.judge(&execution).await? {
                    return Ok(Some(BacktestStep::Flip(Box::new(flip))));
                }
            }
            match std::mem::replace(&mut self.next, Next::Nothing) {
                Next::Page(after) => self.turn(after.as_ref()).await?,
                Next::Summary => {
                    let summary = std::mem::take(&mut self.summary);
                    return Ok(Some(BacktestStep::Done(Box::new(summary))));
                }
                Next::Nothing => return Ok(None),
            }
        }
    }

    async fn turn(&mut self, after: Option<&Cursor>) -> Result<(), Error> {
        let filter = ExecutionFilter {
            since: Some(self.since),
            ..ExecutionFilter::default()
        };
        let store = &self.executions.inner.deps.executions;
        let page = store
            .list_executions(&self.scope, &filter, after, PAGE)
            .await?;
        self.page = page.items.into();
        self.next = match page.next {
            Some(cursor) => Next::Page(Some(cursor)),
            None => Next::Summary,
        };
        Ok(())
    }

    async fn judge(&mut self, execution: &Execution) -> Result<Option<Flip>, Error> {
        let Ok(ask) = self.executions.ask_of(execution) else {
            self.summary.unreadable += 1;
            return Ok(None);
        };
        let inner = &self.executions.inner;
        let revision = self.in_force.policies.revision;
        let known = inner
            .deps
            .adapters
            .known(&self.scope, &ask.adapter, revision);
        let adapter = match known.await {
            Ok(adapter) => adapter,
            Err(Error::NotRegistered) => {
                self.summary.unreadable += 1;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut context = inner.context(&self.scope, &ask, &adapter);
        context.server.intent_hash = Some(ask.intent()?.hash.to_string());
        let now = Inner::judgement(context, &ask, &adapter, &self.in_force);
        let environment = now.server.environment.clone();
        let policy = self.draft.at(
            &self.in_force,
            ask.workspace.as_str(),
            environment.as_deref(),
        );
        let evaluation = policy.evaluate(&PolicyContext {
            server: now.server,
            request: ask.claims.clone(),
            access: Access::default(),
        });
        let to = match conclusion(&evaluation).0 {
            Effect::Allow if now.risk.level.needs_approval() => Effect::RequireApproval,
            effect => effect,
        };
        Ok(self.count(execution, &ask, to))
    }

    fn count(&mut self, execution: &Execution, ask: &ExecutionAsk, to: Effect) -> Option<Flip> {
        let summary = &mut self.summary;
        summary.decisions += 1;
        let from = decided(execution);
        if from == to || refused_by_budget(execution) {
            summary.unchanged += 1;
            return None;
        }
        let (cost, agent) = (ask.cost(), execution.agent.clone());
        *summary.flips.entry((from.name(), to.name())).or_default() += 1;
        if let Ok(sum) = summary.money_affected.checked_add(cost) {
            summary.money_affected = sum;
        }
        if let Some(agent) = &agent
            && summary.agents.len() < MOST_AGENTS
        {
            summary.agents.insert(agent.clone());
        }
        Some(Flip {
            decision: execution.decision,
            key: execution.key.clone(),
            agent,
            tool: execution.tool.clone(),
            from,
            to,
            cost,
            requested_at: execution.requested_at,
        })
    }
}

/// What was decided when it was asked, whatever came of it later.
fn decided(execution: &Execution) -> Effect {
    use crate::execution::ExecutionStatus as Status;
    match execution.status {
        _ if execution.approval.is_some() => Effect::RequireApproval,
        Status::Denied => Effect::Deny,
        _ => Effect::Allow,
    }
}

fn refused_by_budget(execution: &Execution) -> bool {
    let by_budget = [Reason::BudgetExceeded, Reason::BudgetHeld];
    by_budget
        .iter()
        .any(|reason| reason.code() == execution.reason)
}
