//! Postal addresses: a number and a street by the words for streets of several languages, with what follows of place.

use crate::Entity;
use crate::detector::Best;
use crate::detector::number::stands_free;
use crate::engine::window::Window;

mod locality;

use locality::{locality, unit};

/// Words behind the name of a street: `12 Main Street`.
const BEHIND: &[&str] = &[
    "street",
    "st",
    "avenue",
    "ave",
    "road",
    "rd",
    "lane",
    "ln",
    "drive",
    "dr",
    "boulevard",
    "blvd",
    "court",
    "ct",
    "way",
    "place",
    "pl",
    "terrace",
    "square",
    "sq",
    "close",
    "crescent",
    "cres",
    "parkway",
    "pkwy",
    "circle",
    "cir",
    "trail",
    "trl",
    "highway",
    "hwy",
    "alley",
    "row",
    "grove",
    "gardens",
    "hill",
    "mews",
    "walk",
    "plaza",
    "loop",
    "ridge",
    "heights",
    "pike",
    "crossing",
    "view",
    "green",
    "park",
    "manor",
    "meadow",
    "run",
    "path",
    "point",
    "bend",
    "creek",
    "expressway",
    "turnpike",
];
/// Words in front of the name of a street, number behind: `Via Roma 12`, `Calle Mayor, 3`.
const FRONT: &[&str] = &[
    "via", "viale", "piazza", "corso", "largo", "vicolo", "calle", "avenida", "av", "avda",
    "plaza", "paseo", "camino", "carrera", "rua", "travessa", "praça", "alameda", "rue", "ulica",
    "aleja", "am", "an", "auf", "im", "unter", "zum", "zur",
];
/// Words in front of the name of a street, number in front of them: `12 rue de la Paix`.
const FRENCH: &[&str] = &[
    "rue",
    "avenue",
    "boulevard",
    "bd",
    "place",
    "chemin",
    "impasse",
    "allée",
    "quai",
    "route",
    "cours",
    "passage",
    "square",
    "av",
];
/// Ends of names of streets, number behind: `Hauptstraße 5`.
const JOINED: &[&str] = &[
    "straße", "strasse", "str.", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer",
    "straat", "laan", "plein", "gracht", "kade", "gatan", "vägen", "veien", "gata", "vej", "gade",
    "katu", "tie", "allé", "singel", "dijk", "steig", "chaussee",
];
/// Small words inside of names of streets.
const SMALL: &[&str] = &[
    "de", "la", "le", "les", "du", "des", "del", "della", "delle", "dei", "di", "da", "do", "dos",
    "das", "los", "las", "el", "y", "e", "d", "l", "der", "den", "van", "von", "dem", "of", "the",
    "and",
];
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
    words.iter().any(|word| {
        word.len() == text.len()
            && (word.eq_ignore_ascii_case(text)
                || (!text.is_ascii() && text.to_lowercase() == **word))
    })
}

/// `12 Main Street`, `12B Main St., Apt 4`, `12 rue de la Paix`.
pub(crate) fn from_number(window: &Window<'_>, at: usize, best: &mut Best) {
    let digits = window.run(at, |b| b.is_ascii_digit());
    if digits - at > 5 || !stands_free(window, at) {
        return;
    }
    let mut place = digits + usize::from(window.byte(digits).is_ascii_alphabetic());
    if window.byte(digits) == b'-' {
        place = window.run(digits + 1, |b| b.is_ascii_digit());
    }
    for bis in [" bis", " ter"] {
        if window.has(place, bis) {
            place += bis.len();
        }
    }
    let comma = window.byte(place) == b',';
    place += usize::from(comma);
    if window.byte(place) != b' ' {
        return;
    }
    let Some(first) = word(window, place + 1) else {
        return;
    };
    let street = if is_one_of(first.text, FRENCH) && !first.capital {
        french(window, first.end)
    } else if comma || !(first.capital || is_ordinal(first.text)) {
        None
    } else {
        english(window, place + 1).or_else(|| {
            is_one_of(first.text, FRENCH)
                .then(|| french(window, first.end))
                .flatten()
        })
    };
    let end = street.map(|street| locality(window, unit(window, street)));
    best.offer_end(Entity::Address, at, end);
}

/// 5th, 42nd.
fn is_ordinal(text: &str) -> bool {
    text.len() <= 5
        && text.starts_with(|c: char| c.is_ascii_digit())
        && ["st", "nd", "rd", "th"].iter().any(|s| text.ends_with(s))
}

/// Capital words up to one for a street.
fn english(window: &Window<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    let mut end = None;
    for count in 0..MOST_WORDS {
        let Some(next) = word(window, at) else { break };
        if !(next.capital || is_ordinal(next.text)) {
            break;
        }
        if count > 0 && is_one_of(next.text, BEHIND) {
            let short = next.text.len() <= 4
                && window.byte(next.end) == b'.'
                && goes_on(window, next.end + 1);
            end = Some(next.end + usize::from(short));
        }
        at = next.end + usize::from(window.byte(next.end) == b'.' && next.text.len() <= 2);
        if window.byte(at) != b' ' {
            break;
        }
        at += 1;
    }
    end.map(|end| {
        // Main Street North, Pennsylvania Ave NW.
        [
            "NW", "NE", "SW", "SE", "North", "South", "East", "West", "N", "S", "E", "W",
        ]
        .iter()
        .find(|side| {
            window.byte(end) == b' '
                && window.part(end + 1, (end + 1 + side.len()).min(window.end())) == **side
                && window.word_ends(end + 1 + side.len())
        })
        .map_or(end, |side| end + 1 + side.len())
    })
}

/// Whether an abbreviation's point does not end the sentence.
fn goes_on(window: &Window<'_>, at: usize) -> bool {
    window.byte(at) == b','
        || (window.byte(at) == b' '
            && (window.byte(at + 1).is_ascii_lowercase()
                || window.has(at, " apt")
                || window.has(at, " suite")
                || window.byte(at + 1) == b'#'))
}

/// The name behind a French word for a street.
fn french(window: &Window<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    let mut end = None;
    for _ in 0..MOST_WORDS + 2 {
        if window.byte(at) != b' ' {
            break;
        }
        let Some(next) = word(window, at + 1) else {
            break;
        };
        let elided = next.text.starts_with(['d', 'l']) && next.text.contains(['\'', '’']);
        if next.capital || elided {
            end = Some(next.end);
        } else if !is_one_of(next.text, SMALL) {
            break;
        }
        at = next.end;
    }
    end
}

/// A street whose name comes first: `Hauptstraße 5`, `Via Roma 12`, `Calle Mayor, 3`.
pub(crate) fn from_street(window: &Window<'_>, at: usize, best: &mut Best) {
    if !window.word_starts(at) || window.before(at) == b'-' {
        return;
    }
    let Some(first) = word(window, at) else {
        return;
    };
    let end = if is_one_of(first.text, FRONT) {
        named(window, first.end)
    } else if (first.text == "PO" || first.text == "P")
        && (window.has(at, "po box ") || window.has(at, "p.o. box "))
    {
        let from = at + if first.text == "PO" { 7 } else { 9 };
        let stop = window.run(from, |b| b.is_ascii_digit());
        best.offer_end(
            Entity::Address,
            at,
            (stop > from).then(|| locality(window, stop)),
        );
        None
    } else {
        joined(window, &first)
    };
    best.offer_end(Entity::Address, at, end.map(|end| locality(window, end)));
}

/// `ul. Długa 5`.
pub(crate) fn from_small(window: &Window<'_>, at: usize, best: &mut Best) {
    if window.has(at, "ul. ") && window.word_starts(at) {
        best.offer_end(
            Entity::Address,
            at,
            named(window, at + 3).map(|end| locality(window, end)),
        );
    }
}

/// A name and a house number behind a word for a street.
fn named(window: &Window<'_>, from: usize) -> Option<usize> {
    let mut at = from + usize::from(window.byte(from) == b'.');
    let mut capital = false;
    for _ in 0..MOST_WORDS {
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
        let next = word(window, at)?;
        if !next.capital && !is_one_of(next.text, SMALL) {
            return None;
        }
        capital |= next.capital;
        at = next.end;
    }
    None
}

/// `Hauptstraße 5`, `Alte Gasse 5`, `Hauptstr. 5`.
fn joined(window: &Window<'_>, first: &Word<'_>) -> Option<usize> {
    // Far more words than streets come here: a number follows soon, or another capital word.
    let point = usize::from(window.byte(first.end) == b'.');
    if window.byte(first.end + point) != b' ' {
        return None;
    }
    let next = window.byte(first.end + point + 1);
    if !(next.is_ascii_digit() || next.is_ascii_uppercase()) {
        return None;
    }
    let ends = |text: &str, point: bool| {
        JOINED.iter().any(|end| match end.strip_suffix('.') {
            Some(bare) => point && text.ends_with(bare),
            None => text.ends_with(end) && text.len() > end.len(),
        })
    };
    let mut end = first.end;
    if !ends(first.text, window.byte(end) == b'.') {
        let second = (window.byte(end) == b' ')
            .then(|| word(window, end + 1))
            .flatten()?;
        let short = is_one_of(second.text, &["str"]) && window.byte(second.end) == b'.';
        if !second.capital || !(short || is_one_of(second.text, JOINED)) {
            return None;
        }
        end = second.end;
    }
    end += usize::from(window.byte(end) == b'.');
    if window.byte(end) != b' ' {
        return None;
    }
    house(window, end + 1)
}

/// The end of a house number: 5, 5a, 5-7.
fn house(window: &Window<'_>, at: usize) -> Option<usize> {
    let mut end = window.run(at, |b| b.is_ascii_digit());
    if end == at || end - at > 4 {
        return None;
    }
    if window.byte(end) == b'-' && window.byte(end + 1).is_ascii_digit() {
        end = window.run(end + 1, |b| b.is_ascii_digit());
    }
    if window.byte(end).is_ascii_alphabetic() {
        end += 1;
    }
    window.word_ends(end).then_some(end)
}
