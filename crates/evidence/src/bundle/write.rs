//! Makes a bundle of a log or of a part of it, entry by entry: memory does not grow with the log.

use std::io::{self, BufWriter, Write};

use clasper_core::{LoggedEntry, Sha256Digest, TenantId, Timestamp, TraceId};
use sha2::{Digest, Sha256};

use crate::bundle::detail::Particulars;
use crate::bundle::{
    BundleFile, BundleRange, BundleScope, CHECKPOINT, DECISIONS, ENTRIES, LEAF_HASHES, MANIFEST,
    MANIFEST_SIGNATURE, Manifest, POLICIES, TRACES, manifest_note,
};
use crate::checkpoint::{KeyRing, LogOrigin};
use crate::completeness::{PairDetail, PairRole};
use crate::log::StoredCheckpoint;
use crate::merkle::{Frontier, verify_consistency};
use crate::note::{NoteError, SigningKey};

/// Where a bundle's files are put together.
pub trait BundleSink {
    /// A file that is being written.
    type File: Write;

    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be made.
    fn create(&mut self, path: &str) -> io::Result<Self::File>;
}

/// Why no bundle was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// A file could not be written.
    #[error("a file of the bundle cannot be written")]
    Write(#[from] io::Error),
    /// The entries are not those that were signed.
    #[error(
        "the entries do not make the signed tree of {size} entries: run `clasperd audit verify`"
    )]
    Root {
        /// The size of the signed tree.
        size: u64,
    },
    /// The manifest has no JSON form.
    #[error("the manifest cannot be written")]
    Manifest(#[from] serde_json::Error),
    /// The key cannot sign.
    #[error(transparent)]
    Sign(#[from] NoteError),
}

/// What must follow an entry, in this order, before the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follows {
    /// Nothing.
    Nothing,
    /// The trace's stored text, or none when it is not kept any more.
    Trace(TraceId),
    /// The record of this decision.
    Decision(String),
}

/// What a bundle says of itself.
#[derive(Debug, Clone)]
pub struct BundleAbout<'a> {
    /// Whose log.
    pub tenant: &'a TenantId,
    /// The log's name.
    pub origin: &'a LogOrigin,
    /// Now.
    pub created_at: Timestamp,
    /// The keys of the log.
    pub keys: &'a KeyRing,
    /// What was asked for; `None` for the whole log.
    pub scope: Option<BundleScope>,
    /// A checkpoint over the entries that were written, and perhaps more.
    pub checkpoint: &'a StoredCheckpoint,
    /// The proof that its tree continues that of the entries.
    pub after: &'a [Sha256Digest],
}

/// What follows `entry` in a bundle.
#[must_use]
pub fn follows(entry: &LoggedEntry) -> Follows {
    let detail = entry.entry.detail.as_str();
    let said = PairDetail::read(detail);
    let role = PairRole::of(entry.entry.event, |name| said.text(name));
    if role == PairRole::Apart {
        return Follows::Nothing;
    }
    let particulars = Particulars::read(detail.as_bytes()).unwrap_or_default();
    if role == PairRole::Closes {
        let attested = entry
            .entry
            .trace
            .filter(|_| particulars.trace_hash.is_some());
        return attested.map_or(Follows::Nothing, Follows::Trace);
    }
    let decision = particulars.decision_id.unwrap_or_default();
    Follows::Decision(decision.into_owned())
}

/// A file with its length and its hash so far.
struct Part<W: Write> {
    path: &'static str,
    file: BufWriter<W>,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Part<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        if line.contains(&b'\n') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a record of several lines",
            ));
        }
        self.write(line)?;
        self.write(b"\n")
    }

    fn finish(mut self) -> io::Result<BundleFile> {
        self.file.flush()?;
        let hash: [u8; 32] = self.hash.finalize().into();
        let digest = Sha256Digest::from_bytes(hash);
        Ok(BundleFile::new(self.path, self.bytes, digest))
    }
}

/// A bundle in the making.
pub struct BundleMaker<S: BundleSink> {
    sink: S,
    entries: Part<S::File>,
    hashes: Part<S::File>,
    traces: Part<S::File>,
    decisions: Part<S::File>,
    policies: Part<S::File>,
    files: Vec<BundleFile>,
    before: Frontier,
    tree: Frontier,
}

impl<S: BundleSink> BundleMaker<S> {
    /// Begins a bundle of the entries after those that made `before`.
    ///
    /// # Errors
    /// When its files cannot be made.
    pub fn new(mut sink: S, before: Frontier) -> io::Result<Self> {
        let mut part = |path| {
            io::Result::Ok(Part {
                path,
                file: BufWriter::new(sink.create(path)?),
                hash: Sha256::new(),
                bytes: 0,
            })
        };
        Ok(Self {
            entries: part(ENTRIES)?,
            hashes: part(LEAF_HASHES)?,
            traces: part(TRACES)?,
            decisions: part(DECISIONS)?,
            policies: part(POLICIES)?,
            files: Vec::new(),
            tree: before.clone(),
            before,
            sink,
        })
    }

    /// Adds the next entry; what [`follows`] it is added next.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn entry(&mut self, entry: &LoggedEntry) -> io::Result<()> {
        self.entries.line(&entry.leaf_bytes())?;
        self.hashes.write(entry.leaf_hash.as_bytes())?;
        self.tree.append(entry.leaf_hash);
        Ok(())
    }

    /// Adds the next entry without showing it; nothing follows it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn withheld(&mut self, leaf_hash: Sha256Digest) -> io::Result<()> {
        self.entries.line(b"null")?;
        self.hashes.write(leaf_hash.as_bytes())?;
        self.tree.append(leaf_hash);
        Ok(())
    }

    /// Adds a version of a policy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn policy(&mut self, policy: &str) -> io::Result<()> {
        self.policies.line(policy.as_bytes())
    }

    /// Adds the trace that the entry attests.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn trace(&mut self, document: Option<&str>) -> io::Result<()> {
        self.traces.line(document.unwrap_or("null").as_bytes())
    }

    /// Adds the record of the entry's decision.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn decision(&mut self, record: &str) -> io::Result<()> {
        self.decisions.line(record.as_bytes())
    }

    /// Adds another file, whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.put(path, bytes)?;
        let digest = Sha256Digest::of(bytes);
        self.files
            .push(BundleFile::new(path, bytes.len() as u64, digest));
        Ok(())
    }

    /// Adds the checkpoint, and the manifest over everything with its signature.
    ///
    /// # Errors
    /// [`BundleError`]; [`BundleError::Root`] when the entries are not those that were signed.
    pub fn finish(mut self, about: &BundleAbout<'_>, key: &SigningKey) -> Result<S, BundleError> {
        let (size, root) = (about.checkpoint.size, &about.checkpoint.root);
        let made = (self.tree.size(), &self.tree.root());
        verify_consistency(made, (size, root), about.after)
            .map_err(|_| BundleError::Root { size })?;
        self.file(CHECKPOINT, about.checkpoint.note.as_bytes())?;
        let Self {
            mut sink,
            entries,
            hashes,
            traces,
            decisions,
            policies,
            mut files,
            before,
            tree,
        } = self;
        for part in [entries, hashes, traces, decisions, policies] {
            files.push(part.finish()?);
        }
        let manifest = Manifest::new(
            about.tenant,
            about.origin,
            about.created_at,
            about.scope.clone(),
            BundleRange::new(before.size(), tree.size(), before.nodes(), about.after),
            about.keys,
            files,
        );
        let manifest = manifest.to_bytes()?;
        let note = manifest_note(&manifest, &[key])?.to_string();
        for (path, bytes) in [
            (MANIFEST, manifest.as_slice()),
            (MANIFEST_SIGNATURE, note.as_bytes()),
        ] {
            let mut file = sink.create(path)?;
            file.write_all(bytes)?;
            file.flush()?;
        }
        Ok(sink)
    }

    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.sink.create(path)?;
        file.write_all(bytes)?;
        file.flush()
    }
}
