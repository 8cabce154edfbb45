//! The table of detectors: a regular expression proposes a place, a function decides with the text around it.

use std::ops::Range;

use regex::{Regex, RegexSet};

use crate::Entity;
use crate::span::Span;

mod credential;
mod email;
mod number;
mod phone;

/// What a detector's function makes of a proposed place.
pub(crate) enum Verdict {
    /// These bytes are a value.
    Found(Range<usize>),
    /// They are not; look again from this byte on.
    Resume(usize),
}

/// A proposed place: the whole match, and the value in it (the first group, or the whole match).
pub(crate) struct Candidate<'t> {
    pub text: &'t str,
    pub whole: Range<usize>,
    pub value: Range<usize>,
}

impl Candidate<'_> {
    fn value(&self) -> &str {
        &self.text[self.value.clone()]
    }

    /// Looks on one byte further; every pattern begins with an ASCII character.
    fn no(&self) -> Verdict {
        Verdict::Resume(self.whole.start + 1)
    }

    fn yes_if(&self, condition: bool) -> Verdict {
        if condition {
            Verdict::Found(self.value.clone())
        } else {
            self.no()
        }
    }
}

/// One row of the table.
pub(crate) struct Rule {
    pub entity: Entity,
    pub pattern: &'static str,
    /// The pattern starts with a field name, which stays in the text.
    pub labelled: bool,
    pub decide: fn(&Candidate<'_>) -> Verdict,
}

/// All detectors, compiled. The set is the gate: one pass over the text says which of them are worth running.
pub(crate) struct Detectors {
    gate: RegexSet,
    rules: Vec<(Rule, Regex)>,
}

impl Detectors {
    /// The standard table; its order is the priority between equal places.
    pub fn standard() -> Self {
        let rules: Vec<Rule> = credential::rules()
            .into_iter()
            .chain([email::rule(), number::card(), number::ssn()])
            .chain(phone::rules())
            .chain([number::ip()])
            .collect();
        let gate = RegexSet::new(rules.iter().map(|rule| rule.pattern))
            .expect("the patterns are constants that compile");
        let rules = rules
            .into_iter()
            .map(|rule| {
                let regex =
                    Regex::new(rule.pattern).expect("the patterns are constants that compile");
                (rule, regex)
            })
            .collect();
        Self { gate, rules }
    }

    /// All places found by all detectors, which may overlap.
    pub fn scan(&self, text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        for priority in &self.gate.matches(text) {
            let (rule, regex) = &self.rules[priority];
            let mut at = 0;
            while let Some(candidate) = propose(regex, text, at) {
                let next = match (rule.decide)(&candidate) {
                    Verdict::Found(range) => {
                        let end = range.end;
                        spans.push(Span {
                            entity: rule.entity,
                            range,
                            labelled: rule.labelled,
                            priority,
                        });
                        end
                    }
                    Verdict::Resume(next) => next,
                };
                at = next.max(candidate.whole.start + 1);
            }
        }
        spans
    }
}

fn propose<'t>(regex: &Regex, text: &'t str, at: usize) -> Option<Candidate<'t>> {
    if at > text.len() {
        return None;
    }
    let whole = regex.find_at(text, at)?.range();
    let value = if regex.captures_len() > 1 {
        let groups = regex.captures_at(text, whole.start)?;
        groups
            .get(1)
            .map_or_else(|| whole.clone(), |group| group.range())
    } else {
        whole.clone()
    };
    Some(Candidate { text, whole, value })
}

/// The byte before `at`, or a space at the beginning.
pub(crate) fn byte_before(text: &str, at: usize) -> u8 {
    at.checked_sub(1).map_or(b' ', |i| text.as_bytes()[i])
}

/// The byte at `at`, or a space at the end.
pub(crate) fn byte_at(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(b' ')
}
