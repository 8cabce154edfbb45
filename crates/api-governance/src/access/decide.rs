//! One evaluator for every question.

use clasper_api_state::ApiState;
use clasper_http::require;
use std::collections::HashMap;
use std::sync::Arc;

use clasper_api_types::{AccessDecision, Properties};
use clasper_core::{AdapterId, Caller, Permission, WorkspaceId};
use clasper_delegated::execution::ExecutionAsk;
use clasper_delegated::{DryRun, Error, Foretold};
use clasper_governance::risk::CallerClaims;
use clasper_governance::{BudgetScope, Effect, NestedBudgets};
use clasper_http::Problem;
use clasper_policy::{Evaluation, InForce};
use serde_json::{Value, json};

use crate::access::question::Question;
use crate::evaluation::budgets;

/// The workspace that an adapter executes in when the question names none.
const DEFAULT_WORKSPACE: &str = "default";

/// What is in force, read once for all questions of a request.
pub(super) struct Decider<'a> {
    state: &'a ApiState,
    caller: &'a Caller,
    pub(super) in_force: Arc<InForce>,
    /// Those that were asked for: questions of one request mostly name the same parts.
    budgets: HashMap<Vec<BudgetScope>, NestedBudgets>,
}

impl<'a> Decider<'a> {
    pub(super) async fn new(state: &'a ApiState, caller: &'a Caller) -> Result<Self, Problem> {
        require(caller, Permission::PolicyView)?;
        Ok(Self {
            in_force: state.policies.in_force(&caller.scope()).await?,
            budgets: HashMap::new(),
            state,
            caller,
        })
    }

    /// Whether it may be done, and why. What needs an approval may not be done yet.
    pub(super) async fn decide(&mut self, question: &Question) -> Result<AccessDecision, Problem> {
        if question.is_execution() {
            return self.execution(question).await;
        }
        let context = question.context(&self.caller.principal.tenant);
        let workspace = context.server.workspace.as_ref().map(WorkspaceId::as_str);
        let policy = self
            .in_force
            .at(workspace, context.server.environment.as_deref());
        Ok(of_evaluation(&policy.evaluate(&context)))
    }

    /// What an adapter would be told: its registration, the risk and the budget count as for a request to execute.
    async fn execution(&mut self, question: &Question) -> Result<AccessDecision, Problem> {
        let workspace = match &question.workspace {
            Some(workspace) => Ok(workspace.clone()),
            None => WorkspaceId::new(DEFAULT_WORKSPACE),
        };
        let environment = question.environment.as_deref().map(str::parse).transpose();
        let names = (AdapterId::new(&question.subject.id), workspace, environment);
        let (Ok(adapter), Ok(workspace), Ok(environment)) = names else {
            return Ok(refused("unknown_adapter", "no adapter has this id"));
        };
        let claims = question.claims();
        let capabilities = claims.requested_capabilities.len();
        let ask = ExecutionAsk {
            adapter,
            workspace,
            environment,
            session: None,
            risk: CallerClaims {
                requested_capabilities: u32::try_from(capabilities).unwrap_or(u32::MAX),
                ..CallerClaims::default()
            },
            claims,
            max_steps: None,
            max_cost_usd: None,
            estimated_cost_usd: None,
        };
        let dry = DryRun {
            ask,
            names_adapter: true,
        };
        let executions = &self.state.executions;
        let budgets = self.budgets(dry.ask.budget_scopes()).await?;
        match executions.dry_run(self.caller, dry, budgets).await {
            Ok(told) => Ok(of_foretold(&told)),
            Err(error @ (Error::NotRegistered | Error::Disabled)) => {
                Ok(refused("adapter_not_usable", &error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Decider<'_> {
    /// The budgets of these parts and the tenant's, read once.
    async fn budgets(&mut self, scopes: Vec<BudgetScope>) -> Result<NestedBudgets, Problem> {
        if let Some(known) = self.budgets.get(&scopes) {
            return Ok(known.clone());
        }
        let found = budgets(self.state, self.caller, &scopes).await?;
        self.budgets.insert(scopes, found.clone());
        Ok(found)
    }
}

fn of_evaluation(evaluation: &Evaluation) -> AccessDecision {
    let decided_by = evaluation.winner.as_deref();
    let mut context = reason(
        decided_by.unwrap_or_else(|| evaluation.reason.code()),
        &evaluation.explanation,
    );
    if evaluation.effect == clasper_policy::Effect::RequireApproval {
        context.insert("reason".to_owned(), Value::from("approval_required"));
    }
    AccessDecision {
        decision: evaluation.effect == clasper_policy::Effect::Allow,
        context: Some(context),
    }
}

fn of_foretold(told: &Foretold) -> AccessDecision {
    let evaluation = &told.explanation.evaluation;
    let mut context = reason(&told.reason, &evaluation.explanation);
    if told.effect == Effect::RequireApproval {
        context.insert("reason".to_owned(), Value::from("approval_required"));
    }
    AccessDecision {
        decision: told.effect == Effect::Allow,
        context: Some(context),
    }
}

/// The decision of a question that cannot be asked.
pub(super) fn refused(id: &str, detail: &str) -> AccessDecision {
    AccessDecision {
        decision: false,
        context: Some(reason(id, detail)),
    }
}

/// A reason object of the specification.
fn reason(id: &str, admin: &str) -> Properties {
    let mut context = Properties::new();
    context.insert("id".to_owned(), Value::from(id));
    context.insert("reason_admin".to_owned(), json!({ "en": admin }));
    context
}
