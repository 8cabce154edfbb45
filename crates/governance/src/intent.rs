//! What is wanted, and the hash of what will execute.

use clasper_core::{CanonicalJson, Sha256Digest, canonical_json};
use serde::Serialize;

/// The kind of effect an intent wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// A governed agent run: model calls, and the tool calls decided one by one within it.
    AgentRun,
    /// One call of a backend's tool.
    ToolCall,
    /// Something that an adapter carries out.
    AdapterExecution,
}

impl Action {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AgentRun => "agent_run",
            Self::ToolCall => "tool_call",
            Self::AdapterExecution => "adapter_execution",
        }
    }
}

/// What is wanted. Its hash is over the canonical JSON (RFC 8785) of what executes; the text itself may hold personal
/// data and is not kept here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intent {
    /// The kind of effect.
    pub action: Action,
    /// SHA-256 of the canonical JSON of the effect.
    pub hash: Sha256Digest,
}

impl Intent {
    /// The intent of an effect, given everything that determines it.
    ///
    /// # Errors
    /// When `effect` has no JSON form.
    pub fn of<T: Serialize>(action: Action, effect: &T) -> Result<Self, serde_json::Error> {
        #[derive(Serialize)]
        struct Bound<'a, T> {
            action: Action,
            effect: &'a T,
        }
        let canonical: CanonicalJson = canonical_json(&Bound { action, effect })?;
        Ok(Self {
            action,
            hash: canonical.digest(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_arguments_are_another_intent() {
        let hash = |value| Intent::of(Action::ToolCall, &value).expect("JSON").hash;
        let safe = hash(serde_json::json!({"tool": "write", "path": "/safe/a.md"}));
        assert_eq!(
            safe,
            hash(serde_json::json!({"path": "/safe/a.md", "tool": "write"}))
        );
        assert_ne!(
            safe,
            hash(serde_json::json!({"tool": "write", "path": "/etc/passwd"}))
        );
    }

    #[test]
    fn the_same_effect_under_another_action_is_another_intent() {
        let effect = serde_json::json!({});
        let hash = |action| Intent::of(action, &effect).expect("JSON").hash;
        assert_ne!(hash(Action::ToolCall), hash(Action::AgentRun));
    }
}
