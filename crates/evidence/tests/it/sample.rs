//! A log of runs as the runtime writes it, and the bundle that an export makes of it.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, ChainHead, LoggedEntry, SequentialIds, Sha256Digest,
    TenantId, Timestamp, TraceId, canonical_json,
};
use clasper_evidence::{
    BundleFile, BundleRange, BundleScope, CHECKPOINT, Checkpoint, DECISIONS, ENTRIES, Frontier,
    KeyKind, KeyPair, KeyRing, LEAF_HASHES, LogKey, LogOrigin, MANIFEST, MANIFEST_SIGNATURE,
    Manifest, MemoryBundle, SigningKey, TRACES, TileAppender, TileSet, TlogProof, Tree,
    manifest_note,
};
use serde_json::{Value, json};

pub fn tenant() -> TenantId {
    TenantId::new("acme+eu").expect("a name")
}

pub fn origin() -> LogOrigin {
    LogOrigin::new("evidence.example", &tenant()).expect("a name")
}

pub fn signer(seed: u8) -> SigningKey {
    let pair = KeyPair::from_seed(&[seed; 32]).expect("a seed");
    pair.named(origin().as_str(), KeyKind::Ed25519)
        .expect("a name")
}

/// The log's own key.
pub fn log_key() -> SigningKey {
    signer(1)
}

/// What is written under an entry.
#[derive(Clone)]
pub struct Draft {
    event: AuditEvent,
    trace: Option<TraceId>,
    detail: Value,
}

/// A log with what hangs on it.
#[derive(Clone)]
pub struct Sample {
    pub drafts: Vec<Draft>,
    pub entries: Vec<LoggedEntry>,
    pub traces: Vec<String>,
    pub decisions: Vec<String>,
}

impl Sample {
    /// `runs` runs of four entries, every third refused, the last one open.
    pub fn of_runs(runs: usize) -> Self {
        let ids = SequentialIds::default();
        let (mut drafts, mut traces, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
        let mut decide = |event, decision: &str, trace, drafts: &mut Vec<Draft>| {
            let detail = json!({"decision_id": decision, "effect": "allow", "reason": "permitted", "intent_hash": "sha256:00"});
            let mut record = detail.clone();
            record["inputs"] = json!({"model": "offline"});
            decisions.push(record.to_string());
            let draft = Draft {
                event,
                trace,
                detail,
            };
            drafts.push(draft);
        };
        for run in 0..runs {
            let trace = Some(TraceId::generate(&ids));
            let decision = format!("run-{run}");
            if run % 3 == 2 {
                decide(
                    AuditEvent::AgentExecutionDenied,
                    &decision,
                    trace,
                    &mut drafts,
                );
                continue;
            }
            decide(
                AuditEvent::AgentExecutionStarted,
                &decision,
                trace,
                &mut drafts,
            );
            if run + 1 == runs {
                break;
            }
            let tool = format!("tool-{run}");
            decide(
                AuditEvent::ToolAuthorizationGranted,
                &tool,
                trace,
                &mut drafts,
            );
            drafts.push(Draft {
                event: AuditEvent::ToolCallSucceeded,
                trace,
                detail: json!({"decision_id": tool, "success": true}),
            });
            let document =
                json!({"id": trace.map(|t| t.to_string()), "output": format!("réponse {run}\n")});
            let document = document.to_string();
            let hash = Sha256Digest::of(document.as_bytes()).to_string();
            traces.push(document);
            drafts.push(Draft {
                event: AuditEvent::AgentExecutionCompleted,
                trace,
                detail: json!({"decision_id": decision, "trace_hash": hash, "cost_usd": "0.1"}),
            });
        }
        Self::logged(drafts, traces, decisions)
    }

    fn logged(drafts: Vec<Draft>, traces: Vec<String>, decisions: Vec<String>) -> Self {
        let (ids, mut head) = (SequentialIds::default(), ChainHead::EMPTY);
        let entries = drafts.iter().map(|draft| {
            let logged = head.append(AuditEntry {
                id: AuditEntryId::generate(&ids),
                tenant: tenant(),
                workspace: None,
                trace: draft.trace,
                user: None,
                actor: "user:\"ann\"".into(),
                event: draft.event,
                target: Some("execution:7".into()),
                detail: canonical_json(&draft.detail).expect("plain JSON"),
                occurred_at: Timestamp::UNIX_EPOCH,
            });
            head = logged.head();
            logged
        });
        Self {
            entries: entries.collect(),
            drafts,
            traces,
            decisions,
        }
    }

    /// The same log with another entry at `place` and everything after it linked anew.
    pub fn forked(&self, place: usize) -> Self {
        let mut drafts = self.drafts.clone();
        drafts[place].detail["forged"] = json!(true);
        Self::logged(drafts, self.traces.clone(), self.decisions.clone())
    }

    pub fn leaves(&self) -> Vec<Sha256Digest> {
        self.entries.iter().map(|e| e.leaf_hash).collect()
    }

    pub fn tiles(&self) -> TileSet {
        let mut appender = TileAppender::default();
        for leaf in self.leaves() {
            appender.append(leaf);
        }
        let mut set = TileSet::default();
        for tile in appender.take_changed() {
            set.insert(tile.tile, tile.hashes);
        }
        set
    }

    /// The signed checkpoint of the first `size` entries.
    pub fn checkpoint(&self, size: usize, key: &SigningKey) -> String {
        let mut frontier = Frontier::default();
        let leaves = self.leaves();
        for leaf in &leaves[..size] {
            frontier.append(*leaf);
        }
        let checkpoint = Checkpoint::new(&origin(), size as u64, frontier.root());
        checkpoint.sign(&[key]).expect("signed").to_string()
    }

    /// The proof file of the entry at `index` in the whole log.
    pub fn proof(&self, index: usize, key: &SigningKey) -> TlogProof {
        let (size, place) = (self.entries.len(), index as u64);
        let hashes = Tree::of_size(size as u64).inclusion(place, &self.tiles());
        TlogProof {
            extra: Some(self.entries[index].leaf_bytes()),
            index: place,
            hashes: hashes.expect("in the log"),
            checkpoint: self.checkpoint(size, key),
        }
    }

    /// The bundle of the whole log.
    pub fn bundle(&self, key: &SigningKey) -> MemoryBundle {
        self.bundle_of(0, self.entries.len(), key)
    }

    /// The whole log as the bundle that shows the entries of the trace of the entry at `index`, without records.
    pub fn bundle_of_trace(&self, index: usize, key: &SigningKey) -> MemoryBundle {
        let mut bundle = self.bundle(key);
        let shown = self.entries[index].entry.trace.expect("it has a trace");
        let line = |entry: &LoggedEntry| match entry.entry.trace {
            Some(trace) if trace == shown => [entry.leaf_bytes(), vec![b'\n']].concat(),
            _ => b"null\n".to_vec(),
        };
        let lines = self.entries.iter().flat_map(line).collect();
        bundle.0.insert(ENTRIES.into(), lines);
        bundle.0.remove(TRACES);
        bundle.0.remove(DECISIONS);
        let scope = BundleScope {
            trace_id: Some(shown.to_string()),
            ..BundleScope::default()
        };
        let range = BundleRange::new(0, self.entries.len() as u64, &[], &[]);
        sign_scoped(&mut bundle, Some(scope), range, key);
        bundle
    }

    /// The bundle of the entries from `start` to `end` of the whole log.
    pub fn bundle_of(&self, start: usize, end: usize, key: &SigningKey) -> MemoryBundle {
        let size = self.entries.len();
        let tiles = self.tiles();
        let before = Tree::of_size(start as u64).frontier(&tiles);
        let after = Tree::of_size(size as u64).consistency(end as u64, &tiles);
        let (before, after) = (before.expect("tiles"), after.expect("tiles"));
        let range = BundleRange::new(start as u64, end as u64, before.nodes(), &after);
        let mut bundle = MemoryBundle::default();
        let mut put = |path: &str, bytes: Vec<u8>| bundle.0.insert(path.into(), bytes);
        let lines = |lines: Vec<Vec<u8>>| {
            lines
                .into_iter()
                .flat_map(|l| [l, vec![b'\n']].concat())
                .collect()
        };
        let part = &self.entries[start..end];
        put(
            ENTRIES,
            lines(part.iter().map(LoggedEntry::leaf_bytes).collect()),
        );
        let hashes = part.iter().flat_map(|e| *e.leaf_hash.as_bytes()).collect();
        put(LEAF_HASHES, hashes);
        if part.len() == size {
            let text = |lines: &[String]| lines.iter().map(|l| l.clone().into_bytes()).collect();
            put(TRACES, lines(text(&self.traces)));
            put(DECISIONS, lines(text(&self.decisions)));
        }
        put("policies/builtin.json", b"{\"rules\":[]}".to_vec());
        put(CHECKPOINT, self.checkpoint(size, key).into_bytes());
        for index in [start, end - 1] {
            let path = format!("proofs/{index}.tlog-proof");
            put(&path, self.proof(index, key).to_string().into_bytes());
        }
        sign(&mut bundle, range, key);
        bundle
    }
}

/// Writes the manifest over what is there, and its signature.
pub fn sign(bundle: &mut MemoryBundle, range: BundleRange, key: &SigningKey) {
    sign_scoped(bundle, None, range, key);
}

/// The same, of a bundle that shows a part.
pub fn sign_scoped(
    bundle: &mut MemoryBundle,
    scope: Option<BundleScope>,
    range: BundleRange,
    key: &SigningKey,
) {
    bundle.0.remove(MANIFEST);
    bundle.0.remove(MANIFEST_SIGNATURE);
    let files = bundle
        .0
        .iter()
        .map(|(path, bytes)| BundleFile::new(path, bytes.len() as u64, Sha256Digest::of(bytes)));
    let ring = KeyRing::new(vec![LogKey {
        key: key.verifier().clone(),
        valid_from: Timestamp::UNIX_EPOCH,
        valid_until: None,
    }]);
    let manifest = Manifest::new(
        &tenant(),
        &origin(),
        Timestamp::UNIX_EPOCH,
        scope,
        range,
        &ring.expect("a ring"),
        files.collect(),
    );
    let bytes = manifest.to_bytes().expect("plain JSON");
    let note = manifest_note(&bytes, &[key]).expect("signed");
    bundle.0.insert(MANIFEST.into(), bytes);
    bundle
        .0
        .insert(MANIFEST_SIGNATURE.into(), note.to_string().into_bytes());
}
