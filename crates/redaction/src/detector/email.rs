//! E-mail addresses, including those with letters beyond ASCII.

use crate::Entity;
use crate::detector::{Candidate, Rule, Verdict};

/// The pattern only proposes at signs; reading outwards from there is linear and knows all alphabets.
pub(crate) fn rule() -> Rule {
    Rule {
        entity: Entity::Email,
        pattern: "@",
        labelled: false,
        decide,
    }
}

fn decide(candidate: &Candidate<'_>) -> Verdict {
    let (text, at) = (candidate.text, candidate.whole.start);
    let start = text[..at]
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || "._%+-".contains(*c))
        .last()
        .map(|(i, _)| i);
    match (start, domain_end(text, at + 1)) {
        (Some(start), Some(end)) => Verdict::Found(start..end),
        _ => candidate.no(),
    }
}

/// The end of the domain that begins at `from`: labels joined by dots, the last one starting with two letters.
fn domain_end(text: &str, from: usize) -> Option<usize> {
    let length = text[from..].find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.'));
    let run = &text[from..length.map_or(text.len(), |n| from + n)];
    let mut end = None;
    let mut at = from;
    for (i, label) in run.split('.').enumerate() {
        let label = if label.ends_with('-') {
            label.trim_end_matches('-')
        } else {
            label
        };
        if label.is_empty() {
            break;
        }
        if i > 0 && label.chars().take(2).filter(|c| c.is_alphabetic()).count() == 2 {
            end = Some(at + label.len());
        }
        at += label.len();
        if !text[at..].starts_with('.') {
            break;
        }
        at += 1;
    }
    end
}
