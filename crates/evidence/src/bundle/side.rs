//! Reads a file in pieces and knows its hash in the end.

use std::io::{self, BufRead, BufReader, Read};

use clasper_core::Sha256Digest;
use sha2::{Digest, Sha256};

/// What came of asking for a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// It is in the buffer, without its newline.
    Read,
    /// The file is over.
    End,
    /// The line is too long, or the last one has no newline.
    Broken,
}

/// A file being read, hashed on the way.
pub(crate) struct HashedFile<'a> {
    reader: BufReader<Box<dyn Read + 'a>>,
    hash: Sha256,
    bytes: u64,
    pub(crate) buffer: Vec<u8>,
}

impl<'a> HashedFile<'a> {
    pub(crate) fn new(file: Box<dyn Read + 'a>) -> Self {
        Self {
            reader: BufReader::with_capacity(64 * 1024, file),
            hash: Sha256::new(),
            bytes: 0,
            buffer: Vec::new(),
        }
    }

    /// Reads a line of at most `limit` bytes into the buffer.
    pub(crate) fn line(&mut self, limit: usize) -> io::Result<Piece> {
        self.buffer.clear();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut limited = (&mut self.reader).take(most);
        limited.read_until(b'\n', &mut self.buffer)?;
        self.count();
        Ok(match self.buffer.pop() {
            None => Piece::End,
            Some(b'\n') => Piece::Read,
            Some(_) => Piece::Broken,
        })
    }

    /// Reads 32 bytes.
    pub(crate) fn digest(&mut self) -> io::Result<Option<Sha256Digest>> {
        self.buffer.clear();
        (&mut self.reader).take(32).read_to_end(&mut self.buffer)?;
        self.count();
        let bytes = self.buffer.as_slice().try_into().ok();
        Ok(bytes.map(Sha256Digest::from_bytes))
    }

    /// Reads what is left; the file's length, its digest, and whether anything was left.
    pub(crate) fn finish(mut self) -> io::Result<(u64, Sha256Digest, bool)> {
        let before = self.bytes;
        loop {
            let piece = self.reader.fill_buf()?;
            let length = piece.len();
            if length == 0 {
                break;
            }
            self.hash.update(piece);
            self.bytes += length as u64;
            self.reader.consume(length);
        }
        let digest = Sha256Digest::from_bytes(self.hash.finalize().into());
        Ok((self.bytes, digest, self.bytes > before))
    }

    fn count(&mut self) {
        self.hash.update(&self.buffer);
        self.bytes += self.buffer.len() as u64;
    }
}
