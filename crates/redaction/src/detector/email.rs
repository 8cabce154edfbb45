//! E-mail addresses of any alphabet, also with the at sign and the dots written out in brackets.

use crate::Entity;
use crate::detector::Best;
use crate::engine::token::Token;
use crate::engine::window::Window;

/// RFC 1035: most bytes of a label.
const LONGEST_LABEL: usize = 63;

/// A token that is followed by an at sign is a name, all of it, so that no part of an address is left.
pub(crate) fn detect(window: &Window<'_>, token: &Token, best: &mut Best) {
    let name = window.run(token.start, |b| matches!(b, b'.' | b'-' | b'%'));
    if name >= token.end {
        return;
    }
    let end = match window.byte(token.end) {
        b'@' => domain(window, token.end + 1),
        b' ' | b'[' | b'(' => spelled(window, token.end),
        _ => None,
    };
    best.offer_end(Entity::Email, name, end);
}

/// The end of the domain that begins at `from`: labels joined by dots, the last one of two or more letters.
fn domain(window: &Window<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    let mut end = None;
    for label in 0.. {
        let stop = label_end(window, at);
        let trimmed = trim_hyphens(window, at, stop);
        if trimmed == at {
            break;
        }
        if label > 0 && is_top(window, at, trimmed) {
            end = Some(trimmed);
        }
        if stop != trimmed || window.byte(stop) != b'.' {
            break;
        }
        at = stop + 1;
    }
    end
}

fn label_end(window: &Window<'_>, from: usize) -> usize {
    let mut end = from;
    while let Some(c) = window.character(end) {
        if !(c.is_alphanumeric() || c == '-') || end - from > LONGEST_LABEL {
            break;
        }
        end += c.len_utf8();
    }
    end
}

fn trim_hyphens(window: &Window<'_>, from: usize, mut end: usize) -> usize {
    while end > from && window.byte(end - 1) == b'-' {
        end -= 1;
    }
    end
}

/// Two letters at least: a version such as `@18.2.0` is no domain.
fn is_top(window: &Window<'_>, from: usize, end: usize) -> bool {
    let label = window.part(from, end);
    label.chars().take(2).filter(|c| c.is_alphabetic()).count() == 2
}

/// `[at]` or `(at)` behind a name, labels joined by dots or `[dot]`; one blank may stand on each side of a bracket.
fn spelled(window: &Window<'_>, from: usize) -> Option<usize> {
    let mut at = bracketed(window, from, &["at", "@"])?;
    let mut end = None;
    for label in 0..6 {
        let stop = label_end(window, at);
        if stop == at {
            break;
        }
        if label > 0 && is_top(window, at, stop) {
            end = Some(stop);
        }
        at = match bracketed(window, stop, &["dot", ".", "punkt", "punto", "point"]) {
            Some(next) => next,
            None if window.byte(stop) == b'.' => stop + 1,
            None => break,
        };
    }
    end
}

fn bracketed(window: &Window<'_>, from: usize, words: &[&str]) -> Option<usize> {
    let at = from + usize::from(window.byte(from) == b' ');
    let close = match window.byte(at) {
        b'[' => b']',
        b'(' => b')',
        _ => return None,
    };
    let word = words.iter().find(|word| window.has(at + 1, word))?;
    let end = at + 1 + word.len();
    if window.byte(end) != close {
        return None;
    }
    Some(end + 1 + usize::from(window.byte(end + 1) == b' '))
}
