//! Whatever somebody with the database in hand does to a signed log is noticed: by verification of the database, or by both verifiers of
//! the bundle that is made of it, against a checkpoint that was kept.

mod kind;
mod row;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use clasper_core::{StoreError, TenantId, TenantScope};
use clasper_db::{Database, DatabaseOptions};
use clasper_evidence::{
    AuditStore as _, BundleReport, BundleSink, BundleVerifier, KeyKind, KeyPair, LogOrigin,
    LogStore as _, MemoryBundle, Pins,
};
use clasper_exports::{
    ExportScope, LogView as _, MakeError, Order, Progress, Reporter, make_bundle,
};
use clasper_governance::Effect;
use clasper_runtime::run::{Charge, RunStore as _};
use clasper_store::LogSnapshot;
use clasper_store_verify::verify_all;
use clasper_testkit::{TestDatabase, usd};
use serde_json::Value;

use crate::evidence::{grow, signer};
use crate::exports::bench::{Shared, locked};
use crate::harm::kind::{Dice, Harm, KINDS, harm};
use crate::support::spend;

const NAME: &str = "log.example";
const SEED: [u8; 32] = [7; 32];

/// Kinds of harm, to entries and to what they describe.
const ALL: usize = KINDS + row::KINDS;

fn acme() -> TenantScope {
    TenantScope::system(TenantId::new("acme").expect("a name"))
}

/// The files of a bundle in memory.
#[derive(Default)]
struct Files(BTreeMap<String, Arc<Mutex<Vec<u8>>>>);

impl BundleSink for Files {
    type File = Shared;

    fn create(&mut self, path: &str) -> io::Result<Shared> {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        self.0.insert(path.to_owned(), bytes.clone());
        Ok(Shared(bytes))
    }
}

struct Patient;

#[async_trait]
impl Reporter for Patient {
    async fn reached(&self, _: Progress) -> Result<bool, StoreError> {
        Ok(true)
    }
}

fn origin() -> Result<LogOrigin> {
    Ok(LogOrigin::new(NAME, acme().tenant())?)
}

/// The bundle of the whole log; `None` when none can be made of what is stored.
async fn bundle(database: &Database) -> Result<Option<MemoryBundle>> {
    let scope = acme();
    let view = LogSnapshot::open(database, &scope).await?;
    let checkpoint = view.checkpoint().await?.context("it is signed")?;
    let order = Order {
        tenant: scope.tenant(),
        scope: &ExportScope::default(),
        origin: &origin()?,
        checkpoint: &checkpoint,
        key: &KeyPair::from_seed(&SEED)?,
        now: checkpoint.signed_at,
    };
    match make_bundle(&view, Files::default(), &order, &Patient).await {
        Ok(made) => {
            let files = made.sink.0.into_iter();
            let files = files.map(|(path, bytes)| (path, locked(&bytes).clone()));
            Ok(Some(MemoryBundle(files.collect())))
        }
        Err(MakeError::Store(error)) if !error.to_string().contains("cannot be read") => {
            Err(error.into())
        }
        Err(_) => Ok(None),
    }
}

fn check(bundle: &MemoryBundle, earlier: &str) -> Result<BundleReport> {
    let key = KeyPair::from_seed(&SEED)?.named(origin()?.as_str(), KeyKind::Ed25519)?;
    let pins = Pins {
        keys: vec![key.verifier().clone()],
        earlier: Some(earlier.to_owned()),
        now: clasper_core::Timestamp::UNIX_EPOCH,
    };
    Ok(BundleVerifier::new(pins).verify(bundle))
}

fn packed(bundle: &MemoryBundle) -> Result<Vec<u8>> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (path, bytes) in &bundle.0 {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, path, bytes.as_slice())?;
    }
    Ok(tar.into_inner()?.finish()?)
}

/// What the verifier in Python's standard library says of these files: whether each holds, and its first bad entry.
fn python(folder: &Path, files: &[String], earlier: &str) -> Result<Vec<Value>> {
    let key = KeyPair::from_seed(&SEED)?.named(origin()?.as_str(), KeyKind::Ed25519)?;
    let kept = folder.join("earlier");
    std::fs::write(&kept, earlier)?;
    let script = std::path::absolute("../../examples/verify.py")?;
    let mut python = Command::new("python3");
    python.arg(script).args(["--json", "--earlier"]).arg(kept);
    python
        .args(["--key", &key.verifier().to_string()])
        .args(files);
    let output = python.output().context("python3 is installed")?;
    let told = String::from_utf8(output.stdout)?;
    let read = |line: &str| serde_json::from_str(line).with_context(|| line.to_owned());
    told.lines().map(read).collect()
}

/// A signed log of runs, refusals, effects and budgets; returns its checkpoint of the middle.
async fn history(db: &TestDatabase) -> Result<String> {
    let scope = db.tenant_with_budget("acme", usd("100")).await?;
    let signer = signer(db).await?;
    for n in 0..9 {
        spend(db, &scope, usd("0.01")).await?;
        let (run, _) = db.admit(&scope, usd("0.01")).await?;
        let effect = db.make.effect(&run, Effect::Allow);
        db.store.decide_effect(effect.clone()).await?;
        db.store
            .record_effect(db.make.effect_outcome(&effect))
            .await?;
        let end = db.make.settlement(&run, Charge::Actual(usd("0.01")));
        db.store.settle_run(end).await?;
        if n % 5 == 0 {
            grow(db, &scope, 1).await?;
        }
        signer.sign_all().await?;
    }
    let kept = db.store.find_checkpoint(&scope).await?.context("signed")?;
    for _ in 0..4 {
        spend(db, &scope, usd("0.01")).await?;
        signer.sign_all().await?;
    }
    db.ensure_whole().await?;
    Ok(kept.note)
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs is said by whoever runs it"
)]
async fn every_random_harm_to_a_database_is_noticed_and_its_first_entry_named() -> Result<()> {
    let asked = std::env::var("CLASPER_TEST_MUTATIONS");
    let count: usize = asked.map_or(Ok(10 * ALL), |text| text.parse())?;
    let db = TestDatabase::sqlite().await?;
    let earlier = history(&db).await?;
    let kept: usize = earlier.lines().nth(1).context("a size")?.parse()?;
    let log = db.store.read_log(&acme(), 0, 1000).await?;
    ensure!(log.len() > kept && kept > 40, "{kept} of {}", log.len());
    let stopped = db.stop().await;
    let original = stopped.file().context("a file")?;
    let folder = tempfile::tempdir()?;
    let (mut dice, mut noticed) = (Dice(11), BTreeMap::<&str, (u32, u32)>::new());
    let mut bundles: Vec<(String, Harm)> = Vec::new();
    for n in 0..count {
        let file = folder.path().join("harmed.db");
        std::fs::copy(&original, &file)?;
        let address = format!("sqlite://{}?mode=rwc", file.display());
        let database = Database::connect(&address, &DatabaseOptions::default()).await?;
        let harm = match n % ALL {
            kind @ ..KINDS => harm(&database, &log, kept, kind, &mut dice).await?,
            kind => row::harm(&database, &log, kind - KINDS, &mut dice).await?,
        };
        let kind = harm.kind;
        if let Some(said) = &harm.said {
            let report = verify_all(&database, Some("acme")).await?;
            ensure!(
                !report.is_whole(),
                "{n}: {kind} went unnoticed in the database"
            );
            let faults = report.tenants[0].faults.join("; ");
            ensure!(
                faults.contains(said.as_str()),
                "{n}: {kind}: {said}: {faults}"
            );
        }
        let made = if harm.is_exported {
            bundle(&database)
                .await
                .with_context(|| format!("{n}: {kind}"))?
        } else {
            None
        };
        database.close().await;
        for left in ["harmed.db-wal", "harmed.db-shm"] {
            // Gone with the last connection, as a rule.
            let _ = std::fs::remove_file(folder.path().join(left));
        }
        let seen = noticed.entry(kind).or_default();
        let Some(made) = made else {
            ensure!(
                harm.said.is_some(),
                "{n}: {kind}: no bundle, though the log is signed"
            );
            seen.0 += 1;
            continue;
        };
        seen.1 += 1;
        let report = check(&made, &earlier)?;
        ensure!(!report.holds(), "{n}: {kind} went unnoticed in the bundle");
        let first = report.first_bad_entry().and_then(|fault| fault.entry);
        ensure!(
            harm.entry.is_none() || first == harm.entry,
            "{n}: {kind}: {report}"
        );
        let path = folder.path().join(format!("{n}.tar.gz"));
        std::fs::write(&path, packed(&made)?)?;
        let harm = Harm {
            entry: first,
            ..harm
        };
        bundles.push((path.display().to_string(), harm));
        if bundles.len() == 100 || n + 1 == count {
            strangers_agree(folder.path(), &std::mem::take(&mut bundles), &earlier)?;
        }
    }
    strangers_agree(folder.path(), &bundles, &earlier)?;
    ensure!(noticed.len() == ALL.min(count), "{noticed:?}");
    println!("noticed (no bundle could be made, it does not hold): {noticed:#?}");
    Ok(())
}

/// Insists that Python says of every bundle what we say.
fn strangers_agree(folder: &Path, bundles: &[(String, Harm)], earlier: &str) -> Result<()> {
    if bundles.is_empty() {
        return Ok(());
    }
    let files: Vec<String> = bundles.iter().map(|(file, _)| file.clone()).collect();
    let told = python(folder, &files, earlier)?;
    ensure!(
        told.len() == files.len(),
        "{} of {}",
        told.len(),
        files.len()
    );
    for ((file, harm), told) in bundles.iter().zip(&told) {
        ensure!(told["holds"] == false, "{}: unnoticed by Python", harm.kind);
        let first = told["first_bad_entry"].as_u64();
        ensure!(
            first == harm.entry,
            "{}: {told} {:?}",
            harm.kind,
            harm.entry
        );
        std::fs::remove_file(file)?;
    }
    Ok(())
}
