//! Whether an adapter's tools are governed, found out by evaluating, not by reading rules.

use serde::Serialize;

use crate::claims::RequestClaims;
use crate::context::PolicyContext;
use crate::effective::EffectivePolicy;
use crate::evaluation::{Effect, Reason};
use crate::tool_name::normal_tool_name;

/// A tool that no policy names: policies may not name the reserved prefix, so only rules for any tool match it.
const UNKNOWN_TOOL: &str = "__clasper_probe__";

/// How well policies cover the tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PostureStatus {
    /// Every tool is decided by a policy.
    Enforced,
    /// Some tool is denied only because no policy matches it.
    Degraded,
    /// No policy is in force: everything is denied.
    Disabled,
}

/// What a bare call of a tool leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolPosture {
    /// The tool, in normal form.
    pub tool: String,
    /// What happens.
    pub effect: Effect,
    /// The policy that decides.
    pub policy_id: Option<String>,
}

/// Which tools policies decide about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Posture {
    /// In one word.
    pub status: PostureStatus,
    /// Whether a tool that nobody thought of is decided by a policy.
    pub fallback_present: bool,
    /// What happens to a tool that nobody thought of, when a policy decides.
    pub fallback: Option<Effect>,
    /// Policies in force.
    pub policy_count: usize,
    /// Tools that a policy decides about, sorted.
    pub covered_tools: Vec<String>,
    /// Tools that are denied because nothing matches, sorted.
    pub uncovered_tools: Vec<String>,
    /// Each tool's outcome, sorted.
    pub tools: Vec<ToolPosture>,
}

/// Evaluates a bare call of each tool: `base` with nothing in the request but the tool. A rule with further conditions (a
/// program, a path, a tool group) covers such a call only when it matches it.
#[must_use]
pub fn posture(policy: &EffectivePolicy, base: &PolicyContext, tools: &[&str]) -> Posture {
    let mut names: Vec<String> = tools
        .iter()
        .map(|tool| normal_tool_name(tool).into_owned())
        .collect();
    names.sort();
    names.dedup();
    let call = |tool: &str| {
        let mut context = PolicyContext {
            server: base.server.clone(),
            request: RequestClaims::default(),
            access: crate::context::Access::default(),
        };
        context.request.tool = Some(tool.to_owned());
        policy.evaluate(&context)
    };
    let unknown = call(UNKNOWN_TOOL);
    let fallback = (unknown.reason != Reason::NoMatch).then_some(unknown.effect);
    let mut found = Posture {
        status: PostureStatus::Enforced,
        fallback_present: fallback.is_some(),
        fallback,
        policy_count: policy.enabled().count(),
        covered_tools: Vec::new(),
        uncovered_tools: Vec::new(),
        tools: Vec::new(),
    };
    for tool in names {
        let evaluation = call(&tool);
        let covered = matches!(
            evaluation.reason,
            Reason::Rule | Reason::CedarPermit | Reason::CedarForbid
        );
        let list = if covered {
            &mut found.covered_tools
        } else {
            &mut found.uncovered_tools
        };
        list.push(tool.clone());
        found.tools.push(ToolPosture {
            tool,
            effect: evaluation.effect,
            policy_id: evaluation.winner,
        });
    }
    if found.policy_count == 0 {
        found.status = PostureStatus::Disabled;
    } else if !found.uncovered_tools.is_empty() {
        found.status = PostureStatus::Degraded;
    }
    found
}
