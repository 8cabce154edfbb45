//! Verifies a bundle against pinned keys, in one pass over its files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use clasper_core::{Sha256Digest, TenantId, Timestamp};

use crate::bundle::manifest::{MAX_MANIFEST_BYTES, manifest_text};
use crate::bundle::side::HashedFile;
use crate::bundle::walk::{Proofs, Walk};
use crate::bundle::{
    BundleFile, BundleFiles, BundleReport, CHECKPOINT, DECISIONS, ENTRIES, LEAF_HASHES, MANIFEST,
    MANIFEST_SIGNATURE, Manifest, TRACES,
};
use crate::checkpoint::{Checkpoint, OpenedCheckpoint, Trust};
use crate::note::{MAX_NOTE_BYTES, SignedNote};
use crate::tlog_proof::TlogProof;
use crate::{checkpoint::LogOrigin, note::VerifierKey};

/// Largest proof file read: the longest entry in base64 and the longest note.
const MAX_PROOF_BYTES: u64 = 512 * 1024;
/// Most bytes of proofs kept for the walk, which bounds memory.
const MAX_PROOFS_BYTES: u64 = 32 * 1024 * 1024;

/// What the verification holds on to. None of it may come from the bundle.
#[derive(Debug, Clone)]
pub struct Pins {
    /// The log's keys, one or more; named after the log's origin.
    pub keys: Vec<VerifierKey>,
    /// A signed checkpoint kept from before; the bundle's log must continue it.
    pub earlier: Option<String>,
    /// Now, for the age of open decisions.
    pub now: Timestamp,
}

/// Verifies bundles.
///
/// Memory: the manifest (at most 16 MiB), proofs (at most 32 MiB, else a fault), one entry or trace (at most 16 MiB) and the
/// [`crate::Pairing`].
#[derive(Debug, Clone)]
pub struct BundleVerifier {
    pins: Pins,
    trust: Trust,
}

impl BundleVerifier {
    /// A verifier that trusts these pins only. Without a key no bundle holds.
    #[must_use]
    pub fn new(pins: Pins) -> Self {
        let trust = Trust {
            log_keys: pins.keys.clone(),
            ..Trust::default()
        };
        Self { pins, trust }
    }

    /// Verifies a bundle: the manifest's signature, every file's hash, every entry, the tree's root, the earlier checkpoint, traces, decision
    /// records, proofs and the pairing of decisions with outcomes. Goes on after a fault where it can, so that the entry at fault is
    /// named.
    #[must_use]
    pub fn verify(&self, files: &dyn BundleFiles) -> BundleReport {
        let mut report = BundleReport::default();
        if let Err((path, error)) = self.check(files, &mut report) {
            report.fault("file_unreadable", &path, None, error.kind());
        }
        report
    }

    fn check(&self, files: &dyn BundleFiles, report: &mut BundleReport) -> Checked<()> {
        let paths: BTreeSet<String> = at("", files.paths())?.into_iter().collect();
        let Some(manifest) = self.manifest(files, &paths, report)? else {
            return Ok(());
        };
        report.tenant_id = Some(manifest.tenant_id.clone());
        let listed: BTreeSet<String> = manifest.files.iter().map(|f| f.path.clone()).collect();
        for path in listed.difference(&paths) {
            report.fault("file_missing", path, None, "the manifest lists it");
        }
        let own = |path: &&String| ![MANIFEST, MANIFEST_SIGNATURE].contains(&path.as_str());
        for path in paths.difference(&listed).filter(own) {
            report.fault("file_unlisted", path, None, "the manifest does not list it");
        }
        let mut audit = Files {
            source: files,
            manifest: &manifest,
            present: paths,
            report,
        };
        let checkpoint = self.checkpoint(&mut audit)?;
        let proofs = self.proofs(&mut audit)?;
        let earlier = self.earlier(audit.report);
        let walked = Walk::new(&manifest, self.pins.now, earlier.as_ref(), proofs);
        walked.run(&mut audit, checkpoint.as_ref())?;
        for file in &manifest.files {
            let read = [CHECKPOINT, ENTRIES, LEAF_HASHES, TRACES, DECISIONS];
            let proof = file.path.starts_with("proofs/");
            if !proof && !read.contains(&file.path.as_str()) {
                let Some(open) = audit.open(&file.path)? else {
                    continue;
                };
                audit.finish(&file.path, open)?;
            }
        }
        Ok(())
    }

    fn manifest(
        &self,
        files: &dyn BundleFiles,
        paths: &BTreeSet<String>,
        report: &mut BundleReport,
    ) -> Checked<Option<Manifest>> {
        for path in [MANIFEST, MANIFEST_SIGNATURE] {
            if !paths.contains(path) {
                report.fault("file_missing", path, None, "every bundle has it");
            }
        }
        if !paths.contains(MANIFEST) {
            return Ok(None);
        }
        let file = at(MANIFEST, files.open(MANIFEST))?;
        let bytes = at(MANIFEST, read_all(file, MAX_MANIFEST_BYTES))?;
        if paths.contains(MANIFEST_SIGNATURE) {
            let file = at(MANIFEST_SIGNATURE, files.open(MANIFEST_SIGNATURE))?;
            let signature = at(MANIFEST_SIGNATURE, read_all(file, MAX_NOTE_BYTES as u64))?;
            match self.signers(&bytes, &signature) {
                Ok(names) => report.signed_by = names,
                Err(why) => report.fault("manifest_signature", MANIFEST_SIGNATURE, None, why),
            }
        }
        match Manifest::parse(&bytes) {
            Ok(manifest) => {
                let tenant = TenantId::new(&manifest.tenant_id).ok();
                let ends = tenant.and_then(|tenant| LogOrigin::new("x", &tenant).ok());
                if !ends.is_some_and(|o| manifest.origin.ends_with(&o.as_str()[1..])) {
                    let why = "the origin is not that of the tenant's log";
                    report.fault("origin_differs", MANIFEST, None, why);
                }
                Ok(Some(manifest))
            }
            Err(error) => {
                report.fault("manifest_unreadable", MANIFEST, None, error);
                Ok(None)
            }
        }
    }

    fn signers(&self, manifest: &[u8], signature: &[u8]) -> Result<Vec<String>, String> {
        let text = std::str::from_utf8(signature).map_err(|_| "no text".to_owned())?;
        let note = SignedNote::parse(text).map_err(|error| error.to_string())?;
        if note.text() != manifest_text(manifest) {
            return Err("it is over another manifest".to_owned());
        }
        let verified = note.verify(&self.pins.keys);
        let verified = verified.map_err(|error| format!("{error}: pin the log's key"))?;
        Ok(verified.iter().map(|v| v.key.to_string()).collect())
    }

    fn checkpoint(&self, audit: &mut Files<'_>) -> Checked<Option<Checkpoint>> {
        let Some(text) = audit.text(CHECKPOINT, MAX_NOTE_BYTES as u64)? else {
            return Ok(None);
        };
        match self.trust.open(&text) {
            Ok(OpenedCheckpoint { checkpoint, .. }) => {
                audit.report.log_size = Some(checkpoint.size);
                if checkpoint.origin != audit.manifest.origin {
                    let why = "it is of another log than the manifest";
                    audit.report.fault("origin_differs", CHECKPOINT, None, why);
                }
                Ok(Some(checkpoint))
            }
            Err(error) => {
                let code = "checkpoint_untrusted";
                audit.report.fault(code, CHECKPOINT, None, error);
                Ok(None)
            }
        }
    }

    fn proofs(&self, audit: &mut Files<'_>) -> Checked<Proofs> {
        let mut proofs: Proofs = BTreeMap::new();
        let mut opened: BTreeMap<Sha256Digest, Checkpoint> = BTreeMap::new();
        let mut kept = 0;
        for file in &audit.manifest.files {
            if !file.path.starts_with("proofs/") {
                continue;
            }
            kept += file.bytes;
            if kept > MAX_PROOFS_BYTES {
                let why = "the bundle has more than 32 MiB of proofs";
                audit.report.fault("proof_invalid", &file.path, None, why);
                break;
            }
            let Some(text) = audit.text(&file.path, MAX_PROOF_BYTES)? else {
                continue;
            };
            let read = TlogProof::parse(&text).map_err(|error| error.to_string());
            let read = read.and_then(|proof| {
                let key = Sha256Digest::of(proof.checkpoint.as_bytes());
                if let Some(checkpoint) = opened.get(&key) {
                    return Ok((proof, checkpoint.clone()));
                }
                let open = self.trust.open(&proof.checkpoint);
                let open = open.map_err(|error| error.to_string())?;
                opened.insert(key, open.checkpoint.clone());
                Ok((proof, open.checkpoint))
            });
            match read {
                Ok((proof, checkpoint)) => {
                    let here = proofs.entry(proof.index).or_default();
                    here.push((file.path.clone(), proof, checkpoint));
                }
                Err(why) => audit.report.fault("proof_invalid", &file.path, None, why),
            }
        }
        Ok(proofs)
    }

    fn earlier(&self, report: &mut BundleReport) -> Option<Checkpoint> {
        let signed = self.pins.earlier.as_deref()?;
        match self.trust.open(signed) {
            Ok(opened) => Some(opened.checkpoint),
            Err(error) => {
                report.fault("earlier_untrusted", CHECKPOINT, None, error);
                None
            }
        }
    }
}

/// An input error with the file it came from.
pub(crate) type Checked<T> = Result<T, (String, io::Error)>;

pub(crate) fn at<T>(path: &str, result: io::Result<T>) -> Checked<T> {
    result.map_err(|error| (path.to_owned(), error))
}

fn read_all(file: Box<dyn Read + '_>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// The files that the manifest lists, compared with it as they are read.
pub(crate) struct Files<'a> {
    source: &'a dyn BundleFiles,
    pub(crate) manifest: &'a Manifest,
    present: BTreeSet<String>,
    pub(crate) report: &'a mut BundleReport,
}

impl<'a> Files<'a> {
    /// A listed file, if it is there. Its absence is a fault already.
    pub(crate) fn open(&self, path: &str) -> Checked<Option<HashedFile<'a>>> {
        if self.listed(path).is_none() || !self.present.contains(path) {
            return Ok(None);
        }
        at(path, self.source.open(path)).map(|file| Some(HashedFile::new(file)))
    }

    /// Reads the rest and compares length and hash; whether there was a rest.
    pub(crate) fn finish(&mut self, path: &str, file: HashedFile<'_>) -> Checked<bool> {
        let (bytes, digest, rest) = at(path, file.finish())?;
        self.compare(path, bytes, digest);
        Ok(rest)
    }

    /// The manifest keeps its files in order.
    fn listed(&self, path: &str) -> Option<&'a BundleFile> {
        let files = &self.manifest.files;
        let place = files.binary_search_by(|file| file.path.as_str().cmp(path));
        place.ok().map(|place| &files[place])
    }

    fn compare(&mut self, path: &str, bytes: u64, digest: Sha256Digest) {
        let same = |file: &BundleFile| file.bytes == bytes && file.sha256 == digest.to_string();
        if !self.listed(path).is_some_and(same) {
            let why = format!("it has {bytes} bytes and {digest}, not what the manifest says");
            self.report.fault("file_changed", path, None, why);
        }
    }

    fn text(&mut self, path: &str, limit: u64) -> Checked<Option<String>> {
        if self.listed(path).is_none() || !self.present.contains(path) {
            return Ok(None);
        }
        let file = at(path, self.source.open(path))?;
        let bytes = at(path, read_all(file, limit))?;
        self.compare(path, bytes.len() as u64, Sha256Digest::of(&bytes));
        let text = String::from_utf8(bytes);
        Ok(Some(text.unwrap_or_default()))
    }
}
