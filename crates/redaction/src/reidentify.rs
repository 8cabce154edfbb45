//! Puts values back in the place of their tokens, for those who may see them.

use std::sync::Arc;

use crate::stream::Utf8;
use crate::vault::{CLOSE, MAX_TOKEN, OPEN, Token, TokenVault};
use crate::{Entity, Error};

/// Replaces tokens in a stream by their values. At most 71 bytes are held back: a token that has not ended.
pub struct Reidentifier {
    vault: Arc<dyn TokenVault>,
    only: Option<Vec<Entity>>,
    input: Utf8,
    held: String,
    failed: bool,
}

impl Reidentifier {
    /// For a reader who may see every kind; the vault decides about single values.
    #[must_use]
    pub fn new(vault: Arc<dyn TokenVault>) -> Self {
        Self {
            vault,
            only: None,
            input: Utf8::default(),
            held: String::new(),
            failed: false,
        }
    }

    /// For a reader who may see these kinds; other tokens stay.
    #[must_use]
    pub fn only(mut self, entities: &[Entity]) -> Self {
        self.only = Some(entities.to_vec());
        self
    }

    /// Takes a chunk, gives what is certain.
    ///
    /// # Errors
    /// [`Error`] when the vault fails or the bytes are not UTF-8. Nothing more is passed on afterwards.
    pub fn push(&mut self, chunk: &[u8]) -> Result<String, Error> {
        self.go(Some(chunk))
    }

    /// The stream has ended: gives what was held back.
    ///
    /// # Errors
    /// As [`Reidentifier::push`].
    pub fn finish(mut self) -> Result<String, Error> {
        self.go(None)
    }

    fn go(&mut self, chunk: Option<&[u8]>) -> Result<String, Error> {
        if self.failed {
            return Err(Error::Stopped);
        }
        let result = self.pass(chunk);
        self.failed = result.is_err();
        result
    }

    fn pass(&mut self, chunk: Option<&[u8]>) -> Result<String, Error> {
        match chunk {
            Some(chunk) => self.held.push_str(&self.input.push(chunk)?),
            None => self.input.finish()?,
        }
        let held = std::mem::take(&mut self.held);
        let mut out = String::with_capacity(held.len());
        let mut rest = held.as_str();
        while let Some(open) = rest.find(OPEN) {
            out.push_str(&rest[..open]);
            rest = &rest[open..];
            let Some(length) = rest.find(CLOSE).map(|at| at + CLOSE.len_utf8()) else {
                if rest.len() < MAX_TOKEN && chunk.is_some() {
                    rest.clone_into(&mut self.held);
                    return Ok(out);
                }
                let bracket = OPEN.len_utf8();
                out.push_str(&rest[..bracket]);
                rest = &rest[bracket..];
                continue;
            };
            let Some(token) = Token::parse(&rest[..length]) else {
                let bracket = OPEN.len_utf8();
                out.push_str(&rest[..bracket]);
                rest = &rest[bracket..];
                continue;
            };
            match self.value(&token)? {
                Some(value) => out.push_str(&value),
                None => out.push_str(token.as_str()),
            }
            rest = &rest[length..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, token: &Token) -> Result<Option<String>, Error> {
        let seen = self
            .only
            .as_ref()
            .is_none_or(|only| only.contains(&token.entity()));
        Ok(if seen {
            self.vault.reveal(token)?
        } else {
            None
        })
    }
}

/// Puts all values back in a whole text.
///
/// # Errors
/// [`Error`] when the vault fails.
pub fn reidentify(text: &str, vault: Arc<dyn TokenVault>) -> Result<String, Error> {
    let mut stream = Reidentifier::new(vault);
    let mut out = stream.push(text.as_bytes())?;
    out.push_str(&stream.finish()?);
    Ok(out)
}
