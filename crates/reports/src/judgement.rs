//! What a grant says of what was done.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use clasper_core::{DecisionId, ExecutionId, Timestamp, Usd, WorkspaceId, wire_time};
use clasper_governance::{BudgetScope, Grant};

use crate::report::{Body, Report};

/// How much later than the end of its grant a report of what happened within it may come.
const GRACE: TimeDelta = TimeDelta::minutes(5);

/// Whether an execution may do anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandingState {
    /// Its grant was consumed: it may do what that says.
    Granted(Grant),
    /// It may not, or not yet; this is its status.
    Withheld(&'static str),
}

/// An execution as a report finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its decision.
    pub decision: DecisionId,
    /// The execution, as the ledger names it.
    pub execution: ExecutionId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// The tool that was asked for.
    pub tool: Option<String>,
    /// Whether it may do anything.
    pub state: StandingState,
    /// Money held for it.
    pub hold: Usd,
    /// The budgets that hold it.
    pub hold_scopes: Vec<BudgetScope>,
    /// Whether a cost settles it: it is under way.
    pub is_open: bool,
    /// Whether settling it is the outcome of its decision.
    pub closes: bool,
}

/// Something beyond a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// A stable code.
    pub kind: &'static str,
    /// A sentence.
    pub message: String,
}

/// What a report says was done, as far as a grant limits it.
#[derive(Default)]
struct Deed<'a> {
    /// Whether anything was done at all.
    acts: bool,
    steps: u64,
    /// With what was reported of the execution before.
    cost: Usd,
    tools: BTreeSet<&'a str>,
    at: Timestamp,
}

impl Report {
    /// In which ways what was done is outside the grant of its execution. `spent` is what it reported to have cost before;
    /// `now` is when the report came.
    ///
    /// What merely happened, such as that a call was blocked, is no deed. A step is a model call or a tool call: answers and
    /// errors belong to those.
    #[must_use]
    pub fn judge(&self, standing: Option<&Standing>, spent: Usd, now: Timestamp) -> Vec<Found> {
        let Some(deed) = self.deed(spent).filter(|deed| deed.acts) else {
            return Vec::new();
        };
        let Some(standing) = standing else {
            let message = "nothing was asked for under this execution_id before it was done";
            return vec![found("no_decision", message)];
        };
        let grant = match &standing.state {
            StandingState::Granted(grant) => grant,
            StandingState::Withheld(status) => {
                let message = format!("it was done although the execution is {status}");
                return vec![found("not_granted", message)];
            }
        };
        beyond(&deed, grant, standing.tool.as_deref(), now)
    }

    fn deed(&self, spent: Usd) -> Option<Deed<'_>> {
        Some(match &self.body {
            Body::Trace(trace) => {
                let (mut tools, mut calls) = (BTreeSet::new(), 0);
                for call in trace.calls() {
                    calls += 1;
                    tools.extend(call);
                }
                tools.extend(trace.used_capabilities.iter().map(String::as_str));
                Deed {
                    acts: calls > 0 || !tools.is_empty() || !trace.cost.is_zero(),
                    steps: calls.max(trace.used_steps.unwrap_or(0)),
                    cost: trace.cost,
                    tools,
                    at: trace.completed_at,
                }
            }
            Body::Cost(cost) => Deed {
                acts: !cost.cost.is_zero(),
                cost: spent.checked_add(cost.cost).unwrap_or(cost.cost),
                at: cost.recorded_at,
                ..Deed::default()
            },
            Body::Metrics(metrics) => Deed {
                acts: metrics.step_count > 0,
                steps: metrics.step_count,
                at: metrics.recorded_at,
                ..Deed::default()
            },
            Body::Audit(_) | Body::Violation(_) => return None,
        })
    }
}

fn beyond(deed: &Deed<'_>, grant: &Grant, tool: Option<&str>, now: Timestamp) -> Vec<Found> {
    let mut all = Vec::new();
    let (limits, end) = (&grant.limits, grant.expires_at);
    if deed.at > end {
        let (at, end) = (wire_time(deed.at), wire_time(end));
        let message = format!("it was done at {at}, after the grant ended at {end}");
        all.push(found("after_expiry", message));
    } else if now > end + GRACE {
        let (now, end) = (wire_time(now), wire_time(end));
        let message = format!("it was reported at {now}, long after the grant ended at {end}");
        all.push(found("late_report", message));
    }
    if deed.steps > u64::from(limits.max_steps) {
        let message = format!(
            "{} steps were taken of {} granted",
            deed.steps, limits.max_steps
        );
        all.push(found("steps_exceeded", message));
    }
    if let Some(most) = limits.max_cost_usd.filter(|most| deed.cost > *most) {
        let message = format!("{} USD were spent of {most} granted", deed.cost);
        all.push(found("cost_exceeded", message));
    }
    let granted = |name: &&&str| {
        limits.capabilities.iter().any(|known| known == **name) || tool == Some(**name)
    };
    for name in deed.tools.iter().filter(|name| !granted(name)) {
        let message = format!("{name} was used, which was not granted");
        all.push(found("capability_not_granted", message));
    }
    all
}

fn found(kind: &'static str, message: impl Into<String>) -> Found {
    Found {
        kind,
        message: message.into(),
    }
}
