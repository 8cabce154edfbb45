//! People's own patterns: compiled by the linear-time engine, of bounded size and reach.

use std::fmt;

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::Look;

use crate::Entity;
use crate::detector::Hit;
use crate::engine::window::AHEAD;

/// Most patterns of one redactor: each costs a pass over the text.
pub const MAX_PATTERNS: usize = 64;
/// Most bytes of a pattern as written.
pub const MAX_PATTERN_BYTES: usize = 1024;
/// Most bytes of a pattern's compiled form.
pub const MAX_COMPILED_BYTES: usize = 256 * 1024;
/// Most bytes of a match, and the default.
pub const MAX_MATCH_BYTES: usize = 232;

/// Bytes behind a match that decide whether a word ends there: the longest character.
const LOOK: usize = 4;
const _: () = assert!(MAX_MATCH_BYTES + 2 * LOOK <= AHEAD);

/// A pattern for values of people's own.
#[derive(Clone)]
pub struct Pattern {
    entity: Entity,
    regex: Regex,
    max_length: usize,
}

/// Why a pattern is refused. The pattern itself is not shown: it may contain what it looks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is longer than [`MAX_PATTERN_BYTES`].
    #[error("the pattern is longer than {MAX_PATTERN_BYTES} bytes; shorten it or use two")]
    TooLong,
    /// It is none, or of a kind that cannot be matched in linear time.
    #[error(
        "the pattern cannot be read: check brackets and classes; look-around and back-references are not supported"
    )]
    Syntax,
    /// It needs more memory than [`MAX_COMPILED_BYTES`].
    #[error("the pattern needs too much memory; use smaller counts or ASCII classes such as [0-9]")]
    TooLarge,
    /// It matches where nothing is.
    #[error("the pattern also matches the empty text; require at least one character")]
    Empty,
    /// It asks for the beginning or end of the text, which a stream has not.
    #[error("the pattern asks for the beginning or end of the text (^ $ \\A \\z); use \\b instead")]
    Anchored,
    /// `max_length` is 0 or more than [`MAX_MATCH_BYTES`].
    #[error("max_length must be 1 to {MAX_MATCH_BYTES} bytes")]
    Length,
}

impl Pattern {
    /// Compiles a pattern. A match is at most `max_length` bytes; a stream is held back by as much, so keep it small.
    ///
    /// # Errors
    /// [`PatternError`]
    pub fn new(entity: Entity, pattern: &str, max_length: usize) -> Result<Self, PatternError> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(PatternError::TooLong);
        }
        if !(1..=MAX_MATCH_BYTES).contains(&max_length) {
            return Err(PatternError::Length);
        }
        let parsed = regex_syntax::ParserBuilder::new()
            .nest_limit(64)
            .build()
            .parse(pattern)
            .map_err(|_| PatternError::Syntax)?;
        let properties = parsed.properties();
        if properties.minimum_len().is_none_or(|least| least == 0) {
            return Err(PatternError::Empty);
        }
        let looks = properties.look_set();
        let anchored = [
            Look::Start,
            Look::End,
            Look::StartLF,
            Look::EndLF,
            Look::StartCRLF,
            Look::EndCRLF,
        ];
        if anchored.into_iter().any(|look| looks.contains(look)) {
            return Err(PatternError::Anchored);
        }
        let max_length = properties
            .maximum_len()
            .map_or(max_length, |most| most.min(max_length));
        let regex = RegexBuilder::new(pattern)
            .size_limit(MAX_COMPILED_BYTES)
            .dfa_size_limit(4 * MAX_COMPILED_BYTES)
            .nest_limit(64)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
                _ => PatternError::Syntax,
            })?;
        Ok(Self {
            entity,
            regex,
            max_length,
        })
    }

    /// What it finds.
    #[must_use]
    pub fn entity(&self) -> Entity {
        self.entity
    }

    /// The first match that begins in `from..limit`, or the place from which on more text is needed to tell.
    ///
    /// A match at a place is what the pattern matches there within `max_length` bytes, whatever follows. Only pieces of
    /// text are searched, so that a pattern that would match far too much at many places stays linear.
    fn find(
        &self,
        text: &str,
        from: usize,
        limit: usize,
        last: bool,
    ) -> Result<Option<Hit>, usize> {
        let reach = self.max_length + LOOK;
        let mut at = ceil(text, from);
        while at < limit {
            let known = floor(text, at + 2 * reach);
            let found = self.regex.find_at(&text[..known], at).map(|m| m.start());
            let start = match found {
                Some(start) if start < limit => start,
                _ if known == text.len() => {
                    // Whatever begins in the last bytes may yet become a match.
                    let open = floor(text, text.len().saturating_sub(reach)).max(at);
                    return if last || limit <= open {
                        Ok(None)
                    } else {
                        Err(open)
                    };
                }
                _ => {
                    at = ceil(text, (known - reach).max(at + 1));
                    continue;
                }
            };
            let end = floor(text, start + reach);
            if end == text.len() && !last && start + reach > text.len() {
                let open = floor(text, text.len().saturating_sub(reach))
                    .max(at)
                    .min(start);
                return Err(open);
            }
            let matched = self.regex.find_at(&text[..end], start);
            if let Some(matched) =
                matched.filter(|m| m.start() == start && m.len() <= self.max_length)
            {
                return Ok(Some(Hit::new(self.entity, start, matched.end())));
            }
            at = ceil(text, start + 1);
        }
        Ok(None)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pattern")
            .field("entity", &self.entity)
            .field("max_length", &self.max_length)
            .finish_non_exhaustive()
    }
}

fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

fn ceil(text: &str, at: usize) -> usize {
    text.ceil_char_boundary(at.min(text.len()))
}

/// All patterns of one redactor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Own(Vec<Pattern>);

impl Own {
    pub fn add(&mut self, pattern: Pattern) {
        self.0.push(pattern);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The earliest match of all patterns that begins in `from..limit`, of those the longest.
    pub fn find(
        &self,
        text: &str,
        from: usize,
        limit: usize,
        last: bool,
    ) -> Result<Option<Hit>, usize> {
        let mut best: Option<Hit> = None;
        let mut open: Option<usize> = None;
        for pattern in &self.0 {
            match pattern.find(text, from, limit, last) {
                Ok(None) => {}
                Ok(Some(hit)) => {
                    let wins = best.is_none_or(|best| {
                        hit.start < best.start || (hit.start == best.start && hit.end > best.end)
                    });
                    if wins {
                        best = Some(hit);
                    }
                }
                Err(safe) => open = Some(open.map_or(safe, |open| open.min(safe))),
            }
        }
        match (best, open) {
            (Some(hit), Some(open)) if open <= hit.start => Err(open),
            (None, Some(open)) => Err(open),
            (best, _) => Ok(best),
        }
    }
}
