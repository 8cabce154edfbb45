//! National numbers with letters.

use crate::Entity;
use crate::detector::Best;
use crate::detector::checksum::{is_day, weighted};
use crate::detector::context::says;
use crate::detector::national::{WORDS, chinese};
use crate::engine::window::Window;

/// The letters of Spain's numbers, by the rest of 23.
const SPANISH: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
/// The letters of Finland's numbers, by the rest of 31.
const FINNISH: &[u8] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
/// The letters of Ireland's numbers, by the rest of 23.
const IRISH: &[u8] = b"WABCDEFGHIJKLMNOPQRSTUV";

/// Numbers that begin with digits and have letters.
pub(crate) fn with_digits_first(window: &Window<'_>, at: usize, best: &mut Best) {
    let end = window.run(at, |b| b.is_ascii_digit());
    let digits = window.part(at, end);
    let number = || digits.parse::<u64>().unwrap_or_default();
    let index = |modulus: u64| usize::try_from(number() % modulus).unwrap_or_default();
    let next = window.byte(end);
    let found = match digits.len() {
        1 | 2 => dotted_with_letter(window, at),
        6 if matches!(next, b'A' | b'B')
            && window.byte(end + 1).is_ascii_digit()
            && corsican(window, at) =>
        {
            Some(at + 15)
        }
        6 if matches!(next, b'-' | b'+' | b'A') => finnish(window, at, end),
        7 => {
            let sum: u64 = digits
                .bytes()
                .zip((2..=8_u64).rev())
                .map(|(d, w)| u64::from(d - b'0') * w)
                .sum();
            let second = window.byte(end + 1);
            let extra = if matches!(second, b'A'..=b'I') {
                u64::from(second - b'A' + 1) * 9
            } else {
                0
            };
            let stop = end + 1 + usize::from(extra > 0);
            let right = usize::try_from((sum + extra) % 23)
                .ok()
                .and_then(|i| IRISH.get(i))
                == Some(&next);
            right.then_some(stop)
        }
        8 => {
            let letter = end + usize::from(matches!(next, b'-' | b' '));
            let right = SPANISH.get(index(23)) == Some(&window.byte(letter).to_ascii_uppercase());
            (right && (letter == end || next == b'-' || says(window, at, WORDS)))
                .then_some(letter + 1)
        }
        17 if matches!(next, b'X' | b'x') => {
            let mut all: Vec<u8> = digits.bytes().map(|b| b - b'0').collect();
            all.push(0);
            chinese(&all, true).then_some(end + 1)
        }
        _ => None,
    };
    best.offer_end(
        Entity::NationalId,
        at,
        found.filter(|end| window.word_ends(*end)),
    );
}

/// `12.345.678-Z`: Spain with points, or Chile's number with its check digit.
fn dotted_with_letter(window: &Window<'_>, at: usize) -> Option<usize> {
    let mut number = 0_u64;
    let mut place = at;
    for group in 0..3 {
        let end = window.run(place, |b| b.is_ascii_digit());
        if group > 0 && end - place != 3 || window.byte(end) != if group < 2 { b'.' } else { b'-' }
        {
            return None;
        }
        number = number * 1000 + window.part(place, end).parse::<u64>().ok()?;
        place = end + 1;
    }
    let letter = window.byte(place).to_ascii_uppercase();
    let spanish = usize::try_from(number % 23)
        .ok()
        .and_then(|i| SPANISH.get(i))
        == Some(&letter);
    let (mut sum, mut rest, mut weight) = (0, number, 2);
    while rest > 0 {
        sum += rest % 10 * weight;
        rest /= 10;
        weight = if weight == 7 { 2 } else { weight + 1 };
    }
    let chilean = match 11 - sum % 11 {
        11 => letter == b'0',
        10 => letter == b'K',
        digit => u64::from(letter.wrapping_sub(b'0')) == digit,
    };
    (spanish || chilean).then_some(place + 1)
}

/// France, born on Corsica: the department is 2A or 2B, which count as 19 and 18.
fn corsican(window: &Window<'_>, at: usize) -> bool {
    let text = window.part(at, at + 15).as_bytes();
    let digits = |from: usize, to: usize| {
        text.get(from..to)
            .filter(|part| part.iter().all(u8::is_ascii_digit))
    };
    let (Some(head), Some(tail), Some(key)) = (digits(0, 5), digits(7, 13), digits(13, 15)) else {
        return false;
    };
    let number = |part: &[u8]| part.iter().fold(0_u64, |n, b| n * 10 + u64::from(b - b'0'));
    let department = if text[6] == b'A' { 19 } else { 18 };
    let body = (number(head) * 100 + department) * 1_000_000 + number(tail);
    text[5] == b'2' && matches!(text[0], b'1' | b'2') && 97 - body % 97 == number(key)
}

fn finnish(window: &Window<'_>, at: usize, end: usize) -> Option<usize> {
    let serial = window.part(end + 1, end + 4);
    let date = window.part(at, end);
    if serial.len() != 3 || !serial.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let day: u32 = date[..2].parse().ok()?;
    let month: u32 = date[2..4].parse().ok()?;
    let number = date.parse::<u64>().ok()? * 1000 + serial.parse::<u64>().ok()?;
    let check = FINNISH.get(usize::try_from(number % 31).ok()?)?;
    (is_day(month, day) && window.byte(end + 4) == *check).then_some(end + 5)
}

/// Numbers that begin with a letter.
pub(crate) fn from_letter(window: &Window<'_>, at: usize, best: &mut Best) {
    if !window.word_starts(at) || matches!(window.before(at), b'_') {
        return;
    }
    let end = window.run(at, |b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if end - at > 18 {
        return;
    }
    let text = window.part(at, end).as_bytes();
    let whole = window.word_ends(end);
    let found = match text.len() {
        16 if whole => italian(text).then_some(end),
        10 if whole => indian(text).then_some(end),
        9 if whole => (nie(text) || singapore(text) || is_nino(text)).then_some(end),
        18 if whole => mexican(text).then_some(end),
        2 => spaced_nino(window, at),
        1 | 8 => hyphen_nie(window, at, text),
        _ => None,
    };
    best.offer_end(
        Entity::NationalId,
        at,
        found.or_else(|| passport(window, at, end, text)),
    );
}

/// Letters and digits by a pattern: `A` a letter, `9` a digit.
fn is_like(text: &[u8], pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.iter().zip(pattern.bytes()).all(|(b, p)| match p {
            b'A' => b.is_ascii_uppercase(),
            _ => b.is_ascii_digit(),
        })
}

/// United Kingdom: prefixes that are given out.
fn is_nino(text: &[u8]) -> bool {
    is_like(text, "AA999999A")
        && !b"DFIQUV".contains(&text[0])
        && !b"DFIQUVO".contains(&text[1])
        && !matches!(
            &text[..2],
            b"BG" | b"GB" | b"NK" | b"KN" | b"TN" | b"NT" | b"ZZ"
        )
        && (b'A'..=b'D').contains(&text[8])
}

/// AB 12 34 56 C, also with hyphens.
fn spaced_nino(window: &Window<'_>, at: usize) -> Option<usize> {
    let joint = window.byte(at + 2);
    if !matches!(joint, b' ' | b'-') {
        return None;
    }
    let text = window.part(at, at + 13).as_bytes();
    let packed: Vec<u8> = text.iter().filter(|b| **b != joint).copied().collect();
    let spaced = text.len() == 13 && [2, 5, 8, 11].iter().all(|i| text[*i] == joint);
    (spaced && is_nino(&packed) && window.word_ends(at + 13)).then_some(at + 13)
}

/// Spain, foreigners: X, Y or Z counts as 0, 1 or 2.
fn nie(text: &[u8]) -> bool {
    if !is_like(text, "A9999999A") || !(b'X'..=b'Z').contains(&text[0]) {
        return false;
    }
    let number = text[1..8].iter().fold(u32::from(text[0] - b'X'), |n, b| {
        n * 10 + u32::from(b - b'0')
    });
    SPANISH.get(number as usize % 23) == Some(&text[8])
}

/// X-1234567-L, X1234567-L.
fn hyphen_nie(window: &Window<'_>, at: usize, head: &[u8]) -> Option<usize> {
    if !(b'X'..=b'Z').contains(&head[0]) || window.byte(at + head.len()) != b'-' {
        return None;
    }
    let text = window.part(at, at + 11).as_bytes();
    let packed: Vec<u8> = text
        .iter()
        .filter(|b| **b != b'-')
        .take(9)
        .copied()
        .collect();
    let end = at
        + 9
        + if head.len() == 1 {
            1 + usize::from(window.byte(at + 9) == b'-')
        } else {
            1
        };
    (nie(&packed) && window.word_ends(end)).then_some(end)
}

/// Singapore: weights, and letters by century and status.
fn singapore(text: &[u8]) -> bool {
    if !is_like(text, "A9999999A") {
        return false;
    }
    let digits: Vec<u8> = text[1..8].iter().map(|b| b - b'0').collect();
    let sum = weighted(&digits, &[2, 7, 6, 5, 4, 3, 2]);
    let (letters, more): (&[u8], u32) = match text[0] {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        _ => return false,
    };
    letters.get(((sum + more) % 11) as usize) == Some(&text[8])
}

/// India's tax number: the fourth letter is the kind of holder.
fn indian(text: &[u8]) -> bool {
    is_like(text, "AAAAA9999A") && b"PCHFATBLJG".contains(&text[3])
}

fn mexican(text: &[u8]) -> bool {
    is_like(&text[..10], "AAAA999999")
        && matches!(text[10], b'H' | b'M' | b'X')
        && text[11..16].iter().all(u8::is_ascii_uppercase)
        && text[17].is_ascii_digit()
}

/// Italy: a check letter over odd and even places.
fn italian(text: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    if !text[..6].iter().all(u8::is_ascii_uppercase)
        || !b"ABCDEHLMPRST".contains(&text[8])
        || !text[15].is_ascii_uppercase()
    {
        return false;
    }
    let sum: u32 = text[..15]
        .iter()
        .enumerate()
        .map(|(i, b)| {
            let place = if b.is_ascii_digit() {
                b - b'0'
            } else {
                b - b'A'
            };
            if i % 2 == 0 {
                ODD[usize::from(place)]
            } else {
                u32::from(place)
            }
        })
        .sum();
    sum % 26 == u32::from(text[15] - b'A')
}

/// A passport or licence, only behind its word.
fn passport(window: &Window<'_>, at: usize, end: usize, text: &[u8]) -> Option<usize> {
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let fits = (7..=14).contains(&text.len()) && digits >= 5 && window.word_ends(end);
    (fits
        && says(
            window,
            at,
            &[
                "passport",
                "passeport",
                "reisepass",
                "pasaporte",
                "passaporto",
                "paspoort",
                "licence",
                "license",
            ],
        ))
    .then_some(end)
}
