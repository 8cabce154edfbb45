//! The id of a message: the same for every attempt, so that the receiver can recognise repetitions.

use std::fmt;
use std::str::FromStr;

const MAX_BYTES: usize = 128;

/// What `webhook-id` carries. Letters, digits, `_` and `-` only: a full stop would let the parts of the signed text shift.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId(String);

/// The text is no id of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message id has 1 to {MAX_BYTES} characters, only ASCII letters, digits, '_' and '-'")]
pub struct MessageIdError;

impl MessageId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || text.len() > MAX_BYTES || !text.bytes().all(allowed) {
            return Err(MessageIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_move_the_borders_of_the_signed_text() {
        for text in ["", "a.1", "a b", "a\r\nx: y", "ä", &"x".repeat(129)] {
            assert_eq!(text.parse::<MessageId>(), Err(MessageIdError), "{text:?}");
        }
        for text in [
            "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
            "0199-aa",
            &"x".repeat(128),
        ] {
            assert!(text.parse::<MessageId>().is_ok(), "{text:?}");
        }
    }
}
