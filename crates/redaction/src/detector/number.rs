//! Payment cards, social security numbers and IPv4 addresses: digits that their neighbours can disprove.

use crate::Entity;
use crate::detector::{Candidate, Rule, Verdict, byte_at, byte_before};

/// 13 to 19 digits, alone or in the groups that cards are printed in.
pub(crate) fn card() -> Rule {
    Rule {
        entity: Entity::CreditCard,
        pattern: r"[0-9](?:[ .-]?[0-9]){12}",
        labelled: false,
        decide: decide_card,
    }
}

/// Three, two and four digits. No boundary is asked for: hardly anything else is written so, and a leak costs more.
pub(crate) fn ssn() -> Rule {
    Rule {
        entity: Entity::UsSsn,
        pattern: "[0-9]{3}-[0-9]{2}-[0-9]{4}",
        labelled: false,
        decide: |candidate| Verdict::Found(candidate.value.clone()),
    }
}

/// Dotted quads whose parts fit a byte.
pub(crate) fn ip() -> Rule {
    Rule {
        entity: Entity::IpAddress,
        pattern: r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
        labelled: false,
        decide: decide_ip,
    }
}

/// The printed groupings beside one run of 13 to 19 digits.
const GROUPINGS: [&[usize]; 4] = [&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];

fn decide_card(candidate: &Candidate<'_>) -> Verdict {
    let (text, start) = (candidate.text, candidate.whole.start);
    let ends = group_ends(text, start);
    let next_run = Verdict::Resume(ends[0]);
    if byte_before(text, start).is_ascii_digit()
        || is_fraction(text, start)
        || !(b'2'..=b'6').contains(&byte_at(text, start))
    {
        return next_run;
    }
    for count in (1..=ends.len()).rev() {
        let end = ends[count - 1];
        if grouping_fits(&ends[..count], start)
            && luhn(&text[start..end])
            && !in_identifier(text, start, end)
        {
            return Verdict::Found(start..end);
        }
    }
    next_run
}

/// The ends of up to five runs of digits joined by single separators.
fn group_ends(text: &str, start: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut ends = Vec::with_capacity(5);
    let mut at = start;
    while ends.len() < 5 {
        // A run longer than any card need not be read to its end more than once.
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        ends.push(at);
        if !matches!(byte_at(text, at), b' ' | b'-' | b'.')
            || !byte_at(text, at + 1).is_ascii_digit()
        {
            break;
        }
        at += 1;
    }
    ends
}

fn grouping_fits(ends: &[usize], start: usize) -> bool {
    let mut from = start;
    let sizes: Vec<usize> = ends
        .iter()
        .map(|end| {
            let size = end - from;
            from = end + 1;
            size
        })
        .collect();
    matches!(sizes[..], [13..=19]) || GROUPINGS.contains(&sizes.as_slice())
}

fn luhn(text: &str) -> bool {
    let digits = text
        .bytes()
        .rev()
        .filter(u8::is_ascii_digit)
        .map(|b| u32::from(b - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(i, digit)| match (i % 2, digit * 2) {
            (0, _) => digit,
            (_, doubled) => doubled / 10 + doubled % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether a number that begins at `start` is the fraction of a decimal number.
fn is_fraction(text: &str, start: usize) -> bool {
    start >= 2 && byte_before(text, start) == b'.' && byte_before(text, start - 1).is_ascii_digit()
}

/// Whether the digits belong to a UUID or to a hexadecimal digest.
fn in_identifier(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let left = bytes[..start]
        .iter()
        .rev()
        .take(64)
        .take_while(|b| b.is_ascii_hexdigit())
        .count();
    let right = bytes[end..]
        .iter()
        .take(64)
        .take_while(|b| b.is_ascii_hexdigit())
        .count();
    let token = &bytes[start - left..end + right];
    if token.len() >= 32
        && token.iter().all(u8::is_ascii_hexdigit)
        && token.iter().any(u8::is_ascii_alphabetic)
    {
        return true;
    }
    let first = start.saturating_sub(35);
    (first..end).any(|at| {
        bytes
            .get(at..at + 36)
            .is_some_and(|window| is_uuid(window) && at + 36 > start)
    })
}

fn is_uuid(window: &[u8]) -> bool {
    window.iter().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    })
}

fn decide_ip(candidate: &Candidate<'_>) -> Verdict {
    let (text, range) = (candidate.text, candidate.whole.clone());
    let before = byte_before(text, range.start);
    let longer = before.is_ascii_digit()
        || is_fraction(text, range.start)
        || byte_at(text, range.end).is_ascii_digit()
        || (byte_at(text, range.end) == b'.' && byte_at(text, range.end + 1).is_ascii_digit());
    let octets_fit = candidate
        .value()
        .split('.')
        .all(|part| part.parse::<u8>().is_ok());
    candidate.yes_if(
        octets_fit
            && !longer
            && !matches!(before, b'v' | b'V')
            && !follows_version(text, range.start),
    )
}

/// Whether the word in front says that four numbers are a version.
fn follows_version(text: &str, start: usize) -> bool {
    let bytes = &text.as_bytes()[start.saturating_sub(12)..start];
    let word_end = bytes
        .iter()
        .rposition(u8::is_ascii_alphabetic)
        .map_or(0, |i| i + 1);
    let only_joints = bytes[word_end..].iter().all(|b| b" :=\"".contains(b));
    let word = &bytes[..word_end];
    let ends_with = |suffix: &[u8]| {
        word.len() >= suffix.len() && word[word.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
    };
    only_joints && (ends_with(b"version") || ends_with(b" ver"))
}
