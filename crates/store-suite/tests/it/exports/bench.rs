//! Exports over a database, with archives in memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use chrono::TimeDelta;
use clasper_core::{
    Caller, Clock, ExportId, InstanceId, ManualClock, Sha256Digest, SystemIds, TenantScope,
};
use clasper_evidence::{
    BundleReport, BundleVerifier, KeyKind, KeyPair, LogOrigin, LogSigner, MemoryBundle, Pins,
};
use clasper_exports::{
    ArchiveRead, Archives, Export, ExportDeps, ExportJob, ExportScope, ExportState, ExportWorker,
    ExportWorkerDeps, Exports, Packed,
};
use clasper_store::Snapshots;
use clasper_testkit::{TestDatabase, usd};

use crate::evidence::{caller, signer};

const NAME: &str = "log.example";
const SEED: [u8; 32] = [7; 32];

/// Archives in memory: packing leaves the files as they are.
#[derive(Default)]
pub(super) struct Shelf(Mutex<BTreeMap<(ExportId, String), Bytes>>);

type Bytes = Arc<Mutex<Vec<u8>>>;

pub(crate) struct Shared(pub(crate) Arc<Mutex<Vec<u8>>>);

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shelf {
    pub(super) fn bundle(&self, id: ExportId) -> MemoryBundle {
        let files = locked(&self.0);
        let own = files.iter().filter(|((of, _), _)| *of == id);
        let own = own.map(|((_, path), bytes)| (path.clone(), locked(bytes).clone()));
        MemoryBundle(own.collect())
    }
}

#[async_trait]
impl Archives for Shelf {
    fn create(&self, id: ExportId, path: &str) -> io::Result<Box<dyn Write + Send>> {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let before = locked(&self.0).insert((id, path.to_owned()), bytes.clone());
        match before {
            None => Ok(Box::new(Shared(bytes))),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    async fn pack(&self, id: ExportId) -> io::Result<Packed> {
        let files = self.bundle(id).0;
        Ok(Packed {
            bytes: files.values().map(|bytes| bytes.len() as u64).sum(),
            sha256: Sha256Digest::of(b"packed"),
        })
    }

    async fn open(&self, _: ExportId) -> io::Result<Option<ArchiveRead>> {
        Ok(Some(ArchiveRead {
            bytes: 0,
            stream: Box::pin(futures::stream::empty()),
        }))
    }

    async fn discard(&self, id: ExportId) -> io::Result<()> {
        locked(&self.0).retain(|(of, _), _| *of != id);
        Ok(())
    }

    async fn list(&self) -> io::Result<Vec<ExportId>> {
        let mut ids: Vec<ExportId> = locked(&self.0).keys().map(|(id, _)| *id).collect();
        ids.dedup();
        Ok(ids)
    }
}

/// Exports over a database: who asks, who makes, who signs.
pub(super) struct Bench {
    pub(super) db: TestDatabase,
    pub(super) acme: TenantScope,
    pub(super) shelf: Arc<Shelf>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) exports: Exports,
    pub(super) signer: LogSigner,
}

impl Bench {
    pub(super) async fn over(db: TestDatabase) -> Result<Self> {
        let acme = db.tenant_with_budget("acme", usd("100")).await?;
        let (shelf, store) = (Arc::new(Shelf::default()), Arc::new(db.store.clone()));
        let clock = Arc::new(ManualClock::at(db.make.now()));
        let exports = Exports::new(ExportDeps {
            exports: store,
            archives: shelf.clone(),
            clock: clock.clone(),
            ids: Arc::new(SystemIds),
        });
        let signer = signer(&db).await?;
        Ok(Self {
            db,
            acme,
            shelf,
            clock,
            exports,
            signer,
        })
    }

    pub(super) fn caller(&self) -> Caller {
        caller(&self.acme)
    }

    /// A worker of a process of its own.
    pub(super) fn worker(&self, alone: bool) -> Result<ExportWorker> {
        let store = Arc::new(self.db.store.clone());
        Ok(ExportWorker::new(ExportWorkerDeps {
            jobs: store,
            source: Arc::new(Snapshots::of(self.db.database().clone())),
            archives: self.shelf.clone(),
            key: KeyPair::from_seed(&SEED)?,
            log_name: NAME.into(),
            keep: TimeDelta::hours(24),
            instance: InstanceId::generate(&SystemIds),
            alone,
            clock: self.clock.clone(),
            ids: Arc::new(SystemIds),
        }))
    }

    pub(super) async fn request(&self, scope: ExportScope) -> Result<Export> {
        let export = self.exports.request(&self.caller(), scope).await?;
        let round = self.signer.sign_all().await?;
        ensure!(round.refused.is_empty(), "{:?}", round.refused);
        Ok(export)
    }

    pub(super) async fn state(&self, export: &Export) -> Result<ExportState> {
        Ok(self.exports.get(&self.caller(), export.id).await?.state)
    }

    /// Asks for an export, makes it and verifies it.
    pub(super) async fn make(&self, scope: ExportScope) -> Result<(Export, BundleReport)> {
        let export = self.request(scope).await?;
        ensure!(self.worker(true)?.work().await? == 1, "nothing was taken");
        let report = self.verify(&export)?;
        ensure!(report.holds(), "{report}");
        let state = self.state(&export).await?;
        let ExportState::Ready { archive, .. } = state else {
            bail!("{state:?}");
        };
        ensure!(archive.entries == report.entries, "{archive:?} {report}");
        self.db.ensure_whole().await?;
        Ok((export, report))
    }

    pub(super) fn verify(&self, export: &Export) -> Result<BundleReport> {
        let origin = LogOrigin::new(NAME, self.acme.tenant())?;
        let key = KeyPair::from_seed(&SEED)?.named(origin.as_str(), KeyKind::Ed25519)?;
        let pins = Pins {
            keys: vec![key.verifier().clone()],
            earlier: None,
            now: self.clock.now(),
        };
        Ok(BundleVerifier::new(pins).verify(&self.shelf.bundle(export.id)))
    }

    pub(super) async fn taken(&self, worker: &ExportWorker) -> Result<ExportJob> {
        worker.take().await?.context("nothing could be taken")
    }
}
