//! The ports to the jobs, to the log, and to the disk.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};

use async_trait::async_trait;
use bytes::Bytes;
use clasper_core::{
    AuditEntry, Cursor, ExportId, InstanceId, LoggedEntry, Page, Sha256Digest, StoreError,
    TenantScope, Timestamp, TraceId,
};
use clasper_evidence::{StoredCheckpoint, StoredKey, Tile, TileHashes};
use futures::stream::BoxStream;

use crate::error::Failure;
use crate::job::{Archive, Export, Progress};
use crate::scope::ExportScope;

/// An export that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExport {
    /// Its id.
    pub id: ExportId,
    /// What is asked for.
    pub scope: ExportScope,
    /// Who asks.
    pub requested_by: String,
}

/// What became of calling an export off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// It is called off, or removed.
    Done,
    /// It was over already, in the state of this name.
    Over(&'static str),
    /// There is none.
    NotFound,
}

/// Keeps exports, for the people who ask for them.
#[async_trait]
pub trait ExportStore: Send + Sync {
    /// Queues an export, unless `most` of the tenant wait, are being made or can be fetched; then `None`.
    async fn request_export(
        &self,
        scope: &TenantScope,
        new: NewExport,
        most: u64,
        entry: AuditEntry,
    ) -> Result<Option<Export>, StoreError>;

    /// An export.
    async fn find_export(
        &self,
        scope: &TenantScope,
        id: ExportId,
    ) -> Result<Option<Export>, StoreError>;

    /// The tenant's exports, the newest first.
    async fn list_exports(
        &self,
        scope: &TenantScope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Export>, StoreError>;

    /// Calls an export off that waits, is being made or can be fetched.
    async fn cancel_export(
        &self,
        scope: &TenantScope,
        id: ExportId,
        entry: AuditEntry,
    ) -> Result<Cancellation, StoreError>;

    /// Writes down that a ready export was handed out; whether it was ready still.
    async fn note_download(
        &self,
        scope: &TenantScope,
        id: ExportId,
        entry: AuditEntry,
    ) -> Result<bool, StoreError>;
}

/// Who takes a job, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taker {
    /// The process.
    pub instance: InstanceId,
    /// Whether no other process works on this database, so that jobs of others have lost their maker.
    pub alone: bool,
    /// Now.
    pub now: Timestamp,
    /// When others may take it, unless progress is reported.
    pub until: Timestamp,
}

/// A job that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportJob {
    /// The export.
    pub export: Export,
    /// How often it was taken, this time included. A later taker has a higher one, and then this one may report nothing more.
    pub attempt: u64,
}

/// How an export ends, by the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportEnd {
    /// It can be fetched.
    Ready {
        /// What was made.
        archive: Archive,
        /// Until when.
        expires_at: Timestamp,
    },
    /// It could not be made.
    Failed(Failure),
}

/// Hands jobs to their makers.
#[async_trait]
pub trait ExportJobs: Send + Sync {
    /// Takes the export that waits longest, or one whose maker is silent.
    async fn take_export(&self, taker: Taker) -> Result<Option<ExportJob>, StoreError>;

    /// Says how far a job is and keeps it; `false` when it was called off or taken by another.
    async fn report_export(
        &self,
        job: &ExportJob,
        progress: Progress,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Ends a job; `false`, and nothing is written, when it was called off or taken by another.
    async fn end_export(
        &self,
        job: &ExportJob,
        end: ExportEnd,
        entry: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Ready exports whose time is over, over all tenants.
    async fn expired_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StoreError>;

    /// Ends a ready export; `false` when it is not ready any more.
    async fn expire_export(&self, export: &Export, entry: AuditEntry) -> Result<bool, StoreError>;

    /// Those of `ids` that are being made or can be fetched.
    async fn live_exports(&self, ids: &[ExportId]) -> Result<Vec<ExportId>, StoreError>;

    /// Forgets exports that ended before `before`; the audit log keeps what was done.
    async fn forget_exports(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// One state of a tenant's log and of what hangs on it, however long it is read.
#[async_trait]
pub trait LogView: Send + Sync {
    /// The newest checkpoint.
    async fn checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError>;

    /// The keys of the logs, the oldest first.
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError>;

    /// Places of the first and the last entry in `scope` among the first `size` ones.
    async fn bounds(
        &self,
        scope: &ExportScope,
        size: u64,
    ) -> Result<Option<(u64, u64)>, StoreError>;

    /// Up to `limit` entries after place `after`, in order.
    async fn entries(&self, after: u64, limit: u32) -> Result<Vec<LoggedEntry>, StoreError>;

    /// The stored texts of those traces that are kept.
    async fn traces(&self, ids: &[TraceId]) -> Result<HashMap<TraceId, String>, StoreError>;

    /// The records of those decisions, each as a line of JSON, by the decision's id.
    async fn decisions(&self, ids: &[String]) -> Result<HashMap<String, String>, StoreError>;

    /// Up to `limit` versions of policies whose entries come after place `after`, each with that place and as a line of JSON.
    async fn policies(&self, after: u64, limit: u32) -> Result<Vec<(u64, String)>, StoreError>;

    /// Those of the tiles that are stored and wide enough, cut to the width asked for.
    async fn tiles(&self, tiles: &[Tile]) -> Result<Vec<TileHashes>, StoreError>;
}

/// Opens states of the log.
#[async_trait]
pub trait ExportSource: Send + Sync {
    /// The state as it is now.
    async fn open(&self, scope: &TenantScope) -> Result<Box<dyn LogView>, StoreError>;
}

/// A packed archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256Digest,
}

/// An archive to be sent.
pub struct ArchiveRead {
    /// Its length.
    pub bytes: u64,
    /// Its bytes, in pieces.
    pub stream: BoxStream<'static, io::Result<Bytes>>,
}

impl fmt::Debug for ArchiveRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchiveRead")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// Keeps archives, and their parts while they are made.
#[async_trait]
pub trait Archives: Send + Sync {
    /// A new file of a bundle that is being made. `path` is one that `clasper_evidence::check_path` allows, else it is refused.
    ///
    /// # Errors
    /// When it cannot be made.
    fn create(&self, id: ExportId, path: &str) -> io::Result<Box<dyn Write + Send>>;

    /// Packs the files and removes them.
    async fn pack(&self, id: ExportId) -> io::Result<Packed>;

    /// The archive; `None` when it is not here.
    async fn open(&self, id: ExportId) -> io::Result<Option<ArchiveRead>>;

    /// Removes everything of this export that is here.
    async fn discard(&self, id: ExportId) -> io::Result<()>;

    /// The exports of which anything is here.
    async fn list(&self) -> io::Result<Vec<ExportId>>;
}
