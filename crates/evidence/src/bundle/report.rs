//! What a verification found.

use std::fmt;

use crate::completeness::CompletenessReport;

/// Most faults that are kept.
const KEPT: usize = 100;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFault {
    /// What kind it is; stable, also used by the verifier in `examples/verify.py`.
    pub code: &'static str,
    /// The file at fault.
    pub file: String,
    /// Place of the entry at fault, from 1 (an audit entry's `seq`).
    pub entry: Option<u64>,
    /// Why, for people.
    pub message: String,
}

impl fmt::Display for BundleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.file)?;
        if let Some(entry) = self.entry {
            write!(f, " entry {entry}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// What a verification found. The bundle holds if, and only if, there is no fault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BundleReport {
    /// Whose log, as the manifest says.
    pub tenant_id: Option<String>,
    /// Entries that were read.
    pub entries: u64,
    /// Entries between them that a bundle of one workspace or trace withholds; their leaf hashes are in the tree.
    pub withheld: u64,
    /// Size of the log at its checkpoint.
    pub log_size: Option<u64>,
    /// The pinned keys that signed the manifest.
    pub signed_by: Vec<String>,
    /// Traces whose hash is as its entry says.
    pub traces: u64,
    /// Traces that the bundle does not have any more, and says so.
    pub traces_not_kept: u64,
    /// Decision records that say what their entry says.
    pub decisions: u64,
    /// Proof files that hold.
    pub proofs: u64,
    /// Entries of types that this version does not know; their hashes were checked.
    pub unknown_types: u64,
    /// How decisions and outcomes pair.
    pub completeness: Option<CompletenessReport>,
    /// What is not as it must be, in the order it was found; at most 100 are kept.
    pub faults: Vec<BundleFault>,
    /// How many faults there are.
    pub fault_count: u64,
}

impl BundleReport {
    /// Whether the bundle is what the pinned key signed and agrees with itself and its log.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.fault_count == 0
    }

    /// The first audit entry at fault.
    #[must_use]
    pub fn first_bad_entry(&self) -> Option<&BundleFault> {
        let named = self.faults.iter().filter(|fault| fault.entry.is_some());
        named.min_by_key(|fault| fault.entry)
    }

    pub(crate) fn fault(
        &mut self,
        code: &'static str,
        file: &str,
        entry: Option<u64>,
        message: impl fmt::Display,
    ) {
        self.fault_count += 1;
        if self.faults.len() < KEPT {
            self.faults.push(BundleFault {
                code,
                file: file.to_owned(),
                entry,
                message: message.to_string(),
            });
        }
    }
}

impl fmt::Display for BundleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.holds() {
            "holds"
        } else {
            "DOES NOT HOLD"
        };
        writeln!(f, "The bundle {verdict}.")?;
        let tenant = self.tenant_id.as_deref().unwrap_or("unknown");
        writeln!(f, "tenant: {tenant}")?;
        writeln!(f, "signed by: {}", self.signed_by.join(", "))?;
        writeln!(f, "entries: {} ({} withheld)", self.entries, self.withheld)?;
        writeln!(
            f,
            "traces: {} ({} not kept)",
            self.traces, self.traces_not_kept
        )?;
        writeln!(f, "decisions: {}, proofs: {}", self.decisions, self.proofs)?;
        if let Some(pairs) = &self.completeness {
            writeln!(
                f,
                "paired: {}, open: {}, faulty: {}",
                pairs.paired, pairs.open_count, pairs.fault_count
            )?;
        }
        if let Some(first) = self.first_bad_entry() {
            writeln!(f, "first bad entry: {first}")?;
        }
        for fault in &self.faults {
            writeln!(f, "fault: {fault}")?;
        }
        Ok(())
    }
}
