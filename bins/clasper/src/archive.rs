//! A bundle's archive, unpacked once to a plain file that is gone when it is closed: memory stays small however large it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use clasper_evidence::{BundleFiles, check_path};
use flate2::read::MultiGzDecoder;

/// Most members; a manifest lists no more files.
const MAX_MEMBERS: usize = 20_002;

/// The members of an archive, one after the other in a temporary file.
pub struct Archive {
    file: File,
    /// Where each begins, and its length.
    members: BTreeMap<String, (u64, u64)>,
}

impl Archive {
    /// Unpacks a `.tar.gz`: regular files only, each once, under the names that a bundle may have; read to its very end.
    pub fn unpack(packed: impl Read) -> io::Result<Self> {
        let mut plain = MultiGzDecoder::new(packed);
        let mut file = tempfile::tempfile()?;
        let mut members = BTreeMap::new();
        let mut tar = tar::Archive::new(&mut plain);
        let mut end = 0;
        for member in tar.entries()? {
            let mut member = member?;
            let name = member.path_bytes().into_owned();
            let name = String::from_utf8(name).map_err(|_| refused("a name that is not text"))?;
            if !member.header().entry_type().is_file() || !check_path(&name) {
                return Err(refused("a member that is not allowed"));
            }
            let length = io::copy(&mut member, &mut file)?;
            if members.insert(name, (end, length)).is_some() || members.len() > MAX_MEMBERS {
                return Err(refused("a member twice, or too many"));
            }
            end += length;
        }
        // The checksum of the compressed data stands at its end.
        io::copy(&mut plain, &mut io::sink())?;
        file.flush()?;
        Ok(Self { file, members })
    }
}

fn refused(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl BundleFiles for Archive {
    fn paths(&self) -> io::Result<Vec<String>> {
        Ok(self.members.keys().cloned().collect())
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        let place = self.members.get(path).copied();
        let (next, length) = place.ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(BufReader::with_capacity(
            64 * 1024,
            Member {
                file: &self.file,
                next,
                rest: length,
            },
        )))
    }
}

/// One member. Several are read in turns from one file, so each seeks before it reads.
struct Member<'a> {
    file: &'a File,
    next: u64,
    rest: u64,
}

impl Read for Member<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.rest)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let mut file = self.file;
        file.seek(SeekFrom::Start(self.next))?;
        let read = file.read(&mut buffer[..most])?;
        self.next += read as u64;
        self.rest -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(members: &[(&str, &str)]) -> Vec<u8> {
        let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut tar = tar::Builder::new(gzip);
        for (name, text) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o600);
            header.as_gnu_mut().expect("a GNU header").name[..name.len()]
                .copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, text.as_bytes()).expect("in memory");
        }
        let gzip = tar.into_inner().expect("in memory");
        gzip.finish().expect("in memory")
    }

    #[test]
    fn members_are_read_in_turns() {
        let packed = packed(&[
            ("checkpoint", "one"),
            ("audit/entries.jsonl", "two\nthree\n"),
        ]);
        let archive = Archive::unpack(packed.as_slice()).expect("it is whole");
        let (mut first, mut second) = (String::new(), String::new());
        let mut open = archive.open("audit/entries.jsonl").expect("it is there");
        let mut byte = [0];
        open.read_exact(&mut byte).expect("a byte");
        let checkpoint = archive.open("checkpoint");
        checkpoint
            .expect("it is there")
            .read_to_string(&mut first)
            .expect("text");
        open.read_to_string(&mut second).expect("text");
        assert_eq!((first.as_str(), second.as_str()), ("one", "wo\nthree\n"));
        assert!(archive.open("manifest.json").is_err());
    }

    #[test]
    fn archives_that_are_cut_doubled_or_reach_elsewhere_are_refused() {
        let good = packed(&[("checkpoint", "one")]);
        for cut in [0, 1, good.len() / 2, good.len() - 1] {
            assert!(Archive::unpack(&good[..cut]).is_err(), "cut at {cut}");
        }
        for bad in [
            packed(&[("checkpoint", "one"), ("checkpoint", "two")]),
            packed(&[("../checkpoint", "one")]),
            packed(&[("/etc/passwd", "one")]),
            packed(&[("audit/../x", "one")]),
        ] {
            assert!(Archive::unpack(bad.as_slice()).is_err());
        }
    }
}
