//! Archives of exports on disk: one folder, files named by the export's id, readable by their owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use aws_lc_rs::digest;
use bytes::Bytes;
use clasper_core::{ExportId, Sha256Digest};
use clasper_evidence::check_path;
use clasper_exports::{ArchiveRead, Archives, Packed};
use futures::StreamExt as _;
use tokio::io::AsyncReadExt as _;

/// Bytes sent at a time.
const PIECE: usize = 64 * 1024;
/// What the folder of an export in the making ends with.
const WORK: &str = ".work";
/// What an archive ends with.
const ARCHIVE: &str = ".tar.gz";

/// The folder of archives.
#[derive(Debug, Clone)]
pub struct ArchiveFolder(PathBuf);

impl ArchiveFolder {
    /// The folder, made if it is not there.
    pub fn open(folder: PathBuf) -> anyhow::Result<Self> {
        make_private(&folder).with_context(|| {
            format!("the folder of exports {} cannot be made", folder.display())
        })?;
        Ok(Self(folder))
    }

    fn work(&self, id: ExportId) -> PathBuf {
        self.0.join(format!("{id}{WORK}"))
    }

    /// Where the archive is.
    pub fn archive(&self, id: ExportId) -> PathBuf {
        self.0.join(format!("{id}{ARCHIVE}"))
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

fn new_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn unless_absent(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// The next bytes of a file.
async fn piece(mut file: tokio::fs::File) -> io::Result<Option<(Bytes, tokio::fs::File)>> {
    let mut piece = vec![0; PIECE];
    let read = file.read(&mut piece).await?;
    piece.truncate(read);
    Ok((read > 0).then(|| (Bytes::from(piece), file)))
}

/// Does blocking work where it holds nobody up.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(io::Error::other)?
}

#[async_trait]
impl Archives for ArchiveFolder {
    fn create(&self, id: ExportId, path: &str) -> io::Result<Box<dyn Write + Send>> {
        if !check_path(path) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let place = self.work(id).join(path);
        if let Some(parent) = place.parent() {
            make_private(parent)?;
        }
        Ok(Box::new(new_private(&place)?))
    }

    async fn pack(&self, id: ExportId) -> io::Result<Packed> {
        let (work, archive) = (self.work(id), self.archive(id));
        let wanted = Arc::new(());
        // Once nobody waits for it any more, there is one owner left.
        let still = wanted.clone();
        let packed = aside(move || pack(&work, &archive, &still)).await;
        drop(wanted);
        packed
    }

    async fn open(&self, id: ExportId) -> io::Result<Option<ArchiveRead>> {
        let file = match tokio::fs::File::open(self.archive(id)).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let bytes = file.metadata().await?.len();
        Ok(Some(ArchiveRead {
            bytes,
            stream: futures::stream::try_unfold(file, piece).boxed(),
        }))
    }

    async fn discard(&self, id: ExportId) -> io::Result<()> {
        let (work, archive) = (self.work(id), self.archive(id));
        let part = archive.with_extension("part");
        aside(move || {
            unless_absent(std::fs::remove_file(archive))?;
            unless_absent(std::fs::remove_file(part))?;
            unless_absent(std::fs::remove_dir_all(work))
        })
        .await
    }

    async fn list(&self) -> io::Result<Vec<ExportId>> {
        let folder = self.0.clone();
        aside(move || {
            let mut ids = Vec::new();
            for entry in std::fs::read_dir(folder)? {
                let name = entry?.file_name();
                let id = name.to_str().and_then(|name| name.split('.').next());
                // What is not named by an id is not ours.
                ids.extend(id.and_then(|id| id.parse::<ExportId>().ok()));
            }
            ids.sort_unstable();
            ids.dedup();
            Ok(ids)
        })
        .await
    }
}

/// The paths of all files under `folder`, in order, as the archive names them.
fn paths(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string();
        let name = name.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        if entry.file_type()?.is_dir() {
            let inner = std::fs::read_dir(entry.path())?;
            for file in inner {
                let file = file?.file_name().into_string();
                let file = file.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                found.push(format!("{name}/{file}"));
            }
        } else {
            found.push(name);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Packs the files in the order of their paths, moves the archive to its place when it is whole, and removes them.
fn pack(work: &Path, archive: &Path, wanted: &Arc<()>) -> io::Result<Packed> {
    let part = archive.with_extension("part");
    let mut sum = Summed {
        file: BufWriter::new(new_private(&part)?),
        hash: digest::Context::new(&digest::SHA256),
        bytes: 0,
        wanted,
    };
    let gzip = flate2::write::GzEncoder::new(&mut sum, flate2::Compression::default());
    let mut tar = tar::Builder::new(gzip);
    for path in paths(work)? {
        let mut file = BufReader::new(File::open(work.join(&path))?);
        let mut header = tar::Header::new_gnu();
        header.set_size(file.get_ref().metadata()?.len());
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, &path, file.by_ref())?;
    }
    tar.into_inner()?.finish()?.flush()?;
    let file = sum
        .file
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    std::fs::rename(&part, archive)?;
    if let Some(folder) = archive.parent() {
        File::open(folder)?.sync_all()?;
    }
    std::fs::remove_dir_all(work)?;
    let hash: [u8; 32] = sum
        .hash
        .finish()
        .as_ref()
        .try_into()
        .map_err(io::Error::other)?;
    Ok(Packed {
        bytes: sum.bytes,
        sha256: Sha256Digest::from_bytes(hash),
    })
}

/// A file with its length and its hash so far. It refuses to go on when nobody waits for it any more.
struct Summed<'a> {
    file: BufWriter<File>,
    hash: digest::Context,
    bytes: u64,
    wanted: &'a Arc<()>,
}

impl Write for Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if Arc::strong_count(self.wanted) < 2 {
            return Err(io::Error::other("nobody waits for the archive any more"));
        }
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> ExportId {
        let mut bytes = [7; 16];
        bytes[15] = n;
        ExportId::from_bytes(bytes)
    }

    #[tokio::test]
    async fn an_archive_is_packed_read_and_removed_and_nothing_leaves_the_folder() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a folder");
        let folder = ArchiveFolder::open(home.path().join("exports")).expect("made");
        for bad in ["../x", "/etc/x", "audit/../../x", "proofs/.x", "a/b"] {
            assert!(folder.create(id(1), bad).is_err(), "{bad}");
        }
        for path in ["proofs/2.tlog-proof", "checkpoint", "audit/entries.jsonl"] {
            let mut file = folder.create(id(1), path).expect("made");
            file.write_all(path.as_bytes()).expect("written");
        }
        assert!(folder.create(id(1), "checkpoint").is_err(), "twice");
        let packed = folder.pack(id(1)).await.expect("packed");
        let bytes = std::fs::read(folder.archive(id(1))).expect("there");
        assert_eq!(packed.bytes, bytes.len() as u64);
        assert_eq!(packed.sha256, Sha256Digest::of(&bytes));
        let mode = std::fs::metadata(folder.archive(id(1))).expect("there");
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let names: Vec<String> = tar
            .entries()
            .expect("a tar")
            .map(|entry| {
                entry
                    .expect("whole")
                    .path()
                    .expect("a path")
                    .display()
                    .to_string()
            })
            .collect();
        assert_eq!(
            names,
            ["audit/entries.jsonl", "checkpoint", "proofs/2.tlog-proof"]
        );
        let read = folder.open(id(1)).await.expect("read").expect("there");
        let pieces: Vec<_> = read.stream.collect().await;
        let read: Vec<u8> = pieces.into_iter().flat_map(|p| p.expect("read")).collect();
        assert_eq!(read, bytes);
        // What a maker that died leaves behind.
        folder.create(id(2), "checkpoint").expect("made");
        std::fs::write(home.path().join("exports/notes.txt"), "mine").expect("written");
        assert_eq!(folder.list().await.expect("listed"), [id(1), id(2)]);
        for n in [1, 2] {
            folder.discard(id(n)).await.expect("removed");
            folder.discard(id(n)).await.expect("removed already");
        }
        assert_eq!(folder.list().await.expect("listed"), []);
        assert!(folder.open(id(1)).await.expect("looked").is_none());
        assert!(home.path().join("exports/notes.txt").exists());
    }
}
