//! What is kept of a decision, as one text: its hash is in the entry that says that it was decided.

use std::fmt::Write as _;

use crate::{CanonicalJson, Sha256Digest};

/// Everything that is kept of a decision. Texts that are JSON are taken as they are stored, so that a change of one byte shows.
#[derive(Debug, Clone)]
pub struct DecisionRecord<'a> {
    /// What was asked for.
    pub action: &'a str,
    /// When, in microseconds since 1970.
    pub decided_at_micros: i64,
    /// The decision's id.
    pub decision_id: String,
    /// What was decided.
    pub effect: &'a str,
    /// The execution it belongs to.
    pub execution_id: String,
    /// The grant's id, if it gave one.
    pub grant_id: Option<String>,
    /// The grant's limits, in JSON.
    pub grant_limits: Option<&'a str>,
    /// What it was computed from, in JSON.
    pub inputs: &'a str,
    /// The hash of what was wanted.
    pub intent_hash: Sha256Digest,
    /// The rules that matched, in JSON.
    pub matched_policies: &'a str,
    /// The hash of the rules in force.
    pub policy_bundle_hash: Sha256Digest,
    /// Why.
    pub reason: &'a str,
}

impl DecisionRecord<'_> {
    /// The record as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = String::with_capacity(self.inputs.len() + 768);
        let mut member = |name: &str, value: &str| {
            let first = if text.is_empty() { '{' } else { ',' };
            // Writing to a text does not fail.
            let _ = write!(text, "{first}\"{name}\":{value}");
        };
        let null = "null".to_owned();
        let grant = self.grant_id.as_deref().map_or(null, quoted);
        member("action", &quoted(self.action));
        let decided_at = self.decided_at_micros.to_string();
        member("decided_at_micros", &quoted(&decided_at));
        member("decision_id", &quoted(&self.decision_id));
        member("effect", &quoted(self.effect));
        member("execution_id", &quoted(&self.execution_id));
        member("grant_id", &grant);
        member("grant_limits", self.grant_limits.unwrap_or("null"));
        member("inputs", self.inputs);
        member("intent_hash", &quoted(&self.intent_hash.to_string()));
        member("matched_policies", self.matched_policies);
        let bundle = self.policy_bundle_hash.to_string();
        member("policy_bundle_hash", &quoted(&bundle));
        member("reason", &quoted(self.reason));
        text.push('}');
        text
    }

    /// SHA-256 of that line, as the entry says it in `decision_hash`.
    #[must_use]
    pub fn hash(&self) -> Sha256Digest {
        Sha256Digest::of(self.to_json().as_bytes())
    }
}

fn quoted(text: &str) -> String {
    // A text always has a JSON form.
    crate::canonical_json(&text).map_or_else(|_| "null".to_owned(), CanonicalJson::into_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> DecisionRecord<'static> {
        DecisionRecord {
            action: "tool_call",
            decided_at_micros: 7,
            decision_id: "d".to_owned(),
            effect: "allow",
            execution_id: "e".to_owned(),
            grant_id: None,
            grant_limits: Some(r#"{"max_steps":1}"#),
            inputs: r#"{"a":1.5}"#,
            intent_hash: Sha256Digest::of(b"intent"),
            matched_policies: r#"["first"]"#,
            policy_bundle_hash: Sha256Digest::of(b"bundle"),
            reason: "say \"why\"\n",
        }
    }

    #[test]
    fn a_record_is_one_line_of_json_with_its_members_in_order() {
        let text = record().to_json();
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["reason"], "say \"why\"\n");
        assert_eq!(value["grant_id"], serde_json::Value::Null);
        let canonical = crate::canonical_json(&value).expect("JSON");
        assert_eq!(text, canonical.as_str());
        assert!(!text.contains('\n'));
    }

    #[test]
    fn a_change_of_any_member_changes_the_hash() {
        let changes: [fn(&mut DecisionRecord<'static>); 6] = [
            |r| r.action = "agent_run",
            |r| r.decided_at_micros += 1,
            |r| r.grant_id = Some("g".to_owned()),
            |r| r.grant_limits = None,
            |r| r.inputs = r#"{"a":1.50}"#,
            |r| r.matched_policies = "[]",
        ];
        for change in changes {
            let mut forged = record();
            change(&mut forged);
            assert_ne!(forged.hash(), record().hash(), "{forged:?}");
        }
    }
}
