//! Makes exports in the background, and removes those whose time is over.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use clasper_core::{
    AuditEvent, Clock, ExportId, IdSource, InstanceId, StoreError, TenantScope, Timestamp,
};
use clasper_evidence::{BundleSink, KeyPair, LogOrigin, StoredCheckpoint};
use serde_json::{Value, json};

use crate::audit;
use crate::error::Failure;
use crate::job::{Archive, Progress};
use crate::make::{Made, MakeError, Order, Reporter, make_bundle};
use crate::ports::{Archives, ExportEnd, ExportJob, ExportJobs, ExportSource, LogView, Taker};

/// How long a job stays with a maker that says nothing.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often progress is told.
const TELL: TimeDelta = TimeDelta::seconds(1);
/// How often the job is kept while the archive is packed.
const KEEP: Duration = Duration::from_secs(15);
/// How often a job is tried whose makers die.
const MOST_ATTEMPTS: u64 = 3;
/// How long to wait for the signature over the request, and how often to look: signing takes a second.
const LOOKS: u32 = 120;
const LOOK: Duration = Duration::from_millis(250);
/// Expired exports ended at a time.
const SWEEP: u32 = 100;
/// How long exports that are over are listed.
const LISTED: TimeDelta = TimeDelta::days(30);

/// What the worker works with.
#[derive(Clone)]
pub struct ExportWorkerDeps {
    /// The jobs.
    pub jobs: Arc<dyn ExportJobs>,
    /// The log.
    pub source: Arc<dyn ExportSource>,
    /// The archives.
    pub archives: Arc<dyn Archives>,
    /// The key in use.
    pub key: KeyPair,
    /// What the installation calls its logs.
    pub log_name: Arc<str>,
    /// How long an archive can be fetched.
    pub keep: TimeDelta,
    /// This process.
    pub instance: InstanceId,
    /// Whether no other process works on this database.
    pub alone: bool,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// Makes exports. Cheap to clone.
#[derive(Clone)]
pub struct ExportWorker(Arc<ExportWorkerDeps>);

impl fmt::Debug for ExportWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportWorker").finish_non_exhaustive()
    }
}

impl ExportWorker {
    /// The worker over its ports.
    #[must_use]
    pub fn new(deps: ExportWorkerDeps) -> Self {
        Self(Arc::new(deps))
    }

    /// Makes every export that waits; how many were taken.
    ///
    /// # Errors
    /// [`StoreError`]; what was being made is taken again later.
    pub async fn work(&self) -> Result<u32, StoreError> {
        let mut taken = 0;
        while let Some(job) = self.take().await? {
            taken += 1;
            self.make(&job).await?;
        }
        Ok(taken)
    }

    /// Takes the next job.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(&self) -> Result<Option<ExportJob>, StoreError> {
        let now = self.0.clock.now();
        let taker = Taker {
            instance: self.0.instance,
            alone: self.0.alone,
            now,
            until: now + LEASE,
        };
        self.0.jobs.take_export(taker).await
    }

    /// Makes the export of a job that was taken.
    ///
    /// # Errors
    /// [`StoreError`]; the job is taken again later.
    pub async fn make(&self, job: &ExportJob) -> Result<(), StoreError> {
        let id = job.export.id;
        let end = match self.archive(job).await {
            Ok((archive, bounds)) => {
                let expires_at = self.0.clock.now() + self.0.keep;
                tracing::info!(export = %id, entries = archive.entries, bytes = archive.bytes, "an export is ready");
                let end = ExportEnd::Ready {
                    archive,
                    expires_at,
                };
                (end, completed(job, archive, bounds))
            }
            Err(MakeError::Store(error)) => {
                self.discard(id).await;
                return Err(error);
            }
            Err(error) => {
                self.discard(id).await;
                let Some(failure) = error.failure() else {
                    return Ok(());
                };
                tracing::warn!(export = %id, error = %chain(&error), "an export could not be made");
                let said = json!({"export_id": id.to_string(), "reason": failure.code()});
                (ExportEnd::Failed(failure), said)
            }
        };
        let event = match end.0 {
            ExportEnd::Ready { .. } => AuditEvent::ExportCompleted,
            ExportEnd::Failed(_) => AuditEvent::ExportFailed,
        };
        let entry = self.entry(job, event, &end.1)?;
        if !self.0.jobs.end_export(job, end.0, entry).await? {
            self.discard(id).await;
        }
        Ok(())
    }

    async fn archive(&self, job: &ExportJob) -> Result<(Archive, (u64, u64)), MakeError> {
        if job.attempt > MOST_ATTEMPTS {
            return Err(Failure::Interrupted.into());
        }
        let deps = &*self.0;
        let export = &job.export;
        deps.archives.discard(export.id).await?;
        let scope = TenantScope::system(export.tenant.clone());
        let (view, checkpoint) = self.signed(job, &scope).await?;
        let origin = LogOrigin::new(&deps.log_name, &export.tenant)?;
        let order = Order {
            tenant: &export.tenant,
            scope: &export.scope,
            origin: &origin,
            checkpoint: &checkpoint,
            key: &deps.key,
            now: deps.clock.now(),
        };
        let sink = Place {
            archives: deps.archives.clone(),
            id: export.id,
        };
        let teller = Teller::new(self, job);
        let Made {
            entries, bounds, ..
        } = make_bundle(&*view, sink, &order, &teller).await?;
        // Nobody else needs to wait for what the snapshot holds up.
        drop(view);
        let packing = deps.archives.pack(export.id);
        tokio::pin!(packing);
        let total = bounds.1 - bounds.0 + 1;
        let all = Progress { done: total, total };
        let packed = loop {
            tokio::select! {
                packed = &mut packing => break packed?,
                () = tokio::time::sleep(KEEP) => {
                    if !teller.tell(all).await? {
                        return Err(MakeError::Unwanted);
                    }
                }
            }
        };
        let archive = Archive {
            entries,
            bytes: packed.bytes,
            sha256: packed.sha256,
        };
        Ok((archive, bounds))
    }

    /// A state of the log in which the request itself is signed.
    async fn signed(
        &self,
        job: &ExportJob,
        scope: &TenantScope,
    ) -> Result<(Box<dyn LogView>, StoredCheckpoint), MakeError> {
        for _ in 0..LOOKS {
            let view = self.0.source.open(scope).await?;
            if let Some(checkpoint) = view.checkpoint().await?
                && checkpoint.size >= job.export.audit_seq
            {
                return Ok((view, checkpoint));
            }
            drop(view);
            tokio::time::sleep(LOOK).await;
        }
        Err(Failure::NotSigned.into())
    }

    /// Ends exports whose time is over and removes what nobody may fetch any more.
    ///
    /// # Errors
    /// [`StoreError`]; the rest is done the next time.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let deps = &*self.0;
        let now = deps.clock.now();
        for export in deps.jobs.expired_exports(now, SWEEP).await? {
            let said = json!({"export_id": export.id.to_string()});
            let made = (&*deps.ids, now);
            let event = AuditEvent::ExportExpired;
            let entry = audit::by_system(&export.tenant, event, export.id, &said, made);
            deps.jobs
                .expire_export(&export, entry.map_err(refused)?)
                .await?;
        }
        deps.jobs.forget_exports(now - LISTED).await?;
        let here = match deps.archives.list().await {
            Ok(here) if here.is_empty() => return Ok(()),
            Ok(here) => here,
            Err(error) => {
                tracing::warn!(%error, "the folder of exports cannot be read");
                return Ok(());
            }
        };
        let live = deps.jobs.live_exports(&here).await?;
        for id in here.into_iter().filter(|id| !live.contains(id)) {
            self.discard(id).await;
        }
        Ok(())
    }

    async fn discard(&self, id: ExportId) {
        if let Err(error) = self.0.archives.discard(id).await {
            tracing::warn!(export = %id, %error, "files of an export are not removed yet; the next sweep tries again");
        }
    }

    fn entry(
        &self,
        job: &ExportJob,
        event: AuditEvent,
        said: &Value,
    ) -> Result<clasper_core::AuditEntry, StoreError> {
        let (export, made) = (&job.export, (&*self.0.ids, self.0.clock.now()));
        audit::by_system(&export.tenant, event, export.id, said, made).map_err(refused)
    }
}

fn completed(job: &ExportJob, archive: Archive, bounds: (u64, u64)) -> Value {
    json!({
        "export_id": job.export.id.to_string(),
        "first_seq": bounds.0.to_string(),
        "last_seq": bounds.1.to_string(),
        "entries": archive.entries.to_string(),
        "bytes": archive.bytes.to_string(),
        "sha256": archive.sha256.to_string(),
    })
}

fn refused(error: serde_json::Error) -> StoreError {
    StoreError::Refused(Box::new(error))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The files of one export.
struct Place {
    archives: Arc<dyn Archives>,
    id: ExportId,
}

impl BundleSink for Place {
    type File = Box<dyn Write + Send>;

    fn create(&mut self, path: &str) -> io::Result<Self::File> {
        self.archives.create(self.id, path)
    }
}

/// Tells how far a job is, not more often than anyone looks.
struct Teller<'a> {
    worker: &'a ExportWorkerDeps,
    job: &'a ExportJob,
    told: Mutex<Option<Timestamp>>,
}

impl<'a> Teller<'a> {
    fn new(worker: &'a ExportWorker, job: &'a ExportJob) -> Self {
        Self {
            worker: &worker.0,
            job,
            told: Mutex::new(None),
        }
    }

    async fn tell(&self, progress: Progress) -> Result<bool, StoreError> {
        let until = self.worker.clock.now() + LEASE;
        let jobs = &self.worker.jobs;
        jobs.report_export(self.job, progress, until).await
    }
}

#[async_trait]
impl Reporter for Teller<'_> {
    async fn reached(&self, progress: Progress) -> Result<bool, StoreError> {
        let now = self.worker.clock.now();
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_some_and(|told| now - told < TELL) {
                return Ok(true);
            }
            *told = Some(now);
        }
        self.tell(progress).await
    }
}
