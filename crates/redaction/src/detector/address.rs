//! Postal addresses: a number and a street by the words for streets of several languages, with what follows of place.

use crate::Entity;
use crate::detector::{Best, Names};
use crate::engine::window::Window;

mod locality;
mod numbered;
mod words;

use locality::{locality, unit, units};
pub(crate) use numbered::from_number;
use numbered::{behind_unit, french};
pub(crate) use words::ANNOUNCED;
use words::{FIRST_UNITS, FRENCH, FRONT, JOINED, SMALL, WEAK};

/// Most words of the name of a street.
const MOST_WORDS: usize = 5;

/// One word with its place.
struct Word<'t> {
    text: &'t str,
    end: usize,
    capital: bool,
}

fn word<'t>(window: &Window<'t>, at: usize) -> Option<Word<'t>> {
    let mut end = window.word_end(at);
    while window.byte(end) == b'-'
        || window.byte(end) == b'\''
        || window.part(end, (end + 3).min(window.end())) == "’"
    {
        let joint = if window.byte(end) < 0x80 { 1 } else { 3 };
        let next = window.word_end(end + joint);
        if next == end + joint {
            break;
        }
        end = next;
    }
    let text = window.part(at, end);
    let first = text.chars().next()?;
    Some(Word {
        text,
        end,
        capital: first.is_uppercase(),
    })
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    let first = text.as_bytes().first().map(u8::to_ascii_lowercase);
    words.iter().any(|word| {
        word.len() == text.len()
            && (word.as_bytes().first().copied() == first || first >= Some(0x80))
            && (word.eq_ignore_ascii_case(text)
                || (!text.is_ascii() && text.to_lowercase() == **word))
    })
}

/// Whether the words in front say that an address follows.
fn is_announced(window: &Window<'_>, at: usize, names: &Names) -> bool {
    let behind = window.behind(at, 24);
    behind.ends_with(' ')
        && names.may_precede_address(behind)
        && ANNOUNCED.iter().any(|words| behind.ends_with(words))
}

/// The whole address whose street ends there.
fn whole(window: &Window<'_>, street: usize) -> usize {
    locality(window, units(window, street))
}

/// Whether a part of an address or a sentence ends there.
fn part_ends(window: &Window<'_>, end: usize) -> bool {
    matches!(window.byte(end), b',' | b'\n' | b'.' | b';' | 0) || unit(window, end + 1).is_some()
}

/// A street whose name comes first: `Hauptstraße 5`, `Via Roma 12`, `Calle Mayor, 3`; or a flat in front of its street.
pub(crate) fn from_street(window: &Window<'_>, at: usize, names: &Names, best: &mut Best) {
    if !window.word_starts(at) || window.before(at) == b'-' {
        return;
    }
    let Some(first) = word(window, at) else {
        return;
    };
    if first.text == "PO" && window.has(at, "po box ") || window.has(at, "p.o. box ") {
        let from = at + if first.text == "PO" { 7 } else { 9 };
        let stop = window.run(from, |b| b.is_ascii_digit());
        let box_end = (stop > from).then(|| locality(window, stop));
        best.offer_end(Entity::Address, at, box_end);
        return;
    }
    let announced = is_announced(window, at, names);
    let end = if is_one_of(first.text, FIRST_UNITS) {
        behind_unit(window, at, names, announced)
    } else {
        None
    };
    let end = end
        .or_else(|| fronted(window, &first, announced))
        .or_else(|| joined(window, &first, announced))
        .or_else(|| announced.then(|| expected(window, at)).flatten());
    best.offer_end(Entity::Address, at, end.map(|end| whole(window, end)));
}

/// Whether an address can begin with this small word.
pub(crate) fn is_street_word(text: &[u8]) -> bool {
    matches!(
        text,
        b"ul"
            | b"ul."
            | b"al"
            | b"al."
            | b"pl"
            | b"pl."
            | b"os"
            | b"os."
            | b"plac"
            | b"aleja"
            | b"ulica"
            | b"osiedle"
            | b"rue"
            | b"avenue"
            | b"boulevard"
            | b"chemin"
            | b"route"
            | b"quai"
            | b"impasse"
            | b"place"
            | b"cours"
    ) || text == "allée".as_bytes()
}

/// `ul. Długa 5`, `rue du Bac 12`.
pub(crate) fn from_small(window: &Window<'_>, at: usize, names: &Names, best: &mut Best) {
    let end = window.word_end(at);
    if !is_street_word(window.part(at, end).as_bytes())
        || !window.word_starts(at)
        || window.before(at) == b'-'
    {
        return;
    }
    let Some(first) = word(window, at) else {
        return;
    };
    let street = fronted(window, &first, is_announced(window, at, names));
    best.offer_end(Entity::Address, at, street.map(|end| whole(window, end)));
}

/// A word for a street in front of its name, and the house number behind.
fn fronted(window: &Window<'_>, first: &Word<'_>, announced: bool) -> Option<usize> {
    if !is_one_of(first.text, FRONT) {
        return None;
    }
    let short = first.text.len() <= 2;
    let point = window.byte(first.end) == b'.';
    if short
        && !point
        && !first.text.eq_ignore_ascii_case("av")
        && !is_one_of(first.text, &["am", "an", "im"])
    {
        return None;
    }
    if let Some(end) = named(window, first.end) {
        return Some(end);
    }
    // Without a number: where an address is expected, or with postal code and place.
    let end = french(window, first.end + usize::from(point))?;
    let placed = whole(window, end) > end;
    let french_word = is_one_of(first.text, FRENCH);
    ((announced && (placed || french_word && part_ends(window, end))) || french_word && placed)
        .then_some(end)
}

/// A name and a house number behind a word for a street.
fn named(window: &Window<'_>, from: usize) -> Option<usize> {
    let mut at = from + usize::from(window.byte(from) == b'.');
    let mut capital = false;
    for _ in 0..MOST_WORDS + 3 {
        if window.byte(at) == b',' && capital {
            at += 1;
        }
        if window.byte(at) != b' ' {
            return None;
        }
        at += 1;
        if capital && window.byte(at).is_ascii_digit() {
            return house(window, at);
        }
        if capital && window.has(at, "n. ") {
            return house(window, at + 3);
        }
        if capital && (window.has(at, "s/n")) && window.word_ends(at + 3) {
            return Some(at + 3);
        }
        let next = word(window, at)?;
        if !next.capital && !is_one_of(next.text, SMALL) {
            return None;
        }
        capital |= next.capital;
        at = next.end;
    }
    None
}

/// Whether a word ends as names of streets do, in whatever case.
fn ends_as(text: &str, ends: &[&str], point: bool) -> bool {
    ends.iter().any(|end| match end.strip_suffix('.') {
        Some(bare) => point && ends_with(text, bare),
        None => text.len() > end.len() && ends_with(text, end),
    })
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len()
        .checked_sub(end.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// `Hauptstraße 5`, `Alte Gasse 5`, `Hauptstr. 5`, `Arne Jacobsensvej 6`.
fn joined(window: &Window<'_>, first: &Word<'_>, announced: bool) -> Option<usize> {
    // Far more words than streets come here: a number follows soon, or another capital word.
    let point = usize::from(window.byte(first.end) == b'.');
    if window.byte(first.end + point) != b' ' {
        return None;
    }
    let next = window.character(first.end + point + 1)?;
    if !(next.is_ascii_digit() || next.is_uppercase() || announced) {
        return None;
    }
    let mut end = first.end;
    let mut weak = false;
    if next.is_ascii_digit() {
        weak = !ends_as(first.text, JOINED, window.byte(end) == b'.');
        if weak && !ends_as(first.text, WEAK, false) {
            return None;
        }
    } else {
        let second = (window.byte(end) == b' ')
            .then(|| word(window, end + 1))
            .flatten()?;
        let short = is_one_of(second.text, &["str"]) && window.byte(second.end) == b'.';
        let single = is_one_of(second.text, JOINED);
        if !(short
            || single
            || second.capital && ends_as(second.text, JOINED, window.byte(second.end) == b'.'))
        {
            return None;
        }
        end = second.end;
    }
    end += usize::from(window.byte(end) == b'.');
    if window.byte(end) != b' ' {
        return None;
    }
    let house = house(window, end + 1)?;
    (!weak || announced || whole(window, house) > house).then_some(house)
}

/// Whatever stands on the line where an address is expected, if it has a house number, or a postal code and a place.
fn expected(window: &Window<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    let mut end = None;
    for count in 0..=MOST_WORDS {
        if count > 0 {
            if window.byte(at) != b' '
                && !(window.byte(at) == b',' && window.byte(at + 2).is_ascii_digit())
            {
                break;
            }
            at += 1 + usize::from(window.byte(at) == b',');
        }
        if count > 0 && window.byte(at).is_ascii_digit() {
            return house(window, at);
        }
        let next = word(window, at)?;
        if !next.capital && !is_one_of(next.text, SMALL) {
            return None;
        }
        if next.capital {
            end = Some(next.end);
        }
        at = next.end + usize::from(window.byte(next.end) == b'.' && next.text.len() <= 3);
    }
    let end = end?;
    (end == at && whole(window, end) > end).then_some(end)
}

/// The end of a house number: 5, 5a, 5-7, 5/12, 5/2/11.
fn house(window: &Window<'_>, at: usize) -> Option<usize> {
    let mut end = window.run(at, |b| b.is_ascii_digit());
    if end == at || end - at > 4 {
        return None;
    }
    for _ in 0..3 {
        if matches!(window.byte(end), b'-' | b'/') && window.byte(end + 1).is_ascii_digit() {
            end = window.run(end + 1, |b| b.is_ascii_digit());
        }
    }
    if window.byte(end).is_ascii_alphabetic() {
        end += 1;
    }
    window.word_ends(end).then_some(end)
}
