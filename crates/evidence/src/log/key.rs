//! Which key signs: the configured one, or one that was generated once and sealed into the database.

use clasper_core::{Seal, StoreError, Timestamp};

use crate::log::port::{AdoptedKey, KeyAdoption, LogStore, StoredKey};
use crate::note::{KeyError, KeyPair};

/// Length of an Ed25519 seed (RFC 8032, section 5.1.5).
pub const SEED_BYTES: usize = 32;
/// Binds a sealed seed to its use.
const CONTEXT: &[u8] = b"clasper audit signing key";

/// Where the key comes from.
#[derive(Clone, Copy)]
pub enum KeySource<'a> {
    /// It is configured; it takes the place of another that is in use.
    Configured(&'a [u8; SEED_BYTES]),
    /// It is kept in the database; `fresh` random bytes become the seed when there is none.
    Kept {
        /// Seals the seed.
        seal: &'a dyn Seal,
        /// From a cryptographic random source.
        fresh: &'a [u8; SEED_BYTES],
    },
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The seed is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key in use was configured and is not any more.
    #[error(
        "the audit log is signed by a configured key: set CLASPER_AUDIT_SIGNING_KEY to it, or to a new one (openssl rand -hex 32), which retires it"
    )]
    NotConfigured,
    /// The sealed key is of another secret.
    #[error(
        "the audit log's signing key cannot be opened with this AGENT_JWT_SECRET: restore the secret, or set CLASPER_AUDIT_SIGNING_KEY to a new key (openssl rand -hex 32), which retires the old one"
    )]
    Sealed,
    /// Another key is in use than the configured one.
    #[error(
        "the configured CLASPER_AUDIT_SIGNING_KEY is not the key in use: a server that starts with it puts it in use"
    )]
    NotInUse,
    /// No key is in use.
    #[error("no key signs the audit logs yet: start the server, which makes one")]
    NoKey,
    /// The seed could not be sealed.
    #[error("the audit log's signing key could not be sealed")]
    Unsealable,
}

/// Puts the key of `source` in use and returns it. Other keys are retired and stay listed.
///
/// # Errors
/// [`KeySourceError`], saying what to do.
pub async fn adopt_key(
    store: &dyn LogStore,
    source: KeySource<'_>,
    now: Timestamp,
) -> Result<KeyPair, KeySourceError> {
    let (seal, fresh) = match source {
        KeySource::Configured(seed) => {
            let pair = KeyPair::from_seed(seed)?;
            let adoption = KeyAdoption {
                public: pair.public()?,
                sealed_seed: None,
                replaces: true,
                at: now,
            };
            store.adopt_log_key(adoption).await?;
            return Ok(pair);
        }
        KeySource::Kept { seal, fresh } => (seal, fresh),
    };
    let keys = store.list_log_keys().await?;
    if let Some(key) = keys.iter().find(|key| key.valid_until.is_none()) {
        return open(seal, key);
    }
    let pair = KeyPair::from_seed(fresh)?;
    let sealed = seal.seal(CONTEXT, fresh);
    if sealed.is_empty() {
        return Err(KeySourceError::Unsealable);
    }
    let adoption = KeyAdoption {
        public: pair.public()?,
        sealed_seed: Some(sealed),
        replaces: false,
        at: now,
    };
    match store.adopt_log_key(adoption).await? {
        AdoptedKey::InUse => Ok(pair),
        AdoptedKey::Another(key) => open(seal, &key),
    }
}

/// The key in use, configured or kept. Unlike [`adopt_key`] it changes nothing.
///
/// # Errors
/// [`KeySourceError`], saying what to do.
pub async fn key_in_use(
    store: &dyn LogStore,
    configured: Option<&[u8; SEED_BYTES]>,
    seal: &dyn Seal,
) -> Result<KeyPair, KeySourceError> {
    let keys = store.list_log_keys().await?;
    let key = keys.iter().find(|key| key.valid_until.is_none());
    let key = key.ok_or(KeySourceError::NoKey)?;
    let Some(seed) = configured else {
        return open(seal, key);
    };
    let pair = KeyPair::from_seed(seed)?;
    if pair.public()? == key.public {
        Ok(pair)
    } else {
        Err(KeySourceError::NotInUse)
    }
}

fn open(seal: &dyn Seal, key: &StoredKey) -> Result<KeyPair, KeySourceError> {
    let sealed = key.sealed_seed.as_deref();
    let sealed = sealed.ok_or(KeySourceError::NotConfigured)?;
    let opened = seal.open(CONTEXT, sealed).ok_or(KeySourceError::Sealed)?;
    let seed: [u8; SEED_BYTES] = opened.try_into().map_err(|_| KeySourceError::Sealed)?;
    let pair = KeyPair::from_seed(&seed)?;
    if pair.public()? == key.public {
        Ok(pair)
    } else {
        Err(KeySourceError::Sealed)
    }
}
