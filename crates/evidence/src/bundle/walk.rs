//! Walks the entries with everything that hangs on them.

use std::collections::BTreeMap;

use clasper_core::{Sha256Digest, Timestamp};

use crate::bundle::detail::Particulars;
use crate::bundle::entry::{Entry, read_entry};
use crate::bundle::side::{HashedFile, Piece};
use crate::bundle::verify::{Checked, Files, at};
use crate::bundle::{
    BundleRange, BundleScope, CHECKPOINT, DECISIONS, ENTRIES, LEAF_HASHES, Manifest, TRACES,
};
use crate::checkpoint::Checkpoint;
use crate::completeness::{PairRole, Pairing};
use crate::merkle::{Frontier, leaf_hash, verify_consistency, verify_inclusion};
use crate::tiles::MAX_ENTRY_BYTES;
use crate::tlog_proof::TlogProof;

/// Longest trace or decision record read, in bytes.
const MAX_RECORD_BYTES: usize = 16 * 1024 * 1024;

/// Proof files by the index of their entry, each with its path and its checkpoint, whose signature holds.
pub(crate) type Proofs = BTreeMap<u64, Vec<(String, TlogProof, Checkpoint)>>;

pub(crate) struct Walk<'a> {
    manifest: &'a Manifest,
    now: Timestamp,
    earlier: Option<&'a Checkpoint>,
    proofs: Proofs,
    frontier: Frontier,
    /// The leaf hash of the entry before; `None` before the first that was read.
    previous: Option<Sha256Digest>,
    pairing: Pairing,
    /// Whether the tree passed the earlier checkpoint's size.
    compared: bool,
    /// What may be withheld.
    scope: BundleScope,
}

/// The line of an entry that is withheld.
const WITHHELD: &[u8] = b"null";

/// The files that are read in step with the entries.
struct Sides<'a> {
    hashes: Option<HashedFile<'a>>,
    traces: Option<HashedFile<'a>>,
    decisions: Option<HashedFile<'a>>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        manifest: &'a Manifest,
        now: Timestamp,
        earlier: Option<&'a Checkpoint>,
        proofs: Proofs,
    ) -> Self {
        let range = &manifest.range;
        let before = BundleRange::hashes(&range.before).unwrap_or_default();
        let scope = manifest.scope.clone().unwrap_or_default();
        Self {
            manifest,
            now,
            earlier,
            proofs,
            frontier: Frontier::from_nodes(range.start, before).unwrap_or_default(),
            previous: None,
            pairing: Pairing::new(range.start == 0 && !scope.selects()),
            compared: false,
            scope,
        }
    }

    pub(crate) fn run(
        mut self,
        files: &mut Files<'a>,
        checkpoint: Option<&Checkpoint>,
    ) -> Checked<()> {
        let Some(mut entries) = files.open(ENTRIES)? else {
            return Ok(());
        };
        let mut sides = Sides {
            hashes: files.open(LEAF_HASHES)?,
            traces: files.open(TRACES)?,
            decisions: files.open(DECISIONS)?,
        };
        self.compare_earlier(files);
        let mut whole = true;
        for index in self.manifest.range.start..self.manifest.range.end {
            let (seq, report) = (Some(index + 1), &mut *files.report);
            match at(ENTRIES, entries.line(MAX_ENTRY_BYTES))? {
                Piece::Read if self.scope.selects() && entries.buffer == WITHHELD => {
                    self.withheld(index, &mut sides, files)?;
                }
                Piece::Read => self.entry(index, &entries.buffer, &mut sides, files)?,
                Piece::End => {
                    report.fault("entry_missing", ENTRIES, seq, "the file ends before it");
                }
                Piece::Broken => {
                    let why = "it is longer than 65535 bytes or its line does not end";
                    report.fault("entry_unreadable", ENTRIES, seq, why);
                }
            }
            if self.frontier.size() != index + 1 {
                whole = false;
                break;
            }
        }
        self.close(entries, sides, whole, files)?;
        if let Some(checkpoint) = checkpoint {
            self.compare_roots(checkpoint, files);
        }
        self.left_over(files);
        let pairs = self.pairing.finish(self.now);
        for fault in &pairs.faults {
            let why = "decisions and outcomes do not pair here";
            files
                .report
                .fault(fault.code(), ENTRIES, Some(fault.seq()), why);
        }
        files.report.completeness = Some(pairs);
        Ok(())
    }

    /// Puts the listed leaf hash of an entry that is not shown into the tree.
    fn withheld(
        &mut self,
        index: u64,
        sides: &mut Sides<'_>,
        files: &mut Files<'_>,
    ) -> Checked<()> {
        let listed = match &mut sides.hashes {
            Some(file) => at(LEAF_HASHES, file.digest())?,
            None => None,
        };
        let Some(leaf) = listed else {
            let why = "it is withheld, and its leaf hash is not listed";
            let (report, seq) = (&mut *files.report, Some(index + 1));
            report.fault("entry_missing", ENTRIES, seq, why);
            return Ok(());
        };
        files.report.withheld += 1;
        self.previous = Some(leaf);
        self.frontier.append(leaf);
        self.compare_earlier(files);
        self.prove(index, &leaf, files);
        Ok(())
    }

    fn entry(
        &mut self,
        index: u64,
        bytes: &[u8],
        sides: &mut Sides<'_>,
        files: &mut Files<'_>,
    ) -> Checked<()> {
        let (seq, leaf) = (index + 1, leaf_hash(bytes));
        files.report.entries += 1;
        let listed = match &mut sides.hashes {
            Some(file) => Some(at(LEAF_HASHES, file.digest())?),
            None => None,
        };
        let previous = self.previous.replace(leaf);
        self.frontier.append(leaf);
        self.compare_earlier(files);
        let faults = files.report.fault_count;
        let report = &mut *files.report;
        let mut fault = |code, why| report.fault(code, ENTRIES, Some(seq), why);
        let entry = read_entry(bytes);
        match &entry {
            None => fault("entry_unreadable", "it is no audit entry"),
            Some(entry) if entry.seq != seq => {
                let why = "another entry is in its place: it was dropped, doubled or moved";
                fault("entry_out_of_place", why);
            }
            Some(entry) if entry.tenant != self.manifest.tenant_id => {
                fault("entry_foreign", "it is of another tenant");
            }
            Some(entry)
                if !self
                    .scope
                    .shows(entry.workspace.as_deref(), entry.trace.as_deref()) =>
            {
                fault("entry_foreign", "it is not what the bundle says it shows");
            }
            Some(_) => {}
        }
        if listed.is_some_and(|listed| listed != Some(leaf)) {
            fault("entry_changed", "its leaf hash is not the one listed");
        }
        let Some(entry) = entry else {
            self.prove(index, &leaf, files);
            return Ok(());
        };
        let first = index == self.manifest.range.start;
        let linked = if first {
            index > 0 || entry.prev_hash.is_none()
        } else {
            entry.prev_hash == previous
        };
        // An entry that is sound itself and links to other bytes than those before it says that the one before was changed.
        if !linked && files.report.fault_count == faults {
            let blamed = if first { seq } else { seq - 1 };
            let why = "the next entry links to another one";
            let why = if first {
                "the first entry links to one before it"
            } else {
                why
            };
            files
                .report
                .fault("entry_unlinked", ENTRIES, Some(blamed), why);
        }
        if entry.role.is_none() {
            files.report.unknown_types += 1;
        }
        self.prove(index, &leaf, files);
        self.records(&entry, seq, sides, files)
    }

    /// Pairs the entry and compares its trace and its decision record.
    fn records(
        &mut self,
        entry: &Entry<'_>,
        seq: u64,
        sides: &mut Sides<'_>,
        files: &mut Files<'_>,
    ) -> Checked<()> {
        let role = entry.role.unwrap_or(PairRole::Apart);
        if role == PairRole::Apart {
            self.pairing.take(seq, role, None, entry.occurred_at);
            return Ok(());
        }
        let detail = Particulars::read(entry.detail.as_bytes()).unwrap_or_default();
        let decision = detail.decision_id.as_deref();
        self.pairing.take(seq, role, decision, entry.occurred_at);
        if role == PairRole::Closes {
            let hash = detail
                .trace_hash
                .as_deref()
                .filter(|_| entry.trace.is_some());
            if let (Some(hash), Some(file)) = (hash, &mut sides.traces) {
                trace(hash, seq, file, files)?;
            }
        } else if let Some(file) = &mut sides.decisions {
            let read = at(DECISIONS, file.line(MAX_RECORD_BYTES))? == Piece::Read;
            let fits = if let Some(hash) = detail.decision_hash.as_deref() {
                // It is over every byte of the record, so that nothing is left to compare.
                read && Sha256Digest::of(&file.buffer).to_string() == hash
            } else {
                // What is not looked at must be text all the same: JSON that is skipped is not checked for it.
                let text = std::str::from_utf8(&file.buffer).ok().filter(|_| read);
                let record = text.and_then(|text| Particulars::read(text.as_bytes()));
                record.is_some_and(|record| detail.agrees(&record))
            };
            if fits {
                files.report.decisions += 1;
            } else {
                let why = "the record does not say what the entry says";
                let report = &mut *files.report;
                report.fault("decision_differs", DECISIONS, Some(seq), why);
            }
        }
        Ok(())
    }

    fn prove(&mut self, index: u64, leaf: &Sha256Digest, files: &mut Files<'_>) {
        for (path, proof, checkpoint) in self.proofs.remove(&index).unwrap_or_default() {
            let (size, root) = (checkpoint.size, &checkpoint.root);
            let carried = proof.extra.as_deref().map(leaf_hash);
            let same = carried.is_none_or(|carried| carried == *leaf);
            match verify_inclusion(leaf, index, size, &proof.hashes, root) {
                Ok(()) if same => files.report.proofs += 1,
                Ok(()) => {
                    let why = "it carries another entry";
                    files.report.fault("proof_invalid", &path, None, why);
                }
                Err(why) => files.report.fault("proof_invalid", &path, None, why),
            }
        }
    }

    fn compare_earlier(&mut self, files: &mut Files<'_>) {
        let Some(earlier) = self.earlier.filter(|e| e.size == self.frontier.size()) else {
            return;
        };
        self.compared = true;
        if earlier.root != self.frontier.root() {
            let why = format!(
                "the first {} entries are not those of the earlier checkpoint: the log was forked",
                earlier.size
            );
            files.report.fault("forked", ENTRIES, None, why);
        }
    }

    fn compare_roots(&self, checkpoint: &Checkpoint, files: &mut Files<'_>) {
        let after = BundleRange::hashes(&self.manifest.range.after).unwrap_or_default();
        let (ours, theirs) = (
            (self.frontier.size(), &self.frontier.root()),
            (checkpoint.size, &checkpoint.root),
        );
        let report = &mut *files.report;
        if let Err(error) = verify_consistency(ours, theirs, &after) {
            let why = format!("the entries do not make the signed tree: {error}");
            report.fault("root_differs", CHECKPOINT, None, why);
        }
        if self.manifest.range.end != self.frontier.size() {
            let why = "entries are missing, so the tree was compared in part only";
            report.fault("root_differs", CHECKPOINT, None, why);
        }
        let Some(earlier) = self.earlier else { return };
        if earlier.size > checkpoint.size {
            let why = "the log is shorter than at the earlier checkpoint: it was cut back";
            report.fault("rolled_back", CHECKPOINT, None, why);
        } else if !self.compared {
            let why = "the bundle's entries do not reach the earlier checkpoint: export from it on";
            report.fault("not_comparable", CHECKPOINT, None, why);
        }
    }

    /// Hashes what is left of the files; anything but their end is a fault.
    fn close(
        &self,
        entries: HashedFile<'_>,
        sides: Sides<'_>,
        whole: bool,
        files: &mut Files<'_>,
    ) -> Checked<()> {
        let next = Some(self.frontier.size() + 1);
        let parts = [
            (Some(entries), "entry_extra", ENTRIES),
            (sides.hashes, "entry_extra", LEAF_HASHES),
            (sides.traces, "trace_extra", TRACES),
            (sides.decisions, "decision_extra", DECISIONS),
        ];
        for (file, code, path) in parts {
            let Some(file) = file else { continue };
            let rest = files.finish(path, file)?;
            if rest && whole {
                let entry = next.filter(|_| code == "entry_extra");
                let why = "more follows than the entries ask for";
                files.report.fault(code, path, entry, why);
            }
        }
        Ok(())
    }

    fn left_over(&self, files: &mut Files<'_>) {
        for (path, ..) in self.proofs.values().flatten() {
            let why = "its entry is not in the bundle";
            files.report.fault("proof_invalid", path, None, why);
        }
    }
}

fn trace(hash: &str, seq: u64, file: &mut HashedFile<'_>, files: &mut Files<'_>) -> Checked<()> {
    let piece = at(TRACES, file.line(MAX_RECORD_BYTES))?;
    let report = &mut *files.report;
    if piece != Piece::Read {
        let why = "the trace that the entry names is missing";
        report.fault("trace_missing", TRACES, Some(seq), why);
    } else if file.buffer == b"null" {
        report.traces_not_kept += 1;
    } else if Sha256Digest::of(&file.buffer).to_string() == hash {
        report.traces += 1;
    } else {
        let why = "the trace's hash is not the one in the entry";
        report.fault("trace_differs", TRACES, Some(seq), why);
    }
    Ok(())
}
