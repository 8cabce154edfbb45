//! A YAML rule, read and checked.

use std::cmp::Reverse;

use serde_json::{Map, Value, json};

use crate::approval::ApprovalTerms;
use crate::condition::{Condition, Origin, Test};
use crate::evaluation::Effect;

/// What decides among rules that match: the least wins.
pub(crate) type Rank = (Reverse<i64>, Reverse<u8>, Reverse<Effect>, String);

/// A rule of the reference's section 6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) policy_id: String,
    pub(crate) enabled: bool,
    pub(crate) precedence: i64,
    pub(crate) effect: Effect,
    /// Present exactly when the effect is to require approval.
    pub(crate) approval: Option<ApprovalTerms>,
    pub(crate) explanation: Option<String>,
    pub(crate) subject: (String, Option<String>),
    pub(crate) has_workspace: bool,
    pub(crate) has_environment: bool,
    /// Scope, subject and conditions: all must hold.
    pub(crate) conditions: Vec<Condition>,
    /// Metadata of the wizard that wrote the rule, and when the rule ends; kept, never evaluated: what has ended is not
    /// compiled any more.
    pub(crate) metadata: Map<String, Value>,
}

impl Rule {
    /// Workspace and environment together are most specific, then the workspace, then the environment.
    pub(crate) fn specificity(&self) -> u8 {
        2 * u8::from(self.has_workspace) + u8::from(self.has_environment)
    }

    pub(crate) fn rank(&self) -> Rank {
        (
            Reverse(self.precedence),
            Reverse(self.specificity()),
            Reverse(self.effect),
            self.policy_id.clone(),
        )
    }

    /// The whole rule in one form: defaults written out, dotted keys, lists sorted. This is what is hashed.
    pub(crate) fn canonical(&self) -> Value {
        let mut conditions: Vec<Value> = self
            .conditions
            .iter()
            .map(|condition| {
                json!({
                    "field": condition.name(),
                    "operator": condition.test.operator(),
                    "expected": condition.expected(),
                })
            })
            .collect();
        conditions.sort_by_cached_key(Value::to_string);
        json!({
            "policy_id": self.policy_id,
            "enabled": self.enabled,
            "precedence": self.precedence,
            "subject": { "type": self.subject.0, "name": self.subject.1 },
            "conditions": conditions,
            "effect": { "decision": self.effect.name(), "approval": self.approval },
            "explanation": self.explanation,
            "metadata": self.metadata,
        })
    }

    /// The explanation for people: the rule's own, or one made from what it looked at.
    pub(crate) fn explained(&self) -> String {
        if let Some(text) = &self.explanation {
            return text.clone();
        }
        let names: Vec<_> = self
            .conditions
            .iter()
            .filter(|condition| condition.origin == Origin::Conditions)
            .map(|condition| match condition.test {
                Test::Eq(_) => format!("{} is {}", condition.name(), condition.expected()),
                _ => format!(
                    "{} {} {}",
                    condition.name(),
                    condition.test.operator(),
                    condition.expected()
                ),
            })
            .collect();
        let verb = match self.effect {
            Effect::Allow => "allowed",
            Effect::RequireApproval => "approval required",
            Effect::Deny => "denied",
        };
        if names.is_empty() {
            format!("{verb} by {}", self.policy_id)
        } else {
            format!("{verb} by {}: {}", self.policy_id, names.join(", "))
        }
    }
}
