//! What follows a street: flat, postal code and place.

use crate::detector::address::{is_one_of, word};
use crate::engine::window::Window;

/// `, Apt 4B`, ` Suite 100`, ` #12`.
pub(super) fn unit(window: &Window<'_>, end: usize) -> usize {
    let from = end + usize::from(window.byte(end) == b',');
    if window.byte(from) != b' ' {
        return end;
    }
    let words = [
        "apartment ",
        "apt. ",
        "apt ",
        "suite ",
        "ste. ",
        "ste ",
        "unit ",
        "flat ",
        "floor ",
        "fl. ",
        "#",
        "no. ",
        "bldg. ",
    ];
    let Some(word) = words.iter().find(|word| window.has(from + 1, word)) else {
        return end;
    };
    let number = from + 1 + word.len();
    let stop = window.run(number, |b| b.is_ascii_alphanumeric() || b == b'-');
    let stop = if window.byte(stop.saturating_sub(1)) == b'-' {
        stop - 1
    } else {
        stop
    };
    if stop > number && stop - number <= 6 {
        stop
    } else {
        end
    }
}

/// `, Springfield, IL 62704`, `, London SW1A 1AA`, `, 75002 Paris`, if a postal code shows that it is one.
pub(super) fn locality(window: &Window<'_>, end: usize) -> usize {
    let from = end + usize::from(window.byte(end) == b',');
    if !matches!(window.byte(from), b' ' | b'\n') || window.byte(from + 1) == b' ' {
        return end;
    }
    let at = from + 1;
    let code_first =
        window.byte(at).is_ascii_digit() || window.has(at, "D-") || window.has(at, "F-");
    if code_first {
        return code_then_place(window, at).unwrap_or(end);
    }
    if from == end && window.byte(end) == b' ' {
        return end;
    }
    place_then_code(window, at).unwrap_or(end)
}

fn code_then_place(window: &Window<'_>, at: usize) -> Option<usize> {
    let at = at
        + if window.byte(at).is_ascii_digit() {
            0
        } else {
            2
        };
    let mut code = window.run(at, |b| b.is_ascii_digit());
    let fits = matches!(code - at, 3..=5) || code - at == 2 && window.byte(code) == b'-';
    if !fits {
        return None;
    }
    if window.byte(code) == b'-' || (code - at == 3 && window.byte(code) == b' ') {
        code = window.run(code + 1, |b| b.is_ascii_digit());
    } else if code - at == 4
        && window.byte(code) == b' '
        && window
            .part(code + 1, code + 3)
            .bytes()
            .all(|b| b.is_ascii_uppercase())
        && window.byte(code + 3) == b' '
    {
        code += 3;
    }
    if window.byte(code) != b' ' {
        return None;
    }
    place(window, code + 1)
}

/// A place's name: one capital word, more behind a word that begins names or around a small word.
fn place(window: &Window<'_>, from: usize) -> Option<usize> {
    const FIRST: &[&str] = &[
        "san", "santa", "são", "new", "bad", "saint", "st", "los", "las", "den", "le", "la", "el",
        "sankt", "nueva", "novo",
    ];
    let first = word(window, from).filter(|first| first.capital)?;
    let mut end = first.end;
    let mut more = is_one_of(first.text, FIRST);
    for _ in 0..3 {
        if window.byte(end) != b' ' {
            break;
        }
        let Some(next) = word(window, end + 1) else {
            break;
        };
        if next.capital && more {
            end = next.end;
            more = false;
        } else if !more
            && [
                "am", "an", "der", "de", "la", "del", "sur", "upon", "aan", "den", "di",
            ]
            .contains(&next.text)
        {
            let behind = (window.byte(next.end) == b' ')
                .then(|| word(window, next.end + 1))
                .flatten();
            let Some(behind) = behind.filter(|behind| behind.capital) else {
                break;
            };
            end = behind.end;
        } else {
            break;
        }
    }
    Some(end)
}

fn place_then_code(window: &Window<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    for seen in 0..6 {
        if seen > 0 {
            let comma = usize::from(window.byte(at) == b',');
            if window.byte(at + comma) != b' ' {
                return None;
            }
            at += comma + 1;
            if let Some(end) = code(window, at) {
                return Some(end);
            }
        }
        let next = word(window, at)
            .filter(|next| next.capital && !next.text.bytes().all(|b| b.is_ascii_digit()))?;
        at = next.end;
    }
    None
}

/// 62704, 62704-1234, SW1A 1AA, K1A 0B1.
fn code(window: &Window<'_>, at: usize) -> Option<usize> {
    let digits = window.run(at, |b| b.is_ascii_digit());
    if (4..=6).contains(&(digits - at)) && window.word_ends(digits) {
        let more = window.run(digits + 1, |b| b.is_ascii_digit());
        return Some(if window.byte(digits) == b'-' && more - digits == 5 {
            more
        } else {
            digits
        });
    }
    let outward = window.run(at, |b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let first = window.part(at, outward);
    let inward = window.run(outward + 1, |b| {
        b.is_ascii_uppercase() || b.is_ascii_digit()
    });
    let second = window.part(outward + 1, inward);
    let fits = (2..=4).contains(&first.len())
        && first.starts_with(|c: char| c.is_ascii_uppercase())
        && first.bytes().any(|b| b.is_ascii_digit())
        && window.byte(outward) == b' '
        && second.len() == 3
        && second.starts_with(|c: char| c.is_ascii_digit());
    (fits && window.word_ends(inward)).then_some(inward)
}
