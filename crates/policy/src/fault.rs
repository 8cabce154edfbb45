//! Why a policy cannot be saved.

use std::fmt;

use serde::Serialize;

/// One thing wrong with one policy. Every fault of a bundle is reported, not only the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyFault {
    /// The policy, as far as it names itself.
    pub policy_id: String,
    /// JSON pointer (RFC 6901) to the member at fault; empty for the whole policy, `/cedar` for a Cedar text.
    pub pointer: String,
    /// The line of the Cedar text, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong and what to write instead.
    pub detail: String,
}

impl PolicyFault {
    pub(crate) fn new(
        policy_id: impl Into<String>,
        pointer: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            policy_id: policy_id.into(),
            pointer: pointer.into(),
            line: None,
            detail: detail.into(),
        }
    }

    pub(crate) fn at_line(mut self, line: Option<usize>) -> Self {
        self.line = line;
        self
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy {:?}", self.policy_id)?;
        if !self.pointer.is_empty() {
            write!(f, " at {}", self.pointer)?;
        }
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

impl std::error::Error for PolicyFault {}

/// One more step of a JSON pointer, escaped by RFC 6901.
pub(crate) fn step(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}
