//! Lists a workspace's files within bounds, without following links out of it.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, DirEntry, Metadata};
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::Error;

/// How much a workspace may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Files and folders together.
    pub max_files: usize,
    /// Bytes of all files together.
    pub max_total_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_files: 5_000,
            max_total_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Tells two states of a folder apart by names, sizes and times, without reading a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

/// A file of the workspace.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Path within the workspace, joined by `/` on every system.
    pub path: String,
    /// Where to read it: for a link, the place it leads to.
    pub place: PathBuf,
}

/// All files, sorted by path.
#[derive(Debug)]
pub(crate) struct Listing {
    pub entries: Vec<Entry>,
    /// Links that were not followed.
    pub ignored_links: Vec<String>,
    pub fingerprint: Fingerprint,
}

/// Names that are no part of a workspace: hidden files and installed packages.
fn is_foreign(name: &str) -> bool {
    name.starts_with('.') || name == "node_modules"
}

struct Walk {
    root: PathBuf,
    limits: Limits,
    seen: usize,
    bytes: u64,
    entries: Vec<Entry>,
    ignored_links: Vec<String>,
    marks: Vec<(String, u64)>,
}

/// Lists the folder `root`.
pub(crate) fn list(root: &Path, limits: Limits) -> Result<Listing, Error> {
    let failed = |source| Error::Root {
        path: root.display().to_string(),
        source,
    };
    let root_place = fs::canonicalize(root).map_err(failed)?;
    // Asked for here, so that a file in the place of the folder is reported as such.
    fs::read_dir(&root_place).map_err(failed)?;
    let mut walk = Walk {
        root: root_place.clone(),
        limits,
        seen: 0,
        bytes: 0,
        entries: vec![],
        ignored_links: vec![],
        marks: vec![],
    };
    let mut folders = vec![(String::new(), root_place)];
    while let Some((path, place)) = folders.pop() {
        walk.folder(&path, &place, &mut folders)?;
    }
    walk.entries.sort_by(|a, b| a.path.cmp(&b.path));
    walk.ignored_links.sort();
    walk.marks.sort();
    let mut hasher = DefaultHasher::new();
    walk.marks.hash(&mut hasher);
    Ok(Listing {
        entries: walk.entries,
        ignored_links: walk.ignored_links,
        fingerprint: Fingerprint(hasher.finish()),
    })
}

impl Walk {
    fn folder(
        &mut self,
        path: &str,
        place: &Path,
        folders: &mut Vec<(String, PathBuf)>,
    ) -> Result<(), Error> {
        let failed = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        for entry in fs::read_dir(place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(Error::NotUtf8 {
                    path: join(path, &name.to_string_lossy()),
                });
            };
            if !is_foreign(name) {
                self.seen += 1;
                if self.seen > self.limits.max_files {
                    return Err(Error::TooManyFiles {
                        limit: self.limits.max_files,
                    });
                }
                self.entry(join(path, name), &entry, folders)?;
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        path: String,
        entry: &DirEntry,
        folders: &mut Vec<(String, PathBuf)>,
    ) -> Result<(), Error> {
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(source) => return Err(Error::Read { path, source }),
        };
        if kind.is_dir() {
            folders.push((path, entry.path()));
            return Ok(());
        }
        let mut place = entry.path();
        if kind.is_symlink() {
            // A dangling link is as good as no file. Links to folders could make circles.
            match fs::canonicalize(&place) {
                Ok(target) if target.starts_with(&self.root) && target.is_file() => place = target,
                _ => {
                    self.ignored_links.push(path);
                    return Ok(());
                }
            }
        }
        let metadata = match fs::metadata(&place) {
            Ok(metadata) => metadata,
            Err(source) => return Err(Error::Read { path, source }),
        };
        if !metadata.is_file() {
            return Ok(());
        }
        self.bytes = self.bytes.saturating_add(metadata.len());
        if self.bytes > self.limits.max_total_bytes {
            return Err(Error::TooLarge {
                limit: self.limits.max_total_bytes,
            });
        }
        self.marks.push((path.clone(), mark(&metadata)));
        self.entries.push(Entry { path, place });
        Ok(())
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Size and times of a file; on Unix also its inode, which changes when an editor replaces the file.
fn mark(metadata: &Metadata) -> u64 {
    let mut hasher = DefaultHasher::new();
    metadata.len().hash(&mut hasher);
    metadata.modified().ok().hash(&mut hasher);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (metadata.ino(), metadata.ctime(), metadata.ctime_nsec()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Reads a listed file; `budget` is what is left of the total and shrinks, so that a growing file cannot exceed it.
pub(crate) fn read(entry: &Entry, limits: Limits, budget: &mut u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read {
        path: entry.path.clone(),
        source,
    };
    let file = fs::File::open(&entry.place).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(budget.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    *budget = budget.checked_sub(size).ok_or(Error::TooLarge {
        limit: limits.max_total_bytes,
    })?;
    Ok(bytes)
}
