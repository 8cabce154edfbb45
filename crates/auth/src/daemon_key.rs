//! The daemon key, compared in constant time.

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use clasper_core::Sha256Digest;
use clasper_identity::AuthError;

use crate::config::MIN_SECRET_BYTES;

const ADVICE: &str =
    "set AGENT_DAEMON_API_KEY to a secret of at least 32 bytes, on this server and on the backend";

/// The configured key, as its digest: digests are of one length, so that a comparison tells nothing of the key's.
pub(crate) struct DaemonKey {
    digest: Option<Sha256Digest>,
}

impl DaemonKey {
    pub(crate) fn new(configured: Option<&SecretString>) -> Self {
        let digest = configured
            .map(|secret| secret.expose_secret().as_bytes())
            .filter(|secret| secret.len() >= MIN_SECRET_BYTES)
            .map(Sha256Digest::of);
        Self { digest }
    }

    pub(crate) fn prove(&self, presented: &str) -> Result<(), AuthError> {
        let Some(expected) = self.digest else {
            return Err(AuthError::NotConfigured { advice: ADVICE });
        };
        let given = Sha256Digest::of(presented.as_bytes());
        if bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
            Ok(())
        } else {
            Err(AuthError::Invalid)
        }
    }
}
