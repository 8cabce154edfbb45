//! Each tenant's log as it is kept and served: signed as it grows, read by tiles, proven by few of them.

mod error;
mod key;
mod port;
mod read;
mod served;
mod sign;

pub use error::{LogError, SignError};
pub use key::{KeySource, KeySourceError, SEED_BYTES, adopt_key, key_in_use};
pub use port::{
    AdoptedKey, Extended, Extension, KeyAdoption, LeafLink, LogStore, StoredCheckpoint, StoredKey,
};
pub use served::{AuditLog, AuditLogDeps, Completeness, ConsistencyProof};
pub use sign::{LogSigner, LogSignerDeps, SigningRound};
