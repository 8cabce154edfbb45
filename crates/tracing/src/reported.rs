//! Traces that executors report: who reported them, and how far they can be believed.

use clasper_core::{AdapterId, ExecutionKey, Sha256Digest, Timestamp, canonical_json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Most failures that are listed of one trace: the first says what is wrong.
const MOST_FAILURES: usize = 20;

/// Whether the hashes of reported steps belong to them (reference section 13.2). Anyone can compute these hashes: they show
/// damage, not who wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashStatus {
    /// There are no steps.
    NoSteps,
    /// No step has a hash.
    NoHashes,
    /// Every hash fits.
    HashConsistent,
    /// A hash is missing or does not fit.
    Compromised,
}

/// What the check of reported steps found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepHashes {
    /// How they stand.
    pub status: HashStatus,
    /// What is wrong: `no_steps`, `missing_step_hashes`, `step_<i>_missing_hash`, `step_<i>_prev_hash_mismatch`,
    /// `step_<i>_hash_mismatch`.
    pub failures: Vec<String>,
}

/// How far a reported trace can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Its hashes contradict its steps.
    Compromised,
    /// Nothing speaks for it but the credential that it came with.
    Unverified,
    /// Its steps belong together; anybody could have computed that.
    HashConsistent,
    /// It was signed by a key that an operator has set for its adapter.
    Signed,
}

/// Who reported a trace, and what was found when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The adapter.
    pub adapter: AdapterId,
    /// Its name for the execution.
    pub execution_key: ExecutionKey,
    /// The key that signed the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// How the hashes of its steps stand.
    pub hashes: HashStatus,
    /// What is wrong with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hash_failures: Vec<String>,
    /// When that was checked.
    pub checked_at: Timestamp,
}

impl Reported {
    /// How far the trace can be believed. A signature over broken hashes proves who sent them, not that they are right.
    #[must_use]
    pub const fn trust(&self) -> Trust {
        match (self.hashes, &self.signed_by) {
            (HashStatus::Compromised, _) => Trust::Compromised,
            (_, Some(_)) => Trust::Signed,
            (HashStatus::HashConsistent, None) => Trust::HashConsistent,
            (HashStatus::NoSteps | HashStatus::NoHashes, None) => Trust::Unverified,
        }
    }
}

/// Checks the chain of steps as they were sent: every member counts, known or not.
#[must_use]
pub fn check_reported_steps(steps: &[Value]) -> StepHashes {
    let failed = |status, failure: &str| StepHashes {
        status,
        failures: vec![failure.to_owned()],
    };
    if steps.is_empty() {
        return failed(HashStatus::NoSteps, "no_steps");
    }
    if steps.iter().all(|step| text(step, "step_hash").is_none()) {
        return failed(HashStatus::NoHashes, "missing_step_hashes");
    }
    let mut failures = Vec::new();
    let mut before = None;
    for (i, step) in steps.iter().enumerate() {
        let own = text(step, "step_hash");
        match own {
            None => failures.push(format!("step_{i}_missing_hash")),
            Some(own) if own != hash(step) => failures.push(format!("step_{i}_hash_mismatch")),
            Some(_) => {}
        }
        if text(step, "prev_step_hash") != before {
            failures.push(format!("step_{i}_prev_hash_mismatch"));
        }
        before = own;
    }
    let status = if failures.is_empty() {
        HashStatus::HashConsistent
    } else {
        HashStatus::Compromised
    };
    failures.truncate(MOST_FAILURES);
    StepHashes { status, failures }
}

fn text<'v>(step: &'v Value, name: &str) -> Option<&'v str> {
    step.get(name)?.as_str()
}

fn hash(step: &Value) -> String {
    let mut linked = Map::new();
    // These two are null where they are not given; the others are left out then.
    for name in ["step_id", "prev_step_hash"] {
        let value = step.get(name).cloned().unwrap_or(Value::Null);
        linked.insert(name.to_owned(), value);
    }
    for name in ["type", "timestamp", "durationMs", "data"] {
        if let Some(value) = step.get(name) {
            linked.insert(name.to_owned(), value.clone());
        }
    }
    // JSON values always have a canonical form.
    canonical_json(&linked)
        .map_or(Sha256Digest::of(b""), |text| text.digest())
        .to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chain(datas: &[Value]) -> Vec<Value> {
        let mut before = Value::Null;
        let step = |(i, data): (usize, &Value)| {
            let mut step = json!({
                "step_id": format!("s{i}"), "prev_step_hash": before, "type": "tool_call",
                "timestamp": "2026-11-20T10:00:00.000Z", "durationMs": 1.5, "data": data,
            });
            step["step_hash"] = hash(&step).into();
            before = step["step_hash"].clone();
            step
        };
        datas.iter().enumerate().map(step).collect()
    }

    #[test]
    fn steps_with_members_that_we_do_not_know_keep_their_hashes() {
        let steps = chain(&[
            json!({"toolName": "ls", "vendor": {"b": 1, "a": [2]}}),
            json!({}),
        ]);
        let found = check_reported_steps(&steps);
        assert_eq!(found.status, HashStatus::HashConsistent);
        assert!(found.failures.is_empty());
    }

    #[test]
    fn a_step_that_was_changed_taken_out_or_moved_is_named() {
        let whole = chain(&[json!({"n": 1}), json!({"n": 2}), json!({"n": 3})]);
        let mut edited = whole.clone();
        edited[1]["data"]["vendor"] = json!("x");
        let mut cut = whole.clone();
        cut.remove(1);
        let mut bare = whole.clone();
        bare[2]["step_hash"] = Value::Null;
        for (steps, failure) in [
            (edited, "step_1_hash_mismatch"),
            (cut, "step_1_prev_hash_mismatch"),
            (bare, "step_2_missing_hash"),
        ] {
            let found = check_reported_steps(&steps);
            assert_eq!(found.status, HashStatus::Compromised);
            assert_eq!(found.failures, [failure]);
        }
    }

    #[test]
    fn hashes_alone_are_not_a_signature() {
        let reported = |hashes, signed_by: Option<&str>| Reported {
            adapter: AdapterId::new("a").expect("a name"),
            execution_key: ExecutionKey::new("e").expect("a name"),
            signed_by: signed_by.map(str::to_owned),
            hashes,
            hash_failures: Vec::new(),
            checked_at: Timestamp::UNIX_EPOCH,
        };
        for (hashes, key, trust) in [
            (HashStatus::HashConsistent, None, Trust::HashConsistent),
            (HashStatus::HashConsistent, Some("k"), Trust::Signed),
            (HashStatus::NoHashes, Some("k"), Trust::Signed),
            (HashStatus::NoHashes, None, Trust::Unverified),
            (HashStatus::Compromised, Some("k"), Trust::Compromised),
        ] {
            assert_eq!(reported(hashes, key).trust(), trust);
        }
        assert_eq!(check_reported_steps(&[]).status, HashStatus::NoSteps);
        let bare = [json!({"type": "error"})];
        assert_eq!(check_reported_steps(&bare).status, HashStatus::NoHashes);
    }
}
