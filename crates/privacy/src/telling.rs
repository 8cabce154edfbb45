//! The way of an answer to its reader.

use std::fmt;
use std::sync::Arc;

use clasper_redaction::{Reidentifier, StreamRedactor, TokenVault};

use crate::RedactionFailed;
use crate::guard::guarded;

/// Turns what the model says into what the reader is told, piece by piece. However it is cut, the whole is the same.
pub struct Told(Way);

enum Way {
    AsItIs,
    Revealing(Box<Reidentifier>),
    Redacting(Box<StreamRedactor>),
    /// It has ended, or failed.
    Over,
}

impl Told {
    pub(crate) const fn as_it_is() -> Self {
        Self(Way::AsItIs)
    }

    pub(crate) fn revealing(vault: Arc<dyn TokenVault>) -> Self {
        Self(Way::Revealing(Box::new(Reidentifier::new(vault))))
    }

    pub(crate) fn redacting(stream: StreamRedactor) -> Self {
        Self(Way::Redacting(Box::new(stream)))
    }

    /// Takes a piece, gives what is certain by now.
    ///
    /// # Errors
    /// [`RedactionFailed`]; nothing more comes then.
    pub fn push(&mut self, text: &str) -> Result<String, RedactionFailed> {
        let told = match &mut self.0 {
            Way::AsItIs => return Ok(text.to_owned()),
            Way::Revealing(reveal) => guarded(|| reveal.push(text.as_bytes())),
            Way::Redacting(redact) => guarded(|| redact.push(text.as_bytes())),
            Way::Over => Err(RedactionFailed::Engine),
        };
        if told.is_err() {
            self.0 = Way::Over;
        }
        told
    }

    /// The answer has ended: gives what was held back. Asked again, there is nothing more.
    ///
    /// # Errors
    /// [`RedactionFailed`].
    pub fn finish(&mut self) -> Result<String, RedactionFailed> {
        match std::mem::replace(&mut self.0, Way::Over) {
            Way::AsItIs | Way::Over => Ok(String::new()),
            Way::Revealing(reveal) => guarded(|| reveal.finish()),
            Way::Redacting(mut redact) => guarded(|| redact.finish()),
        }
    }

    /// A whole answer at once.
    ///
    /// # Errors
    /// [`RedactionFailed`].
    pub fn whole(mut self, text: &str) -> Result<String, RedactionFailed> {
        Ok(self.push(text)? + &self.finish()?)
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Way::AsItIs => "Told(as it is)",
            Way::Revealing(_) => "Told(revealing)",
            Way::Redacting(_) => "Told(redacting)",
            Way::Over => "Told(over)",
        })
    }
}
