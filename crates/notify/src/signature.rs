//! Signatures of Standard Webhooks 1.0.0, made and checked.

use std::time::Duration;

use aws_lc_rs::hmac;
use clasper_core::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::key::{SigningKeys, VerifyingKey};
use crate::message_id::MessageId;

/// The header with the message's id.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time of the attempt, in seconds since 1970-01-01 UTC.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures, separated by spaces.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// How far the time of a message may be from now, as the official libraries have it.
pub const TOLERANCE: Duration = Duration::from_mins(5);
/// Entries that are looked at; a sender rotating keys has a handful.
const MAX_ENTRIES: usize = 16;

/// The values of the three headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    /// Of [`ID_HEADER`].
    pub id: String,
    /// Of [`TIMESTAMP_HEADER`].
    pub timestamp: String,
    /// Of [`SIGNATURE_HEADER`].
    pub signature: String,
}

/// The cryptographic library failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message could not be signed")]
pub struct SignError;

/// Why a message is not taken for genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The id could not be one of a genuine message.
    #[error("webhook-id is not the id of a message")]
    Id,
    /// The time is no number of seconds.
    #[error("webhook-timestamp is not a whole number of seconds")]
    Timestamp,
    /// The time is too far from now.
    #[error("webhook-timestamp is too far from the present")]
    OutsideTolerance,
    /// There are no signatures, or absurdly many.
    #[error("webhook-signature has 1 to {MAX_ENTRIES} entries")]
    Entries,
    /// No signature fits any key.
    #[error("no signature fits the message")]
    NoMatch,
}

/// Signs `body` as sent at `attempted_at`, once with each key.
///
/// # Errors
/// [`SignError`] when the cryptographic library fails.
pub fn sign(
    id: &MessageId,
    attempted_at: Timestamp,
    body: &[u8],
    keys: &SigningKeys,
) -> Result<SignedHeaders, SignError> {
    let timestamp = attempted_at.timestamp().to_string();
    let content = signed_content(id.as_str(), &timestamp, body);
    let entries: Option<Vec<String>> = keys
        .as_slice()
        .iter()
        .map(|key| key.signature_of(&content))
        .collect();
    Ok(SignedHeaders {
        id: id.to_string(),
        timestamp,
        signature: entries.ok_or(SignError)?.join(" "),
    })
}

/// Checks that one of `keys` signed `body` and the headers, and that the message is at most `tolerance` from `now`
/// ([`TOLERANCE`] unless there is a reason). The caller still has to refuse an id it has seen.
///
/// # Errors
/// [`VerifyError`] when the message cannot be taken for genuine.
pub fn verify(
    headers: &SignedHeaders,
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
    keys: &[VerifyingKey],
) -> Result<(), VerifyError> {
    let id: MessageId = headers.id.parse().map_err(|_| VerifyError::Id)?;
    let seconds: i64 = headers
        .timestamp
        .parse()
        .map_err(|_| VerifyError::Timestamp)?;
    // One way to write each time: no plus sign, no leading zeros.
    if seconds.to_string() != headers.timestamp {
        return Err(VerifyError::Timestamp);
    }
    if now.timestamp().abs_diff(seconds) > tolerance.as_secs() {
        return Err(VerifyError::OutsideTolerance);
    }
    let entries: Vec<&str> = headers
        .signature
        .split(' ')
        .filter(|entry| !entry.is_empty())
        .take(MAX_ENTRIES + 1)
        .collect();
    if entries.is_empty() || entries.len() > MAX_ENTRIES {
        return Err(VerifyError::Entries);
    }
    let content = signed_content(id.as_str(), &headers.timestamp, body);
    let genuine = entries
        .iter()
        .any(|entry| keys.iter().any(|key| key.accepts(&content, entry)));
    genuine.then_some(()).ok_or(VerifyError::NoMatch)
}

/// The older signature of completion webhooks: hexadecimal HMAC-SHA256 of the body alone. It can be replayed, so it is only
/// sent beside the others, to receivers that know nothing else.
#[must_use]
pub fn body_signature(secret: &SecretString, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hex::encode(hmac::sign(&key, body).as_ref())
}

fn signed_content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}
