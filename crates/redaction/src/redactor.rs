//! The redactor: finds sensitive values in text and replaces them in one pass.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::custom::{MAX_PATTERNS, Own, Pattern};
use crate::detector::{Detector, Detectors};
use crate::engine::fold::{Folded, is_foldable};
use crate::engine::{Cursor, Engine, Step};
use crate::strategy::{Found, Strategies};
use crate::vault::TokenVault;
use crate::{Entity, Error, Strategy, StreamRedactor};

/// Finds and replaces sensitive values. Built once, cheap to clone, shared between threads.
#[derive(Clone)]
pub struct Redactor {
    engine: Arc<Engine>,
    strategies: Arc<Strategies>,
}

/// A redacted text. It borrows the input when there was nothing to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'t> {
    /// The text without the found values.
    pub text: Cow<'t, str>,
    /// What was found, in order of place, without overlaps.
    pub findings: Vec<Finding>,
}

/// One found value: its kind and place, never the value itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The kind of value.
    pub entity: Entity,
    /// Its first character in the input, counted in characters.
    pub start: usize,
    /// The character after its last one.
    pub end: usize,
}

/// A place in bytes of the input.
#[derive(Debug, Clone, Copy)]
struct Span {
    entity: Entity,
    labelled: bool,
    start: usize,
    end: usize,
    before: Option<char>,
    after: Option<char>,
}

impl Redactor {
    /// The standard detectors with masks.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            engine: Arc::new(Engine {
                detectors: Detectors::standard(),
                own: Own::default(),
            }),
            strategies: Arc::default(),
        }
    }

    /// The same detectors with another replacement for every kind that has none of its own.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        Arc::make_mut(&mut self.strategies).default = strategy;
        self
    }

    /// The same detectors with this replacement for every kind, whatever it had.
    #[must_use]
    pub fn with_only_strategy(mut self, strategy: Strategy) -> Self {
        Arc::make_mut(&mut self.strategies).of.clear();
        self.with_strategy(strategy)
    }

    /// Another replacement for one kind.
    #[must_use]
    pub fn with_entity_strategy(mut self, entity: Entity, strategy: Strategy) -> Self {
        Arc::make_mut(&mut self.strategies)
            .of
            .insert(entity, strategy);
        self
    }

    /// Another mask for one kind.
    #[must_use]
    pub fn with_mask(mut self, entity: Entity, mask: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.strategies)
            .masks
            .insert(entity, mask.into());
        self
    }

    /// Looks only for these built-in kinds; people's own stay.
    #[must_use]
    pub fn only(mut self, entities: &[Entity]) -> Self {
        self.engine_mut().detectors.only(entities);
        self
    }

    /// Looks for a pattern too. Beyond [`MAX_PATTERNS`] nothing is added, and `None` comes back.
    #[must_use]
    pub fn with_pattern(mut self, pattern: Pattern) -> Option<Self> {
        if self.engine.own.len() >= MAX_PATTERNS {
            return None;
        }
        self.engine_mut().own.add(pattern);
        Some(self)
    }

    /// Asks a detector of one's own too.
    #[must_use]
    pub fn with_detector(mut self, detector: impl Detector + 'static) -> Self {
        self.engine_mut().detectors.add(Arc::new(detector));
        self
    }

    /// What stands in place of found values of kinds without a strategy of their own.
    #[must_use]
    pub fn strategy(&self) -> &Strategy {
        &self.strategies.default
    }

    /// Replaces every sensitive value of `text`. There is no vault here, so [`Strategy::Tokenise`] masks.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Redacted<'t> {
        let spans = self.spans(text);
        // Only a vault can fail; should a strategy ever fail without one, nothing of the text is shown.
        let redacted = self.rewrite(text, &spans, None);
        Redacted {
            text: redacted.unwrap_or(Cow::Borrowed("[REDACTED]")),
            findings: findings(text, &spans),
        }
    }

    /// Replaces every sensitive value of `text`, with tokens where the strategy says so.
    ///
    /// # Errors
    /// [`Error`] when the vault fails: the text is refused.
    pub fn redact_with<'t>(
        &self,
        text: &'t str,
        vault: &dyn TokenVault,
    ) -> Result<Redacted<'t>, Error> {
        let spans = self.spans(text);
        Ok(Redacted {
            text: self.rewrite(text, &spans, Some(vault))?,
            findings: findings(text, &spans),
        })
    }

    /// What is sensitive in `text`, without replacing it.
    #[must_use]
    pub fn findings(&self, text: &str) -> Vec<Finding> {
        findings(text, &self.spans(text))
    }

    /// Redacts a stream; [`Strategy::Tokenise`] masks.
    #[must_use]
    pub fn stream(&self) -> StreamRedactor {
        StreamRedactor::new(self.clone(), None)
    }

    /// Redacts a stream, with tokens where the strategy says so.
    #[must_use]
    pub fn stream_with(&self, vault: Arc<dyn TokenVault>) -> StreamRedactor {
        StreamRedactor::new(self.clone(), Some(vault))
    }

    pub(crate) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine)
    }

    pub(crate) fn strategies(&self) -> &Strategies {
        &self.strategies
    }

    fn engine_mut(&mut self) -> &mut Engine {
        Arc::make_mut(&mut self.engine)
    }

    /// Disjoint, sorted places.
    fn spans(&self, text: &str) -> Vec<Span> {
        if !is_foldable(text) {
            return self.scan(text);
        }
        let mut folded = Folded::default();
        folded.push(text);
        let mut spans = self.scan(folded.plain());
        for span in &mut spans {
            span.end = folded.raw_end(span.end);
            span.start = folded.raw_start(span.start);
        }
        spans
    }

    fn scan(&self, plain: &str) -> Vec<Span> {
        let mut cursor = Cursor::default();
        let mut spans: Vec<Span> = Vec::new();
        loop {
            match self.engine.step(plain, &mut cursor, true) {
                Step::More(_) => return spans,
                Step::Begin(hit) => spans.push(Span {
                    entity: hit.entity,
                    labelled: hit.labelled,
                    start: hit.start,
                    end: hit.end,
                    before: plain[..hit.start].chars().next_back(),
                    after: None,
                }),
                Step::End(at) => {
                    if let Some(span) = spans.last_mut() {
                        span.end = at;
                        span.after = plain[at..].chars().next();
                    }
                }
            }
        }
    }

    fn rewrite<'t>(
        &self,
        text: &'t str,
        spans: &[Span],
        vault: Option<&dyn TokenVault>,
    ) -> Result<Cow<'t, str>, Error> {
        if spans.is_empty() {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for span in spans {
            out.push_str(&text[at..span.start]);
            let found = Found {
                entity: span.entity,
                labelled: span.labelled,
                value: &text[span.start..span.end],
                before: span.before,
                after: span.after,
            };
            self.strategies.write(&mut out, &found, vault)?;
            at = span.end;
        }
        out.push_str(&text[at..]);
        Ok(Cow::Owned(out))
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::standard()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("strategy", &self.strategies.default)
            .finish_non_exhaustive()
    }
}

fn findings(text: &str, spans: &[Span]) -> Vec<Finding> {
    let (mut byte, mut character) = (0, 0);
    let mut advance = |to: usize| {
        character += text[byte..to].chars().count();
        byte = to;
        character
    };
    spans
        .iter()
        .map(|span| Finding {
            entity: span.entity,
            start: advance(span.start),
            end: advance(span.end),
        })
        .collect()
}
