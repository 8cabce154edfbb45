//! Pairs every decision with its outcome, in one pass over the log.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::BuildHasherDefault;

use clasper_core::{AuditEvent, LoggedEntry, Sha256Digest, Timestamp};
use serde::Deserialize;

/// What an entry is to the pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairRole {
    /// It is a decision that an outcome must follow.
    Decides,
    /// It is the outcome of an earlier decision.
    Closes,
    /// It is a refusal: decision and outcome in one.
    DecidesAndCloses,
    /// Neither.
    Apart,
}

impl PairRole {
    /// The role of an entry of this type. What people resolve and what lapses ends a decision only sometimes: `particular` gives the
    /// texts in the entry's particulars that say when.
    #[must_use]
    pub fn of<'a>(event: AuditEvent, particular: impl Fn(&str) -> Option<&'a str>) -> Self {
        let closes = |closes: bool| if closes { Self::Closes } else { Self::Apart };
        match event {
            AuditEvent::AgentExecutionStarted
            | AuditEvent::ToolAuthorizationGranted
            | AuditEvent::ExecutionAllowed
            | AuditEvent::PolicyDecisionPending => Self::Decides,
            AuditEvent::AgentExecutionDenied
            | AuditEvent::ToolAuthorizationDenied
            | AuditEvent::ExecutionDenied => Self::DecidesAndCloses,
            AuditEvent::AgentExecutionCompleted
            | AuditEvent::AgentExecutionFailed
            | AuditEvent::AgentExecutionCancelled
            | AuditEvent::AgentExecutionRecovered
            | AuditEvent::ToolCallSucceeded
            | AuditEvent::ToolCallFailed
            | AuditEvent::ToolTokenConsumed
            | AuditEvent::ToolAuthorizationLapsed
            | AuditEvent::PolicyDecisionExpired => Self::Closes,
            AuditEvent::PolicyDecisionResolved => closes(particular("status") == Some("rejected")),
            AuditEvent::ExecutionLapsed => closes(particular("closes") != Some("no")),
            AuditEvent::AdapterCostIngested => closes(particular("closes") == Some("yes")),
            _ => Self::Apart,
        }
    }

    /// Whether such an entry records a decision.
    #[must_use]
    pub const fn decides(self) -> bool {
        matches!(self, Self::Decides | Self::DecidesAndCloses)
    }

    /// Whether such an entry records an outcome.
    #[must_use]
    pub const fn closes(self) -> bool {
        matches!(self, Self::Closes | Self::DecidesAndCloses)
    }
}

/// The particulars that pairing asks for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PairDetail<'a> {
    #[serde(borrow)]
    decision_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    closes: Option<Cow<'a, str>>,
}

impl<'a> PairDetail<'a> {
    /// None of them when the text has other members under these names, or is no JSON.
    pub(crate) fn read(detail: &'a str) -> Self {
        serde_json::from_str(detail).unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match name {
            "status" => self.status.as_deref(),
            "closes" => self.closes.as_deref(),
            _ => None,
        }
    }
}

/// A decision without an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDecision {
    /// Its id.
    pub decision: String,
    /// Place of its entry.
    pub seq: u64,
    /// When it was made.
    pub decided_at: Timestamp,
    /// How long it has been open, in milliseconds.
    pub age_ms: u64,
}

/// What contradicts the rule that a decision has exactly one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PairFault {
    /// An entry that decides or closes names no decision.
    Nameless {
        /// Its place.
        seq: u64,
    },
    /// A second decision entry for the same decision.
    DoubleDecision {
        /// Its place.
        seq: u64,
        /// The decision.
        decision: String,
    },
    /// A second outcome for the same decision.
    DoubleOutcome {
        /// Its place.
        seq: u64,
        /// The decision.
        decision: String,
    },
    /// An outcome whose decision is not in the log before it (or was closed longer ago than is remembered).
    Orphan {
        /// Its place.
        seq: u64,
        /// The decision.
        decision: String,
    },
    /// More decisions are open than are kept: nothing can be said.
    TooManyOpen {
        /// Place of the first that was not kept.
        seq: u64,
    },
}

impl PairFault {
    /// Place of the entry at fault.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Nameless { seq }
            | Self::DoubleDecision { seq, .. }
            | Self::DoubleOutcome { seq, .. }
            | Self::Orphan { seq, .. }
            | Self::TooManyOpen { seq } => *seq,
        }
    }

    /// Its name in reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nameless { .. } => "decision_nameless",
            Self::DoubleDecision { .. } => "decision_doubled",
            Self::DoubleOutcome { .. } => "outcome_doubled",
            Self::Orphan { .. } => "outcome_orphan",
            Self::TooManyOpen { .. } => "too_many_open",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompletenessReport {
    /// How many entries were seen.
    pub entries: u64,
    /// Decisions with exactly one outcome, refusals included.
    pub paired: u64,
    /// Decisions without an outcome, the oldest first; at most [`CompletenessReport::LISTED`] are listed.
    pub open: Vec<OpenDecision>,
    /// How many are open.
    pub open_count: u64,
    /// Outcomes of decisions made before the first entry seen; 0 unless the stream starts within the log.
    pub decided_before: u64,
    /// What contradicts the rule, in order; at most [`CompletenessReport::LISTED`] are listed.
    pub faults: Vec<PairFault>,
    /// How many contradict it.
    pub fault_count: u64,
}

impl CompletenessReport {
    /// Most open decisions and most faults listed.
    pub const LISTED: usize = 100;

    /// Whether every decision has exactly one outcome or is open.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.fault_count == 0
    }
}

/// Ids are remembered by 16 bytes of their SHA-256; the hash map need not hash them again.
type Key = [u8; 16];

/// Takes the first eight bytes of a [`Key`], which are uniform already.
#[derive(Default)]
struct FirstBytes(u64);

impl std::hash::Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

type Map<V> = HashMap<Key, V, BuildHasherDefault<FirstBytes>>;

struct Open {
    decision: String,
    seq: u64,
    decided_at: Timestamp,
}

/// Takes a log's entries in order.
///
/// Memory: some 150 bytes for each decision that is open at the same time (at most [`Self::MAX_OPEN`]) and 32 bytes for each of the last
/// [`Self::REMEMBERED`] closed ones: under 15 MB for any log with fewer than 60,000 runs open at once, 160 MB at the limit.
pub struct Pairing {
    from_start: bool,
    open: Map<Open>,
    closed: HashSet<Key, BuildHasherDefault<FirstBytes>>,
    closed_order: VecDeque<Key>,
    report: CompletenessReport,
}

impl Pairing {
    /// Most decisions that may be open at once. Beyond, the report has [`PairFault::TooManyOpen`].
    pub const MAX_OPEN: usize = 1_000_000;
    /// How many closed decisions are remembered to tell a second outcome from an orphan and a decision made twice from a new one.
    pub const REMEMBERED: usize = 100_000;

    /// A pairing over a stream that starts with the log's first entry, or within it: then outcomes may precede the stream's decisions.
    #[must_use]
    pub fn new(from_start: bool) -> Self {
        Self {
            from_start,
            open: Map::default(),
            closed: HashSet::default(),
            closed_order: VecDeque::new(),
            report: CompletenessReport::default(),
        }
    }

    /// Takes the next entry.
    pub fn next(&mut self, logged: &LoggedEntry) {
        let seq = u64::try_from(logged.seq).unwrap_or(0);
        let detail = PairDetail::read(logged.entry.detail.as_str());
        let role = PairRole::of(logged.entry.event, |name| detail.text(name));
        let decision = detail.decision_id;
        self.take(seq, role, decision.as_deref(), logged.entry.occurred_at);
    }

    /// Takes the next entry by what matters of it.
    pub fn take(&mut self, seq: u64, role: PairRole, decision: Option<&str>, at: Timestamp) {
        self.report.entries += 1;
        if role == PairRole::Apart {
            return;
        }
        let Some(decision) = decision else {
            return self.fault(PairFault::Nameless { seq });
        };
        let mut key = [0; 16];
        key.copy_from_slice(&Sha256Digest::of(decision.as_bytes()).as_bytes()[..16]);
        let name = || decision.to_owned();
        if role == PairRole::Closes {
            if self.open.remove(&key).is_some() {
                self.close(key);
            } else if self.closed.contains(&key) {
                let decision = name();
                self.fault(PairFault::DoubleOutcome { seq, decision });
            } else if self.from_start {
                let decision = name();
                self.fault(PairFault::Orphan { seq, decision });
            } else {
                self.report.decided_before += 1;
                self.remember(key);
            }
        } else if self.open.contains_key(&key) || self.closed.contains(&key) {
            let decision = name();
            self.fault(PairFault::DoubleDecision { seq, decision });
        } else if role == PairRole::DecidesAndCloses {
            self.close(key);
        } else if self.open.len() >= Self::MAX_OPEN {
            self.fault(PairFault::TooManyOpen { seq });
        } else {
            let open = Open {
                decision: name(),
                seq,
                decided_at: at,
            };
            self.open.insert(key, open);
        }
    }

    /// The report; `now` gives the open decisions their age.
    #[must_use]
    pub fn finish(mut self, now: Timestamp) -> CompletenessReport {
        self.report.open_count = self.open.len() as u64;
        let mut open: Vec<Open> = self.open.into_values().collect();
        open.sort_by_key(|open| open.seq);
        open.truncate(CompletenessReport::LISTED);
        let aged = |open: Open| OpenDecision {
            age_ms: u64::try_from((now - open.decided_at).num_milliseconds()).unwrap_or(0),
            decision: open.decision,
            seq: open.seq,
            decided_at: open.decided_at,
        };
        self.report.open = open.into_iter().map(aged).collect();
        self.report
    }

    fn close(&mut self, key: Key) {
        self.report.paired += 1;
        self.remember(key);
    }

    fn remember(&mut self, key: Key) {
        self.closed.insert(key);
        self.closed_order.push_back(key);
        if self.closed_order.len() > Self::REMEMBERED
            && let Some(oldest) = self.closed_order.pop_front()
        {
            self.closed.remove(&oldest);
        }
    }

    fn fault(&mut self, fault: PairFault) {
        self.report.fault_count += 1;
        if self.report.faults.len() < CompletenessReport::LISTED {
            self.report.faults.push(fault);
        }
    }
}

impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pairing({} open)", self.open.len())
    }
}

#[cfg(test)]
mod tests;
