//! The rules in force until a tenant's own policies are: what the credential permits may be done within the budget.

use clasper_core::Sha256Digest;

/// A rule that ships with Clasper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinPolicy {
    /// Its id in decisions.
    pub id: &'static str,
    /// Its full text, under the bundle hash.
    pub text: &'static str,
}

impl BuiltinPolicy {
    /// Agent runs.
    pub const AGENT_RUN: Self = Self {
        id: "clasper:agent-run",
        text: "allow agent_run when the principal holds agent:run, the model has a price and the budget holds the ask; deny otherwise",
    };

    /// Tool calls within a run.
    pub const TOOL_CALL: Self = Self {
        id: "clasper:tool-call",
        text: "allow tool_call when the backend offers the tool, a skill names it, the tenant's credential allows it, its arguments fit its schema and the run has steps left; deny otherwise",
    };

    /// SHA-256 over the full text of all of them.
    #[must_use]
    pub fn bundle_hash() -> Sha256Digest {
        let all = [Self::AGENT_RUN, Self::TOOL_CALL];
        let text: Vec<String> = all
            .iter()
            .map(|p| format!("{}\n{}\n", p.id, p.text))
            .collect();
        Sha256Digest::of(text.concat().as_bytes())
    }
}
