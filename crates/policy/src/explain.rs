//! Why a decision is what it is, policy by policy, and what would have to change.

use serde::Serialize;
use serde_json::Value;

use crate::bundle::{Member, MemberKind};
use crate::condition::Condition;
use crate::context::PolicyContext;
use crate::effective::{EffectivePolicy, Hit, explained};
use crate::evaluation::{Effect, Evaluation};
use crate::request::Satisfaction;
use crate::view::View;

/// One condition of one policy (reference, section 6.4).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionDetail {
    /// What was looked at: a field, or `scope.…` or `subject.…`.
    pub field: String,
    /// The operator.
    pub operator: &'static str,
    /// What the policy asks for.
    pub expected: Value,
    /// What the context holds; null when it holds nothing.
    pub actual: Value,
    /// Whether it holds.
    pub result: bool,
}

/// Whether a policy took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceResult {
    /// It matched.
    Matched,
    /// It did not.
    Skipped,
    /// It could not be evaluated; that denies.
    Failed,
}

/// One policy in the trace of a decision (reference, section 6.6).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceEntry {
    /// The policy.
    pub policy_id: String,
    /// Whether it took part.
    pub result: TraceResult,
    /// What it asked for, when it matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Effect>,
    /// For people, when it matched; or why a policy was not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Every condition of a rule. Empty for Cedar policies, which Cedar judges as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub condition_details: Vec<ConditionDetail>,
}

/// What would have to change for a rule to allow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeNeeded {
    /// The rule that allows and is nearest to matching.
    pub policy_id: String,
    /// Its conditions that do not hold.
    pub failing: Vec<ConditionDetail>,
    /// The policy that decides against it even when they hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outweighed_by: Option<String>,
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The decision.
    pub evaluation: Evaluation,
    /// Every policy, in the order in which they are weighed.
    pub decision_trace: Vec<TraceEntry>,
    /// What would have to change; absent when it is allowed or no rule allows anything.
    pub nearest_allow: Option<ChangeNeeded>,
}

impl EffectivePolicy {
    /// Decides and explains. The evaluation is that of [`Self::evaluate`].
    #[must_use]
    pub fn explain(&self, context: &PolicyContext) -> Explanation {
        let view = View::new(context);
        let evaluation = self.evaluate(context);
        Explanation {
            decision_trace: self.trace(&view),
            nearest_allow: self.nearest_allow(&view, &evaluation),
            evaluation,
        }
    }

    /// The trace of the reference's section 6.6, every policy in it.
    #[must_use]
    pub fn decision_trace(&self, context: &PolicyContext) -> Vec<TraceEntry> {
        self.trace(&View::new(context))
    }

    fn trace(&self, view: &View<'_>) -> Vec<TraceEntry> {
        let members = self.bundles.iter().flat_map(|bundle| {
            bundle
                .members
                .iter()
                .map(move |member| Hit { bundle, member })
        });
        let mut hits: Vec<Hit<'_>> = members.collect();
        hits.sort_by(|a, b| order(a.member).cmp(&order(b.member)));
        hits.iter().map(|hit| self.entry(view, *hit)).collect()
    }

    fn entry(&self, view: &View<'_>, hit: Hit<'_>) -> TraceEntry {
        let member = hit.member;
        let (result, details) = match &member.kind {
            MemberKind::Rule(rule, _) => {
                let details: Vec<_> = rule.conditions.iter().map(|c| detail(c, view)).collect();
                let matches = rule.enabled && details.iter().all(|detail| detail.result);
                (
                    if matches {
                        TraceResult::Matched
                    } else {
                        TraceResult::Skipped
                    },
                    details,
                )
            }
            MemberKind::Native(_) => (self.judge(view, hit), Vec::new()),
        };
        let matched = result == TraceResult::Matched;
        TraceEntry {
            policy_id: member.policy_id.clone(),
            result,
            decision: matched.then(|| member.effect()),
            explanation: if matched {
                Some(explained(member))
            } else {
                (!member.is_enabled()).then(|| "the policy is disabled".to_owned())
            },
            condition_details: details,
        }
    }

    fn judge(&self, view: &View<'_>, hit: Hit<'_>) -> TraceResult {
        if !hit.member.may_match(view) {
            return TraceResult::Skipped;
        }
        let Some(request) = self.request_for(view, std::iter::once(&hit)) else {
            return TraceResult::Failed;
        };
        match self.engine.satisfies(&request, &hit.member.set) {
            Satisfaction::Satisfied => TraceResult::Matched,
            Satisfaction::NotSatisfied => TraceResult::Skipped,
            Satisfaction::Failed => TraceResult::Failed,
        }
    }

    fn nearest_allow(&self, view: &View<'_>, evaluation: &Evaluation) -> Option<ChangeNeeded> {
        if evaluation.effect == Effect::Allow {
            return None;
        }
        let rules = self.enabled().filter_map(|hit| match &hit.member.kind {
            MemberKind::Rule(rule, rank) if rule.effect == Effect::Allow => Some((rule, rank)),
            _ => None,
        });
        let failing = |conditions: &[Condition]| -> Vec<ConditionDetail> {
            let details = conditions.iter().map(|c| detail(c, view));
            details.filter(|detail| !detail.result).collect()
        };
        let (failing, rule, _) = rules
            .map(|(rule, rank)| (failing(&rule.conditions), rule, rank))
            .min_by(|a, b| (a.0.len(), a.2).cmp(&(b.0.len(), b.2)))?;
        Some(ChangeNeeded {
            policy_id: rule.policy_id.clone(),
            outweighed_by: self.outweighs(&rule.rank(), evaluation),
            failing,
        })
    }

    /// Who decides against a rule of this rank even when it matches.
    fn outweighs(&self, rank: &crate::rule::Rank, evaluation: &Evaluation) -> Option<String> {
        let winner = evaluation.winner.as_ref()?;
        let hit = self.enabled().find(|hit| hit.member.policy_id == *winner)?;
        match &hit.member.kind {
            MemberKind::Rule(_, other)
                if hit.bundle.combining == crate::bundle::Combining::Precedence && other > rank =>
            {
                None
            }
            _ => Some(winner.clone()),
        }
    }
}

/// Cedar policies first, then rules by rank.
fn order(member: &Member) -> (Option<&crate::rule::Rank>, &str) {
    match &member.kind {
        MemberKind::Rule(_, rank) => (Some(rank), &member.policy_id),
        MemberKind::Native(_) => (None, &member.policy_id),
    }
}

fn detail(condition: &Condition, view: &View<'_>) -> ConditionDetail {
    ConditionDetail {
        field: condition.name().into_owned(),
        operator: condition.test.operator(),
        expected: condition.expected(),
        actual: condition.actual(view),
        result: condition.holds(view),
    }
}
