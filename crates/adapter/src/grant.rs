//! What an answer permits.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::ask::Ask;
use crate::blocked::{Blocked, Fault};

/// The limits of a grant.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Scope {
    /// What may be used.
    pub capabilities: Vec<String>,
    /// Most steps.
    pub max_steps: u32,
    /// Most money, in US dollars; no limit when absent.
    pub max_cost: Option<Value>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Leave for one effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// The adapter's name for the execution.
    pub execution_id: String,
    /// The decision.
    pub decision_id: String,
    /// The grant's own id, when the server names it.
    pub grant_id: Option<String>,
    /// A new id for the trace of the execution, which its reports carry.
    pub trace_id: String,
    /// The limits.
    pub scope: Scope,
}

/// The answer to a request, as far as it matters. Members that are not here may be anything.
#[derive(Debug, Deserialize)]
pub(crate) struct Reply {
    pub(crate) allowed: bool,
    pub(crate) execution_id: String,
    pub(crate) decision: String,
    pub(crate) decision_id: String,
    #[serde(default)]
    pub(crate) grant_id: Option<String>,
    #[serde(default)]
    pub(crate) granted_scope: Option<Scope>,
    #[serde(default)]
    pub(crate) blocked_reason: Option<String>,
    #[serde(default)]
    pub(crate) replayed: bool,
}

/// What an answer says.
#[derive(Debug)]
pub(crate) enum Said {
    Allowed(Grant),
    /// People have to agree first.
    Pending {
        decision: String,
    },
}

/// Circumstances under which an answer is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) execution_id: &'a str,
    pub(crate) ask: &'a Ask,
    /// Whether an answer that was given before can only be the lost answer to this very call.
    pub(crate) takes_replays: bool,
    pub(crate) now: DateTime<Utc>,
}

impl Reply {
    /// Reads it: everything that is not clearly permitted is blocked.
    pub(crate) fn read(self, reading: Reading<'_>, trace_id: String) -> Result<Said, Blocked> {
        let unexpected = |text: &str| Blocked::Fault(Fault::Unexpected(text.to_owned()));
        if self.execution_id != reading.execution_id {
            return Err(unexpected("it is about another execution"));
        }
        match (self.allowed, self.decision.as_str()) {
            (true, "allow") => {}
            (false, "pending") => {
                return Ok(Said::Pending {
                    decision: self.decision_id,
                });
            }
            (false, "deny") => {
                return Err(Blocked::Denied {
                    decision: Some(self.decision_id),
                    reason: self.blocked_reason.unwrap_or_else(|| "denied".to_owned()),
                });
            }
            (_, other) => {
                return Err(unexpected(&format!(
                    "allowed is {} and decision is {other:?}",
                    self.allowed
                )));
            }
        }
        let Some(scope) = self.granted_scope else {
            return Err(unexpected("it allows without saying what"));
        };
        let is_covered = |name: &String| scope.capabilities.contains(name);
        if !reading.ask.requested_capabilities.iter().all(is_covered) {
            return Err(unexpected("it grants less than was asked for"));
        }
        if scope.expires_at <= reading.now {
            return Err(Blocked::Expired);
        }
        if self.replayed && !reading.takes_replays {
            return Err(Blocked::Replayed {
                decision: self.decision_id,
            });
        }
        Ok(Said::Allowed(Grant {
            execution_id: self.execution_id,
            decision_id: self.decision_id,
            grant_id: self.grant_id,
            trace_id,
            scope,
        }))
    }
}
