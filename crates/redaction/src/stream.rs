//! Redaction of text that arrives in chunks.

use std::sync::Arc;

use crate::engine::fold::Folded;
use crate::engine::window::{AHEAD, BEHIND};
use crate::engine::{Cursor, Step};
use crate::strategy::{Found, MAX_VALUE_BYTES};
use crate::vault::TokenVault;
use crate::{Entity, Error, Finding, Redactor};

/// Most bytes of clear text that a stream holds back: what a detector may see, an unfinished character, and for each pattern
/// of one's own its reach instead if that is more.
pub const HOLD_BACK_BYTES: usize = AHEAD + 3;

/// Bytes kept behind the pass before they are given back in one go.
const SLACK: usize = 4096;

/// Bytes that become text as their characters are complete.
#[derive(Debug, Clone, Default)]
pub(crate) struct Utf8 {
    partial: Vec<u8>,
}

impl Utf8 {
    pub fn push(&mut self, chunk: &[u8]) -> Result<String, Error> {
        let mut bytes = std::mem::take(&mut self.partial);
        bytes.extend_from_slice(chunk);
        let whole = match std::str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(Error::NotUtf8),
        };
        self.partial = bytes.split_off(whole);
        String::from_utf8(bytes).map_err(|_| Error::NotUtf8)
    }

    pub fn finish(&self) -> Result<(), Error> {
        if self.partial.is_empty() {
            Ok(())
        } else {
            Err(Error::NotUtf8)
        }
    }
}

/// Redacts a stream. Whatever the chunks, what comes out in the end is what [`Redactor::redact`] makes of the whole text.
///
/// At most [`HOLD_BACK_BYTES`] of clear text wait for what follows; most of the time it is one word. An error stops the stream
/// for good: what was held back is not passed on.
pub struct StreamRedactor {
    redactor: Redactor,
    vault: Option<Arc<dyn TokenVault>>,
    input: Utf8,
    text: Folded,
    cursor: Cursor,
    /// Bytes of the kept text that were passed on, or belong to the open value.
    done: usize,
    /// Characters of the stream in front of `done`.
    characters: usize,
    open: Option<Open>,
    findings: Vec<Finding>,
    failed: bool,
}

struct Open {
    entity: Entity,
    labelled: bool,
    before: Option<char>,
    value: String,
    start: usize,
}

impl StreamRedactor {
    pub(crate) fn new(redactor: Redactor, vault: Option<Arc<dyn TokenVault>>) -> Self {
        Self {
            redactor,
            vault,
            input: Utf8::default(),
            text: Folded::default(),
            cursor: Cursor::default(),
            done: 0,
            characters: 0,
            open: None,
            findings: Vec::new(),
            failed: false,
        }
    }

    /// Takes a chunk of bytes, cut anywhere, and gives what is certain by now.
    ///
    /// # Errors
    /// [`Error`] when the bytes are not UTF-8 or the vault fails; the stream is stopped then.
    pub fn push(&mut self, chunk: &[u8]) -> Result<String, Error> {
        self.go(Some(chunk))
    }

    /// The stream has ended: gives what was held back.
    ///
    /// # Errors
    /// As [`StreamRedactor::push`], and when the last character is incomplete.
    pub fn finish(&mut self) -> Result<String, Error> {
        let rest = self.go(None);
        self.failed = true;
        rest
    }

    /// What was found since this was last asked, with places in characters of the whole stream.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// Bytes of text that are waiting for what follows; those of a value that has begun do not count.
    #[must_use]
    pub fn held_back(&self) -> usize {
        self.text.raw_len() - self.done
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
            Some(chunk) => self.text.push(&self.input.push(chunk)?),
            None => self.input.finish()?,
        }
        let last = chunk.is_none();
        let mut out = String::new();
        let engine = self.redactor.engine();
        loop {
            match engine.step(self.text.plain(), &mut self.cursor, last) {
                Step::Begin(hit) => {
                    self.clear(&mut out, hit.start);
                    self.open = Some(Open {
                        entity: hit.entity,
                        labelled: hit.labelled,
                        before: self.text.plain()[..hit.start].chars().next_back(),
                        value: String::new(),
                        start: self.characters,
                    });
                }
                Step::End(at) => self.close(&mut out, at)?,
                Step::More(at) if self.open.is_some() => {
                    self.collect(at);
                    break;
                }
                Step::More(at) => {
                    self.clear(&mut out, at);
                    break;
                }
            }
        }
        if last {
            self.clear(&mut out, self.text.plain().len());
        }
        self.forget();
        Ok(out)
    }

    /// Passes on everything in front of `at` of the view.
    fn clear(&mut self, out: &mut String, at: usize) {
        let to = self.text.raw_start(at);
        let text = self.text.raw(self.done, to);
        self.characters += text.chars().count();
        out.push_str(text);
        self.done = self.done.max(to);
    }

    /// Takes everything in front of `at` of the view into the open value.
    fn collect(&mut self, at: usize) {
        let to = self.text.raw_end(at);
        let text = self.text.raw(self.done, to);
        self.characters += text.chars().count();
        if let Some(open) = &mut self.open {
            // One byte more than may be kept says that there was more.
            let room = (MAX_VALUE_BYTES + 4).saturating_sub(open.value.len());
            open.value.push_str(&text[..text.floor_char_boundary(room)]);
        }
        self.done = self.done.max(to);
    }

    fn close(&mut self, out: &mut String, at: usize) -> Result<(), Error> {
        self.collect(at);
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        self.findings.push(Finding {
            entity: open.entity,
            start: open.start,
            end: self.characters,
        });
        let found = Found {
            entity: open.entity,
            labelled: open.labelled,
            value: &open.value,
            before: open.before,
            after: self.text.plain()[at..].chars().next(),
        };
        self.redactor
            .strategies()
            .write(out, &found, self.vault.as_deref())
    }

    /// Gives back what no detector can look at any more.
    fn forget(&mut self) {
        let keep = self.cursor.at().saturating_sub(BEHIND);
        let at = self.text.plain().floor_char_boundary(keep);
        if at < SLACK {
            return;
        }
        self.cursor.shift(at);
        self.done -= self.text.forget(at);
    }
}
