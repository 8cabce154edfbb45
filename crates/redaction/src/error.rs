//! Why a text is refused.

use crate::vault::VaultError;

/// A text that cannot be redacted is refused; nothing of it is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The vault gave no token or value.
    #[error("a token could not be kept or read")]
    Vault(#[from] VaultError),
    /// The bytes are not UTF-8.
    #[error("the text is not valid UTF-8")]
    NotUtf8,
    /// The JSON text that is streamed is none.
    #[error("the text is not valid JSON")]
    NotJson,
    /// The stream failed before.
    #[error("the stream was stopped by an earlier error")]
    Stopped,
}
