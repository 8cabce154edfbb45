//! Exports of the server: who makes them, where they are kept; and the bundle of a whole log for the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use chrono::TimeDelta;
use clasper_core::{
    Clock, ExportId, IdSource, InstanceId, StoreError, SystemIds, TenantId, TenantScope, Timestamp,
};
use clasper_db::{Database, Dialect};
use clasper_evidence::{BundleSink, KeyPair, LogOrigin};
use clasper_exports::{
    Archives, ExportDeps, ExportScope, ExportWorker, ExportWorkerDeps, Exports, LogView, Order,
    Progress, Reporter, make_bundle,
};
use clasper_store::{LogSnapshot, Snapshots, Store};

use crate::archives::ArchiveFolder;
use crate::config::Config;

/// Where archives are kept: as configured, else beside the database's file, else in the working directory.
fn folder(config: &Config, database: &Database) -> PathBuf {
    let beside = || database.path().and_then(Path::parent);
    let configured = config.exports.directory.clone();
    configured.unwrap_or_else(|| beside().unwrap_or(Path::new(".")).join("exports"))
}

/// Who asks, and who makes.
pub struct ExportParts {
    /// Asks for exports and hands them out.
    pub exports: Exports,
    /// Makes them.
    pub worker: ExportWorker,
}

/// Puts the parts together.
pub fn exports(
    config: &Config,
    database: &Database,
    store: &Arc<Store>,
    (key, instance): (KeyPair, InstanceId),
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Result<ExportParts> {
    let archives = Arc::new(ArchiveFolder::open(folder(config, database))?);
    let exports = Exports::new(ExportDeps {
        exports: store.clone(),
        archives: archives.clone(),
        clock: clock.clone(),
        ids: ids.clone(),
    });
    let worker = ExportWorker::new(ExportWorkerDeps {
        jobs: store.clone(),
        source: Arc::new(Snapshots::of(database.clone())),
        archives,
        key,
        log_name: config.audit.log_name.as_str().into(),
        keep: TimeDelta::hours(config.exports.keep_hours.into()),
        instance,
        alone: database.dialect() == Dialect::Sqlite,
        clock: clock.clone(),
        ids: ids.clone(),
    });
    Ok(ExportParts { exports, worker })
}

/// What was exported.
pub struct Exported {
    /// Entries of the log.
    pub entries: u64,
    /// Length of the archive.
    pub bytes: u64,
}

/// The files of a bundle, in a folder of archives.
struct Place<'a>(&'a ArchiveFolder, ExportId);

impl BundleSink for Place<'_> {
    type File = Box<dyn std::io::Write + Send>;

    fn create(&mut self, path: &str) -> std::io::Result<Self::File> {
        self.0.create(self.1, path)
    }
}

/// Wants the bundle, however long it takes.
struct Patient;

#[async_trait]
impl Reporter for Patient {
    async fn reached(&self, _: Progress) -> Result<bool, StoreError> {
        Ok(true)
    }
}

/// Writes the bundle of the tenant's log up to its newest checkpoint to `target`, readable by its owner alone.
pub async fn export(
    database: &Database,
    tenant: &TenantId,
    log_name: &str,
    key: &KeyPair,
    now: Timestamp,
    target: &Path,
) -> Result<Exported> {
    let scope = TenantScope::system(tenant.clone());
    let view = LogSnapshot::open(database, &scope).await?;
    let Some(checkpoint) = view.checkpoint().await? else {
        bail!("the log of {tenant} has no signed checkpoint yet: start the server, which signs it");
    };
    let directory = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    // In the target's own directory, which its owner made for such files; the system's temporary one may be small, or others'.
    let home = tempfile::Builder::new()
        .prefix(".clasper-export-")
        .tempdir_in(directory)
        .with_context(|| format!("nothing can be written in {}", directory.display()))?;
    let folder = ArchiveFolder::open(home.path().to_path_buf())?;
    let id = ExportId::generate(&SystemIds);
    let order = Order {
        tenant,
        scope: &ExportScope::default(),
        origin: &LogOrigin::new(log_name, tenant)?,
        checkpoint: &checkpoint,
        key,
        now,
    };
    make_bundle(&view, Place(&folder, id), &order, &Patient).await?;
    drop(view);
    let packed = folder.pack(id).await;
    let packed = packed.with_context(|| format!("{} cannot be written", target.display()))?;
    let archive = tempfile::TempPath::try_from_path(folder.archive(id))?;
    archive
        .persist_noclobber(target)
        .map_err(|error| error.error)
        .with_context(|| format!("{} cannot be written", target.display()))?;
    Ok(Exported {
        entries: checkpoint.size,
        bytes: packed.bytes,
    })
}
