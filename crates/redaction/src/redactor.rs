//! The redactor: finds sensitive values in text and replaces them in one pass.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::detector::Detectors;
use crate::span::{Span, blank, resolve};
use crate::{Entity, Strategy};

/// How often a text is looked at again after masking. Values glued to one another uncover each other one by one; real
/// text needs one repetition, which confirms that nothing is left.
const ROUNDS: usize = 8;

/// Finds and replaces sensitive values. Built once, cheap to clone, shared between threads.
#[derive(Clone)]
pub struct Redactor {
    detectors: Arc<Detectors>,
    strategy: Strategy,
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

impl Redactor {
    /// The standard detectors with masks.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            detectors: Arc::new(Detectors::standard()),
            strategy: Strategy::default(),
        }
    }

    /// The same detectors with another replacement.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// What stands in place of found values.
    #[must_use]
    pub fn strategy(&self) -> &Strategy {
        &self.strategy
    }

    /// Replaces every sensitive value of `text`.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Redacted<'t> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return Redacted {
                text: Cow::Borrowed(text),
                findings: Vec::new(),
            };
        }
        let mut replaced = rewrite(text, &spans, &self.strategy);
        if matches!(self.strategy, Strategy::Drop) && !self.spans(&replaced).is_empty() {
            replaced = rewrite(text, &spans, &Strategy::Mask);
        }
        Redacted {
            text: Cow::Owned(replaced),
            findings: findings(text, &spans),
        }
    }

    /// Disjoint, sorted places. A mask can turn what stands beside it into a value of its own (a telephone number that
    /// had touched other digits), so the masked text is looked at until it is clean.
    fn spans(&self, text: &str) -> Vec<Span> {
        let mut spans = self.detectors.scan(text);
        if spans.is_empty() {
            return spans;
        }
        resolve(&mut spans);
        for _ in 0..ROUNDS {
            let mut more = self.detectors.scan(&blank(text, &spans));
            more.retain(|new| !is_covered(&spans, new));
            if more.is_empty() {
                break;
            }
            spans.append(&mut more);
            resolve(&mut spans);
        }
        spans
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
            .field("strategy", &self.strategy)
            .finish_non_exhaustive()
    }
}

fn is_covered(spans: &[Span], new: &Span) -> bool {
    let after = spans.partition_point(|known| known.range.start <= new.range.start);
    after > 0 && spans[after - 1].range.end >= new.range.end
}

fn rewrite(text: &str, spans: &[Span], strategy: &Strategy) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        out.push_str(&text[at..span.range.start]);
        strategy.write(
            &mut out,
            span.entity,
            span.labelled,
            &text[span.range.clone()],
        );
        at = span.range.end;
    }
    out.push_str(&text[at..]);
    out
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
            start: advance(span.range.start),
            end: advance(span.range.end),
        })
        .collect()
}
