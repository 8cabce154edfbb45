//! Where a bundle's files come from.

use std::collections::BTreeMap;
use std::io::{self, Read};

/// The files of a bundle: an unpacked archive, a directory, memory.
///
/// Several may be open at the same time. A source over an archive must refuse two members of one name, links, and paths that leave the
/// archive.
pub trait BundleFiles {
    /// The paths of all files.
    ///
    /// # Errors
    /// When the source cannot be read.
    fn paths(&self) -> io::Result<Vec<String>>;

    /// A file's bytes from its beginning. Need not be buffered.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// A bundle in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryBundle(pub BTreeMap<String, Vec<u8>>);

impl BundleFiles for MemoryBundle {
    fn paths(&self) -> io::Result<Vec<String>> {
        Ok(self.0.keys().cloned().collect())
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        match self.0.get(path) {
            Some(bytes) => Ok(Box::new(bytes.as_slice())),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
