//! Two traces beside each other: what differs, where they part, and what of it matters (reference section 13.4).

mod align;
mod calls;
mod steps;
mod summary;

use std::collections::BTreeMap;

use clasper_core::TraceId;
use rust_decimal::Decimal;

pub use align::Pair;
pub use calls::{Call, CallsDiff, ChangedCall};
pub use steps::{Divergence, StepDifference, StepsDiff};
pub use summary::summary_text;

use crate::trace::Trace;

/// Most differences of a kind that are listed one by one; all are counted.
pub const MOST_LISTED: usize = 100;
/// A change of cost beyond this many percent matters.
const COST_PERCENT: i64 = 20;

/// Something on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both<T> {
    /// In the base.
    pub base: T,
    /// In the other.
    pub compare: T,
}

impl<T: PartialEq> Both<T> {
    /// Whether the sides differ.
    pub fn differs(&self) -> bool {
        self.base != self.compare
    }
}

/// Skills on both sides, with their versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SkillsDiff {
    /// In the other only.
    pub added: BTreeMap<String, String>,
    /// In the base only.
    pub removed: BTreeMap<String, String>,
    /// In both, in different versions.
    pub changed: BTreeMap<String, Both<String>>,
    /// In both, the same.
    pub unchanged: Vec<String>,
}

impl SkillsDiff {
    /// Whether there is a difference.
    #[must_use]
    pub fn differs(&self) -> bool {
        !(self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty())
    }
}

/// A number on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberDiff {
    /// In the base.
    pub base: Decimal,
    /// In the other.
    pub compare: Decimal,
}

impl NumberDiff {
    fn of(base: impl Into<Decimal>, compare: impl Into<Decimal>) -> Self {
        Self {
            base: base.into(),
            compare: compare.into(),
        }
    }

    /// The other less the base.
    #[must_use]
    pub fn delta(&self) -> Decimal {
        self.compare - self.base
    }

    /// The change in percent of the base, to two places; `None` where the base is zero.
    #[must_use]
    pub fn percent(&self) -> Option<Decimal> {
        let share = self.delta().checked_div(self.base)?;
        Some((share * Decimal::ONE_HUNDRED).round_dp(2))
    }
}

/// What two traces differ in.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceDiff {
    /// Their ids.
    pub traces: Both<TraceId>,
    /// Whether they ran in the same workspace.
    pub same_workspace: bool,
    /// Whether the same agent ran.
    pub same_agent: bool,
    /// Milliseconds.
    pub duration: NumberDiff,
    /// `provider/model`.
    pub model: Both<String>,
    /// Content hashes of the workspaces.
    pub workspace_hash: Both<String>,
    /// Skills.
    pub skills: SkillsDiff,
    /// Tokens of the prompts.
    pub input_tokens: NumberDiff,
    /// Tokens of the answers.
    pub output_tokens: NumberDiff,
    /// US dollars.
    pub cost: NumberDiff,
    /// Tool calls with their results.
    pub calls: CallsDiff,
    /// Steps.
    pub steps: StepsDiff,
    /// Answers.
    pub outputs: Both<Option<String>>,
    /// Reason codes.
    pub errors: Both<Option<String>>,
    /// Where the two part; `None` when every step does the same.
    pub first_divergence: Option<Divergence>,
}

/// Compares two traces. Moments, durations and ids do not count as differences of steps: no two runs share them.
#[must_use]
pub fn diff(base: &Trace, compare: &Trace) -> TraceDiff {
    let (steps, first_divergence) = steps::diff(&base.steps, &compare.steps);
    let usage = (&base.usage, &compare.usage);
    TraceDiff {
        traces: both(base, compare, |trace| trace.id),
        same_workspace: base.workspace == compare.workspace,
        same_agent: base.agent_role == compare.agent_role,
        duration: NumberDiff::of(base.duration_ms, compare.duration_ms),
        model: both(base, compare, |t| format!("{}/{}", t.provider, t.model)),
        workspace_hash: both(base, compare, |trace| trace.workspace_hash.clone()),
        skills: skills(&base.skill_versions, &compare.skill_versions),
        input_tokens: NumberDiff::of(usage.0.input_tokens, usage.1.input_tokens),
        output_tokens: NumberDiff::of(usage.0.output_tokens, usage.1.output_tokens),
        cost: NumberDiff::of(
            usage.0.total_cost_usd.to_decimal(),
            usage.1.total_cost_usd.to_decimal(),
        ),
        calls: calls::diff(&base.steps, &compare.steps),
        steps,
        outputs: both(base, compare, |trace| trace.output_message.clone()),
        errors: both(base, compare, |trace| trace.error.clone()),
        first_divergence,
    }
}

impl TraceDiff {
    /// What matters of the differences, each as a sentence.
    #[must_use]
    pub fn significant_changes(&self) -> Vec<String> {
        let mut changes = Vec::new();
        let mut note = |matters: bool, text: String| {
            if matters {
                changes.push(text);
            }
        };
        note(
            self.model.differs(),
            format!(
                "the model changed from {} to {}",
                self.model.base, self.model.compare
            ),
        );
        note(
            self.workspace_hash.differs(),
            "the workspace's content changed".to_owned(),
        );
        note(
            self.skills.differs(),
            format!(
                "skills changed: {} added, {} removed, {} in another version",
                self.skills.added.len(),
                self.skills.removed.len(),
                self.skills.changed.len()
            ),
        );
        note(
            self.calls.added_count + self.calls.removed_count > 0,
            format!(
                "tool calls changed: {} added, {} removed",
                self.calls.added_count, self.calls.removed_count
            ),
        );
        note(
            self.errors.differs(),
            format!(
                "the error changed from {} to {}",
                self.errors.base.as_deref().unwrap_or("none"),
                self.errors.compare.as_deref().unwrap_or("none")
            ),
        );
        note(self.cost_matters(), self.cost_change());
        note(self.outputs.differs(), "the answer differs".to_owned());
        changes
    }

    /// How many kinds of things differ, whether that matters or not.
    #[must_use]
    pub fn total_differences(&self) -> usize {
        let calls = &self.calls;
        let ones = [
            !self.same_workspace,
            !self.same_agent,
            self.model.differs(),
            self.workspace_hash.differs(),
            self.cost.base != self.cost.compare,
            self.input_tokens.base != self.input_tokens.compare,
            self.output_tokens.base != self.output_tokens.compare,
            self.outputs.differs(),
            self.errors.differs(),
        ];
        let skills = &self.skills;
        ones.iter().filter(|differs| **differs).count()
            + skills.added.len()
            + skills.removed.len()
            + skills.changed.len()
            + calls.added_count
            + calls.removed_count
            + calls.changed_count
    }

    fn cost_matters(&self) -> bool {
        match self.cost.percent() {
            Some(percent) => percent.abs() > Decimal::from(COST_PERCENT),
            None => !self.cost.compare.is_zero(),
        }
    }

    fn cost_change(&self) -> String {
        let NumberDiff { base, compare } = self.cost;
        match self.cost.percent() {
            Some(percent) => {
                let sign = if percent.is_sign_positive() { "+" } else { "" };
                format!(
                    "the cost changed from ${} to ${} ({sign}{} %)",
                    base.normalize(),
                    compare.normalize(),
                    percent.normalize()
                )
            }
            None => format!("the cost changed from nothing to ${}", compare.normalize()),
        }
    }
}

fn both<T>(base: &Trace, compare: &Trace, part: impl Fn(&Trace) -> T) -> Both<T> {
    Both {
        base: part(base),
        compare: part(compare),
    }
}

fn skills(base: &BTreeMap<String, String>, compare: &BTreeMap<String, String>) -> SkillsDiff {
    let mut diff = SkillsDiff::default();
    for (name, version) in base {
        match compare.get(name) {
            None => {
                diff.removed.insert(name.clone(), version.clone());
            }
            Some(other) if other == version => diff.unchanged.push(name.clone()),
            Some(other) => {
                let versions = Both {
                    base: version.clone(),
                    compare: other.clone(),
                };
                diff.changed.insert(name.clone(), versions);
            }
        }
    }
    let added = compare.iter().filter(|(name, _)| !base.contains_key(*name));
    diff.added = added.map(|(n, v)| (n.clone(), v.clone())).collect();
    diff
}

#[cfg(test)]
mod tests;
