//! Signed notes (C2SP signed-note): text, Ed25519 signatures under it, and the keys that made them.

mod key;
mod signed;

pub use key::{KeyError, KeyKind, KeyPair, SigningKey, VerifierKey};
pub(crate) use signed::MAX_NOTE_BYTES;
pub use signed::{NoteError, NoteSignature, SignedNote, Verified};
