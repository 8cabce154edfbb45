//! Entry bundles: up to 256 entries, each after its length in two big-endian bytes.

use crate::tiles::TILE_WIDTH;

/// The longest entry that a bundle can carry, in bytes.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Why entries make no bundle, or bytes no entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntriesError {
    /// An entry is longer than 65,535 bytes.
    #[error("entry {place} of the bundle has {bytes} bytes, the format allows 65535")]
    TooLong {
        /// Its place in the bundle, from 0.
        place: usize,
        /// Its length.
        bytes: usize,
    },
    /// More than 256 entries.
    #[error("a bundle has at most 256 entries")]
    TooMany,
    /// The bytes end within an entry.
    #[error("the bundle ends within entry {place}")]
    CutOff {
        /// Its place in the bundle, from 0.
        place: usize,
    },
}

/// The bundle of `entries`, in order.
///
/// # Errors
/// [`EntriesError`] when an entry is too long or there are too many.
pub fn encode_entries<'a>(
    entries: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, EntriesError> {
    let mut bundle = Vec::new();
    for (place, entry) in entries.into_iter().enumerate() {
        if place >= usize::from(TILE_WIDTH) {
            return Err(EntriesError::TooMany);
        }
        let bytes = entry.len();
        let length = u16::try_from(bytes).map_err(|_| EntriesError::TooLong { place, bytes })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The entries of a bundle.
///
/// # Errors
/// [`EntriesError`] when it ends within an entry or has too many.
pub fn decode_entries(bundle: &[u8]) -> Result<Vec<&[u8]>, EntriesError> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let place = entries.len();
        if place >= usize::from(TILE_WIDTH) {
            return Err(EntriesError::TooMany);
        }
        let cut = EntriesError::CutOff { place };
        let (length, tail) = rest.split_first_chunk::<2>().ok_or(cut)?;
        let (entry, tail) = tail
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(cut)?;
        entries.push(entry);
        rest = tail;
    }
    Ok(entries)
}
