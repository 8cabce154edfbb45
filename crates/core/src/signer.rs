//! The port that signs what an adapter carries away and brings back: tokens of single-use capabilities.

use crate::CanonicalJson;

/// Signs with a key of the deployment. A signature says who made a token, and nothing about time or use: whoever opens one
/// compares its claims with what is stored.
pub trait TokenSigner: Send + Sync {
    /// The claims as a JSON Web Token (RFC 7519). The same claims give the same token, so that only its hash has to be kept;
    /// `None` when the claims are no object.
    fn sign(&self, claims: &CanonicalJson) -> Option<String>;

    /// The claims of a token that [`TokenSigner::sign`] made; `None` for every other text.
    fn open(&self, token: &str) -> Option<serde_json::Value>;
}
