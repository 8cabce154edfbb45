//! Makes the bundle of a tenant's log: from one snapshot, through files, in bounded memory.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clasper_core::{LoggedEntry, TenantId, TenantScope, Timestamp};
use clasper_db::Database;
use clasper_evidence::{
    BundleAbout, BundleMaker, BundleSink, Follows, KeyKind, KeyPair, KeyRing, LogKey, LogOrigin,
    StoredKey, VerifierKey, follows,
};
use clasper_store::LogSnapshot;

/// Entries read at a time.
const CHUNK: u32 = 500;

/// The files of a bundle in a directory that is removed with it.
struct Folder {
    home: tempfile::TempDir,
    paths: Vec<String>,
}

impl BundleSink for Folder {
    type File = File;

    fn create(&mut self, path: &str) -> io::Result<File> {
        let place = self.home.path().join(path);
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent)?;
        }
        self.paths.push(path.to_owned());
        File::create_new(place)
    }
}

/// What was exported.
pub struct Exported {
    /// Entries of the log.
    pub entries: u64,
    /// Length of the archive.
    pub bytes: u64,
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
    let snapshot = LogSnapshot::open(database, &scope).await?;
    let Some(checkpoint) = snapshot.checkpoint().await? else {
        bail!("the log of {tenant} has no signed checkpoint yet: start the server, which signs it");
    };
    let origin = LogOrigin::new(log_name, tenant)?;
    let keys = ring(&origin, snapshot.keys().await?)?;
    let directory = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    // In the target's own directory, which its owner made for such files; the system's temporary one may be small, or others'.
    let home = tempfile::Builder::new()
        .prefix(".clasper-export-")
        .tempdir_in(&directory)
        .with_context(|| format!("nothing can be written in {}", directory.display()))?;
    let paths = Vec::new();
    let mut maker = BundleMaker::new(Folder { home, paths })?;
    let mut done = 0;
    while done < checkpoint.size {
        let left = u32::try_from(checkpoint.size - done)
            .unwrap_or(CHUNK)
            .min(CHUNK);
        let chunk = snapshot.entries(i64::try_from(done)?, left).await?;
        if chunk.is_empty() {
            break;
        }
        done += chunk.len() as u64;
        add(&mut maker, &snapshot, &chunk).await?;
    }
    maker.file(
        "policies/policies.jsonl",
        &lines(snapshot.policies().await?),
    )?;
    let listed = keys.keys().iter().map(|key| key.key.to_string());
    maker.file("keys/keys.txt", &lines(listed.collect()))?;
    drop(snapshot);
    let about = BundleAbout {
        tenant,
        origin: &origin,
        created_at: now,
        keys: &keys,
        checkpoint: &checkpoint,
    };
    let signer = key.named(origin.as_str(), KeyKind::Ed25519)?;
    let folder = maker.finish(&about, &signer)?;
    let bytes = pack(&folder, &directory, target)
        .with_context(|| format!("{} cannot be written", target.display()))?;
    Ok(Exported {
        entries: checkpoint.size,
        bytes,
    })
}

async fn add(
    maker: &mut BundleMaker<Folder>,
    snapshot: &LogSnapshot,
    chunk: &[LoggedEntry],
) -> Result<()> {
    let (mut traces, mut decisions) = (Vec::new(), Vec::new());
    let asked: Vec<Follows> = chunk.iter().map(follows).collect();
    for follows in &asked {
        match follows {
            Follows::Nothing => {}
            Follows::Trace(trace) => traces.push(*trace),
            Follows::Decision(decision) => decisions.push(decision.clone()),
        }
    }
    let traces = snapshot.traces(&traces).await?;
    let decisions = snapshot.decisions(&decisions).await?;
    for (entry, follows) in chunk.iter().zip(asked) {
        maker.entry(entry)?;
        match follows {
            Follows::Nothing => {}
            Follows::Trace(trace) => maker.trace(traces.get(&trace).map(String::as_str))?,
            Follows::Decision(decision) => {
                let record = decisions.get(&decision);
                let lost = || format!("entry {} has lost its decision", entry.seq);
                maker.decision(record.with_context(lost)?)?;
            }
        }
    }
    Ok(())
}

/// Packs the files in the order of their paths and moves the archive to its place when it is whole.
fn pack(folder: &Folder, directory: &Path, target: &Path) -> io::Result<u64> {
    let packed = tempfile::Builder::new()
        .prefix(".clasper-export-")
        .suffix(".tar.gz")
        .tempfile_in(directory)?;
    let gzip = flate2::write::GzEncoder::new(
        BufWriter::new(packed.as_file()),
        flate2::Compression::default(),
    );
    let mut tar = tar::Builder::new(gzip);
    let mut paths = folder.paths.clone();
    paths.sort_unstable();
    for path in paths {
        let mut file = OpenOptions::new()
            .read(true)
            .open(folder.home.path().join(&path))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(file.metadata()?.len());
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, &path, &mut file)?;
    }
    tar.into_inner()?.finish()?.flush()?;
    packed.as_file().sync_all()?;
    let bytes = packed.as_file().metadata()?.len();
    packed
        .persist_noclobber(target)
        .map_err(|error| error.error)?;
    Ok(bytes)
}

fn ring(origin: &LogOrigin, stored: Vec<StoredKey>) -> Result<KeyRing> {
    let mut keys = Vec::new();
    for key in stored {
        keys.push(LogKey {
            key: VerifierKey::new(origin.as_str(), KeyKind::Ed25519, key.public)?,
            valid_from: key.valid_from,
            valid_until: key.valid_until,
        });
    }
    Ok(KeyRing::new(keys)?)
}

fn lines(lines: Vec<String>) -> Vec<u8> {
    lines
        .into_iter()
        .flat_map(|line| (line + "\n").into_bytes())
        .collect()
}
