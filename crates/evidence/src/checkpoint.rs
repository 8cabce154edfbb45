//! Checkpoints (C2SP tlog-checkpoint): a log's size and root, signed by its key and perhaps by witnesses.

mod body;
mod origin;
mod ring;
mod trust;

pub use body::{Checkpoint, CheckpointError};
pub(crate) use body::{decode_hash, encode_hash, parse_decimal};
pub use origin::{LogOrigin, OriginError};
pub use ring::{KeyRing, KeyRingError, LogKey};
pub use trust::{OpenError, OpenedCheckpoint, Trust};

#[cfg(test)]
mod tests;
