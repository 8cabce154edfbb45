//! Streets with their number in front: English and French ones, and those behind a flat.

use crate::Entity;
use crate::detector::address::locality::{separator, unit};
use crate::detector::address::words::{BEHIND, FRENCH, SELDOM, SMALL};
use crate::detector::address::{MOST_WORDS, is_announced, is_one_of, part_ends, whole, word};
use crate::detector::number::stands_free;
use crate::detector::{Best, Names};
use crate::engine::window::Window;

/// `12 Main Street`, `12B Main St., Apt 4`, `12 rue de la Paix`.
pub(crate) fn from_number(window: &Window<'_>, at: usize, names: &Names, best: &mut Best) {
    let digits = window.run(at, |b| b.is_ascii_digit());
    if digits - at > 5 || !stands_free(window, at) {
        return;
    }
    let mut place = digits + usize::from(window.byte(digits).is_ascii_alphabetic());
    if window.byte(digits) == b'-' {
        place = window.run(digits + 1, |b| b.is_ascii_digit());
    }
    if window.byte(place) == b'/' {
        // Unit and house: 4/12 Main Street.
        place = window.run(place + 1, |b| b.is_ascii_digit());
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
    let street = if is_one_of(first.text, FRENCH) && (!first.capital || comma) {
        french(window, first.end)
    } else if comma && first.capital && is_announced(window, at, names) {
        // India: 91/384, Kala Path.
        english(window, place + 1, names, true)
    } else if comma || !(first.capital || is_ordinal(first.text)) {
        None
    } else {
        english(window, place + 1, names, is_announced(window, at, names)).or_else(|| {
            is_one_of(first.text, FRENCH)
                .then(|| french(window, first.end))
                .flatten()
        })
    };
    best.offer_end(
        Entity::Address,
        at,
        street.map(|street| whole(window, street)),
    );
}

/// 5th, 42nd.
fn is_ordinal(text: &str) -> bool {
    text.len() <= 5
        && text.starts_with(|c: char| c.is_ascii_digit())
        && ["st", "nd", "rd", "th"].iter().any(|s| text.ends_with(s))
}

/// Capital words up to one for a street.
fn english(window: &Window<'_>, from: usize, names: &Names, announced: bool) -> Option<usize> {
    let mut at = from;
    let mut end = None;
    let mut first = "";
    for count in 0..MOST_WORDS {
        let Some(next) = word(window, at) else { break };
        if count == 0 {
            first = next.text;
        }
        if !(next.capital || is_ordinal(next.text)) {
            break;
        }
        if count > 0 && is_one_of(next.text, BEHIND) {
            let short = next.text.len() <= 4
                && window.byte(next.end) == b'.'
                && goes_on(window, next.end + 1);
            end = Some(next.end + usize::from(short));
        } else if count > 0
            && is_one_of(next.text, SELDOM)
            && (announced || names.is_known(first) || whole(window, next.end) > next.end + 6)
        {
            end = Some(next.end);
        }
        at = next.end + usize::from(window.byte(next.end) == b'.' && next.text.len() <= 2);
        if window.byte(at) != b' ' {
            if announced && count > 0 && end.is_none() && part_ends(window, at) {
                end = Some(at);
            }
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
pub(super) fn french(window: &Window<'_>, from: usize) -> Option<usize> {
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

/// `Flat 9, Liam Hollow`, `Studio 8\nSutton Square`, `Level 4 36 Daniel Street`.
pub(super) fn behind_unit(
    window: &Window<'_>,
    at: usize,
    names: &Names,
    announced: bool,
) -> Option<usize> {
    let unit = unit(window, at)?;
    let next = separator(window, unit).or((window.byte(unit) == b' ').then_some(unit + 1))?;
    let digits = window.run(next, |b| b.is_ascii_digit());
    let from = if digits > next && digits - next <= 5 && window.byte(digits) == b' ' {
        digits + 1
    } else {
        next
    };
    english(window, from, names, announced)
}
