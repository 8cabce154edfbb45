//! Evidence: proofs, keys and completeness of the audit logs.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::WireTime;

/// Between which trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// Size of the earlier tree: the second line of a checkpoint that was kept.
    #[param(example = 2)]
    pub from: u64,
    /// Size of the later tree; by default that of the newest checkpoint.
    #[serde(default)]
    #[param(example = 3)]
    pub to: Option<u64>,
}

/// That a log only grew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "origin": "clasper.example/audit/log/acme",
    "from": 2,
    "from_root": "rvOUrgADvf0BOfTmJcAe0Dfk4n5LGGZTWPTbnFWcNsE=",
    "to": 3,
    "to_root": "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=",
    "proof": ["qvHPfqqJ/8yE8bGcBEwQ6Xf1hR4X3v2yX1n7m2cHk0E="],
    "checkpoint": "clasper.example/audit/log/acme\n3\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n\n— clasper.example/audit/log/acme pqqErm…\n"
}))]
pub struct ConsistencyReply {
    /// The log's name, the first line of its checkpoints.
    pub origin: String,
    /// Size of the earlier tree.
    pub from: u64,
    /// Its root, in base64.
    pub from_root: String,
    /// Size of the later tree.
    pub to: u64,
    /// Its root, in base64.
    pub to_root: String,
    /// The consistency proof (RFC 9162, section 2.1.4), hashes in base64; empty when `from` is 0 or `to`.
    pub proof: Vec<String>,
    /// The newest signed checkpoint.
    pub checkpoint: String,
}

/// A key of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogKeyView {
    /// The verifier key as C2SP signed-note writes it: name, hash and key.
    #[schema(
        example = "clasper.example/audit/log/acme+0ba4fd2c+AQ3Lz7pBv1LQ3aV2cYVvLxrsJm7bBfM7iT8QO1i1mJXQ"
    )]
    pub key: String,
    /// Its hash, eight hexadecimal digits.
    #[schema(example = "0ba4fd2c")]
    pub key_id: String,
    /// The signature algorithm.
    #[schema(example = "Ed25519")]
    pub algorithm: String,
    /// Whether it signs now.
    pub current: bool,
    /// First moment of its use.
    pub valid_from: WireTime,
    /// First moment after its use; null while it is in use.
    #[schema(required)]
    pub valid_until: Option<WireTime>,
}

/// The keys of a tenant's log, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "origin": "clasper.example/audit/log/acme",
    "keys": [{
        "key": "clasper.example/audit/log/acme+0ba4fd2c+AQ3Lz7pBv1LQ3aV2cYVvLxrsJm7bBfM7iT8QO1i1mJXQ",
        "key_id": "0ba4fd2c",
        "algorithm": "Ed25519",
        "current": true,
        "valid_from": "2026-11-20T10:03:16.397Z",
        "valid_until": null
    }]
}))]
pub struct LogKeyList {
    /// The log's name.
    pub origin: String,
    /// The keys.
    pub keys: Vec<LogKeyView>,
}

/// A decision without an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenDecisionView {
    /// The decision.
    pub decision_id: String,
    /// Place of its entry.
    #[schema(example = 7)]
    pub seq: u64,
    /// When it was made.
    pub decided_at: WireTime,
    /// How long it has been open, in milliseconds.
    #[schema(example = 1250)]
    pub age_ms: u64,
}

/// An entry that contradicts the rule that a decision has exactly one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PairFaultView {
    /// `decision_nameless`, `decision_doubled`, `outcome_doubled`, `outcome_orphan` or `too_many_open`.
    #[schema(example = "outcome_orphan")]
    pub code: String,
    /// Its place.
    #[schema(example = 9)]
    pub seq: u64,
}

/// Whether every decision of a log has exactly one outcome or is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "complete": true,
    "origin": "clasper.example/audit/log/acme",
    "entries": 12,
    "paired": 3,
    "open_count": 1,
    "open": [{
        "decision_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11",
        "seq": 12,
        "decided_at": "2026-11-20T10:03:16.397Z",
        "age_ms": 1250
    }],
    "fault_count": 0,
    "faults": [],
    "broken": null,
    "checkpoint_size": 12,
    "checkpoint_matches": true
}))]
pub struct CompletenessReply {
    /// Whether nothing contradicts the rule, the entries are whole, and they make the signed tree.
    pub complete: bool,
    /// The log's name.
    pub origin: String,
    /// Entries that were read.
    pub entries: u64,
    /// Decisions with exactly one outcome, refusals included.
    pub paired: u64,
    /// How many decisions are open.
    pub open_count: u64,
    /// The open decisions, the oldest first; at most 100.
    pub open: Vec<OpenDecisionView>,
    /// How many entries contradict the rule.
    pub fault_count: u64,
    /// The first of them, at most 100.
    pub faults: Vec<PairFaultView>,
    /// The first thing wrong with the entries themselves; they were read up to it.
    #[schema(required)]
    pub broken: Option<String>,
    /// Size of the newest checkpoint when the reading began; null without one.
    #[schema(required)]
    pub checkpoint_size: Option<u64>,
    /// Whether the entries make the tree that it signs; null without one.
    #[schema(required)]
    pub checkpoint_matches: Option<bool>,
}
