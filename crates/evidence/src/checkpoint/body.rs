//! What a checkpoint says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clasper_core::Sha256Digest;

use crate::checkpoint::LogOrigin;
use crate::note::{NoteError, SignedNote, SigningKey};

/// Size and root of a log at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the tree they make.
    pub root: Sha256Digest,
    /// Further lines, opaque. We write none.
    pub extensions: Vec<String>,
}

/// A note's text that is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Fewer than three lines, an empty line, or no newline at the end.
    #[error("a checkpoint must have at least three lines, none empty: origin, size and root")]
    Lines,
    /// The size is no decimal without leading zeros.
    #[error("the checkpoint's size must be a decimal number without leading zeros")]
    Size,
    /// The root is no base64 of 32 bytes.
    #[error("the checkpoint's root must be the base64 of 32 bytes")]
    Root,
}

impl Checkpoint {
    /// A checkpoint without further lines.
    #[must_use]
    pub fn new(origin: &LogOrigin, size: u64, root: Sha256Digest) -> Self {
        Self {
            origin: origin.as_str().to_owned(),
            size,
            root,
            extensions: Vec::new(),
        }
    }

    /// The note's text.
    #[must_use]
    pub fn text(&self) -> String {
        let root = encode_hash(&self.root);
        let mut text = format!("{}\n{}\n{root}\n", self.origin, self.size);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads a note's text, strictly.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if origin.is_empty() || extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Lines);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size: parse_decimal(size).ok_or(CheckpointError::Size)?,
            root: decode_hash(root).ok_or(CheckpointError::Root)?,
            extensions,
        })
    }

    /// The checkpoint as a note signed by `keys`, usually one; the old and the new during a change of keys.
    ///
    /// # Errors
    /// [`NoteError`] when a key cannot sign.
    pub fn sign(&self, keys: &[&SigningKey]) -> Result<SignedNote, NoteError> {
        let mut note = SignedNote::new(&self.text())?;
        for key in keys {
            note.sign(key)?;
        }
        Ok(note)
    }
}

/// A number of at most 63 bits in ASCII digits, without leading zeros.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok().filter(|n| i64::try_from(*n).is_ok())
}

pub(crate) fn encode_hash(hash: &Sha256Digest) -> String {
    STANDARD.encode(hash.as_bytes())
}

pub(crate) fn decode_hash(text: &str) -> Option<Sha256Digest> {
    let bytes = STANDARD.decode(text).ok()?;
    Some(Sha256Digest::from_bytes(bytes.try_into().ok()?))
}
