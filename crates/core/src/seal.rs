//! The port that seals what must be kept unredacted for a while: answers on their way to the backend.

/// Authenticated encryption with a key of the deployment.
pub trait Seal: Send + Sync {
    /// Seals `plain`. `context` is authenticated with it, so that one record cannot be passed off as another.
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8>;

    /// Opens what [`Seal::seal`] made; `None` when it was altered, belongs to another context or to another key.
    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// Keys made from a secret of the deployment, which nobody else can make again.
pub trait DeriveKey: Send + Sync {
    /// The key for a purpose and a context, such as a tenant; `None` when the cryptographic library refuses.
    fn derive_key(&self, purpose: &str, context: &[u8]) -> Option<[u8; 32]>;
}
