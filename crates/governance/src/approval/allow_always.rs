//! "Allow always": a policy as narrow as what was approved, and with an end.

use chrono::TimeDelta;
use clasper_core::{
    AdapterId, AgentId, DecisionId, EnvironmentId, Sha256Digest, Timestamp, WorkspaceId,
    canonical_json,
};
use serde::{Deserialize, Serialize};

use crate::approval::state::{Approval, ApprovalState};

/// Most days such a policy may last.
const MOST_DAYS: i64 = 30;
/// Most targets it may name: a longer list is no longer read before it is saved.
const MOST_TARGETS: usize = 20;
/// Programs that execute whatever their arguments say: to allow them by name is to allow everything.
const RUNS_ANYTHING: [&str; 35] = [
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "fish",
    "csh",
    "tcsh",
    "busybox",
    "cmd",
    "powershell",
    "pwsh",
    "python",
    "node",
    "deno",
    "bun",
    "ruby",
    "perl",
    "php",
    "lua",
    "osascript",
    "env",
    "xargs",
    "find",
    "sudo",
    "su",
    "doas",
    "nohup",
    "timeout",
    "ssh",
    "docker",
    "kubectl",
    "eval",
    "make",
    "awk",
];

/// What was decided about, as far as a policy can say it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowAlwaysFacts {
    /// The tool.
    pub tool: String,
    /// The adapter.
    pub adapter: AdapterId,
    /// The agent; a policy made from facts without one covers only requests without one.
    pub agent: Option<AgentId>,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The environment; as with the agent.
    pub environment: Option<EnvironmentId>,
    /// Paths, hosts or other targets.
    pub targets: Vec<String>,
    /// The program, for tools that execute one; as with the agent.
    pub argv0: Option<String>,
    /// The digest of the whole intent: every argument has to be the same again.
    pub intent_hash: Sha256Digest,
}

/// A policy that allows what was approved once, again, and nothing else. It is a neutral value: the policy engine compiles it.
/// It is shown before it is saved, and saved only with the digest of what was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NarrowPolicy {
    /// What it allows: each member has to be equal, and what is absent has to be absent.
    pub facts: AllowAlwaysFacts,
    /// The first moment at which it no longer counts.
    pub expires_at: Timestamp,
    /// The decision it was made from.
    pub from_decision: DecisionId,
    /// Who proposed it.
    pub proposed_by: String,
}

/// Why nothing is proposed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProposalRefusal {
    /// Only what was approved can be allowed from now on.
    #[error("only an approved decision can be allowed always")]
    NotApproved,
    /// Shorter than a minute or longer than 30 days.
    #[error("such a policy lasts between one minute and 30 days")]
    Lifetime,
    /// The program executes whatever its arguments say.
    #[error(
        "{argv0} executes whatever its arguments say: allow it once instead, or write a policy"
    )]
    RunsAnything {
        /// The program.
        argv0: String,
    },
    /// A target that stands for more than itself.
    #[error(
        "the target {target:?} stands for more than itself: allow it once instead, or write a policy"
    )]
    OpenTarget {
        /// The target.
        target: String,
    },
    /// More targets than anybody reads.
    #[error("more than 20 targets: allow it once instead, or write a policy")]
    TooManyTargets,
    /// No tool, or a name that stands for more than one.
    #[error("the tool {tool:?} is not the name of one tool")]
    OpenTool {
        /// The name.
        tool: String,
    },
}

impl NarrowPolicy {
    /// The policy that allows what `approval` allowed once, for a while.
    ///
    /// # Errors
    /// [`ProposalRefusal`].
    pub fn propose(
        approval: &Approval,
        facts: AllowAlwaysFacts,
        proposed_by: String,
        lifetime: TimeDelta,
        now: Timestamp,
    ) -> Result<Self, ProposalRefusal> {
        if !matches!(approval.state(), ApprovalState::Approved { .. }) {
            return Err(ProposalRefusal::NotApproved);
        }
        if lifetime < TimeDelta::minutes(1) || lifetime > TimeDelta::days(MOST_DAYS) {
            return Err(ProposalRefusal::Lifetime);
        }
        if facts.tool.trim().is_empty() || facts.tool.contains('*') {
            return Err(ProposalRefusal::OpenTool { tool: facts.tool });
        }
        if let Some(argv0) = facts.argv0.as_ref().filter(|argv0| runs_anything(argv0)) {
            return Err(ProposalRefusal::RunsAnything {
                argv0: argv0.clone(),
            });
        }
        if facts.targets.len() > MOST_TARGETS {
            return Err(ProposalRefusal::TooManyTargets);
        }
        if let Some(target) = facts.targets.iter().find(|target| is_open(target)) {
            return Err(ProposalRefusal::OpenTarget {
                target: target.clone(),
            });
        }
        Ok(Self {
            facts,
            expires_at: now + lifetime,
            from_decision: approval.decision(),
            proposed_by,
        })
    }

    /// Whether it allows `facts` at `now`: everything equal, and no target that it does not name. Without targets it covers only
    /// what has none.
    #[must_use]
    pub fn covers(&self, facts: &AllowAlwaysFacts, now: Timestamp) -> bool {
        let named = facts
            .targets
            .iter()
            .all(|target| self.facts.targets.contains(target));
        let mut same = facts.clone();
        same.targets.clone_from(&self.facts.targets);
        now < self.expires_at
            && named
            && facts.targets.is_empty() == self.facts.targets.is_empty()
            && same == self.facts
    }

    /// The digest that a request to save it has to repeat, so that what is saved is what was shown.
    ///
    /// # Errors
    /// When the policy has no JSON form; never for values of this type.
    pub fn digest(&self) -> Result<Sha256Digest, serde_json::Error> {
        Ok(canonical_json(self)?.digest())
    }
}

/// Whether a program executes what its arguments say, by the name of its file without version and extension.
fn runs_anything(argv0: &str) -> bool {
    let file = argv0.rsplit(['/', '\\']).next().unwrap_or(argv0);
    let name = file.trim().to_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    name.is_empty() || RUNS_ANYTHING.contains(&name)
}

/// Whether a target could stand for more than itself.
fn is_open(target: &str) -> bool {
    let is_up = |part: &str| part == "..";
    target.trim().is_empty()
        || target.contains(['*', '?', '[', '{', '$', '~', '`'])
        || target.split(['/', '\\']).any(is_up)
}
