//! What follows a street: flat, district, postal code, place and region.

use crate::detector::address::words::{SMALL, UNITS};
use crate::detector::address::{is_one_of, word};
use crate::engine::window::Window;

/// Most parts between a street and the end of its address.
const MOST_PARTS: usize = 5;

/// Past what separates two parts: `, `, ` , `, a line's end.
pub(super) fn separator(window: &Window<'_>, end: usize) -> Option<usize> {
    let mut at =
        end + usize::from(window.byte(end) == b' ' && matches!(window.byte(end + 1), b',' | b'\n'));
    let comma = window.byte(at) == b',';
    at += usize::from(comma);
    match window.byte(at) {
        b' ' if comma && window.byte(at + 1) == b'\n' => Some(at + 2),
        b' ' if comma => Some(at + 1),
        b'\n' => Some(at + 1),
        _ => None,
    }
}

/// `, Apt 4B`, ` Suite 100`, ` #12`, ` Piso 3 , Depto. 4`.
pub(super) fn units(window: &Window<'_>, street: usize) -> usize {
    let mut end = street;
    for _ in 0..3 {
        let blank = (window.byte(end) == b' ').then_some(end + 1);
        let Some(next) = separator(window, end).or(blank) else {
            break;
        };
        let Some(unit) = unit(window, next) else {
            break;
        };
        end = unit;
    }
    // A second number: `Calle Mayor 934 221, …`.
    let more = window.run(end + 1, |b| b.is_ascii_digit());
    if window.byte(end) == b' '
        && window.before(end).is_ascii_digit()
        && (1..=4).contains(&(more.saturating_sub(end + 1)))
        && (matches!(window.byte(more), b',' | b'\n') && separator(window, more).is_some())
    {
        end = more;
    }
    end
}

/// A word for a flat and what it is called.
pub(super) fn unit(window: &Window<'_>, at: usize) -> Option<usize> {
    let number = if window.byte(at) == b'#' {
        at + 1
    } else {
        let named = word(window, at)?;
        if !is_one_of(named.text, UNITS) {
            return None;
        }
        let point = named.end + usize::from(window.byte(named.end) == b'.');
        if window.byte(point) != b' ' {
            return None;
        }
        point + 1
    };
    let stop = window.run(number, |b| b.is_ascii_alphanumeric());
    let text = window.part(number, stop);
    let fits = (1..=5).contains(&text.len())
        && (text.bytes().any(|b| b.is_ascii_digit()) || text.len() == 1)
        && window.word_ends(stop);
    fits.then_some(stop)
}

/// `, Springfield, IL 62704`, `, London SW1A 1AA`, `, 75002 Paris`, if a postal code shows that it is one.
pub(super) fn locality(window: &Window<'_>, street: usize) -> usize {
    let mut end = street;
    let mut at = street;
    let mut has_place = false;
    for _ in 0..MOST_PARTS {
        let next = separator(window, at).or_else(|| {
            let blank = window.byte(at) == b' ';
            (blank && (has_place || window.byte(at + 1).is_ascii_digit())).then_some(at + 1)
        });
        let Some(next) = next else { break };
        if let Some(code) = code(window, next) {
            if has_place {
                // Brazil: district, code, town / state.
                let town = (window.byte(code) == b' ').then(|| town(window, code + 1));
                return town.flatten().unwrap_or_else(|| region(window, code));
            }
            let behind =
                separator(window, code).or((window.byte(code) == b' ').then_some(code + 1));
            let place = behind.and_then(|behind| place(window, behind));
            return place.map_or(end, |place| region(window, place));
        }
        let Some(place) = place(window, next) else {
            break;
        };
        has_place = true;
        at = place;
        end = street;
    }
    end
}

/// `Monteiro / SP` behind the code.
fn town(window: &Window<'_>, at: usize) -> Option<usize> {
    let small = word(window, at).filter(|first| is_one_of(first.text, SMALL));
    let place = place(window, small.map_or(at, |small| small.end + 1))?;
    let end = region(window, place);
    (end > place && window.before(end).is_ascii_uppercase()).then_some(end)
}

/// ` (VR)`, ` / AM`, ` CEDEX 07`, behind the place.
fn region(window: &Window<'_>, end: usize) -> usize {
    let capitals = |from: usize| window.run(from, |b| b.is_ascii_uppercase());
    // Muggio' (MB)
    let mark = end + usize::from(window.byte(end) == b'\'');
    if window.byte(mark) == b' ' && window.byte(mark + 1) == b'(' {
        let close = capitals(mark + 2);
        if matches!(close - mark, 4 | 5) && window.byte(close) == b')' {
            return close + 1;
        }
    }
    for joint in [" / ", " - ", "/"] {
        let from = end + joint.len();
        if window.part(end, from) == joint
            && capitals(from) == from + 2
            && window.word_ends(from + 2)
        {
            return from + 2;
        }
    }
    end
}

/// A place's name: capital words, with small ones between them.
fn place(window: &Window<'_>, from: usize) -> Option<usize> {
    let first = word(window, from).filter(|first| first.capital && !has_digit(first.text))?;
    let mut end = first.end;
    let mut at = first.end + usize::from(window.byte(first.end) == b'.' && first.text.len() <= 3);
    for _ in 0..5 {
        if window.byte(at) != b' ' {
            break;
        }
        let Some(next) = word(window, at + 1) else {
            break;
        };
        // A code of letters and digits is none of the name.
        if has_digit(next.text) || code(window, at + 1).is_some() {
            break;
        }
        // Villeneuve d'Ascq
        let elided = next.text.starts_with(['d', 'l']) && next.text.contains(['\'', '’']);
        if next.capital || elided {
            end = next.end;
        } else if !is_one_of(next.text, SMALL) {
            break;
        }
        at = next.end;
    }
    Some(end)
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// 62704, 62704-1234, 1234-567, 00-950, 110 00, 1234 AB, SW1A 1AA, K1A 0B1, D-10115.
fn code(window: &Window<'_>, at: usize) -> Option<usize> {
    let country = [
        "D-", "A-", "F-", "CH-", "B-", "SE-", "DK-", "L-", "I-", "E-",
    ]
    .iter()
    .find(|country| window.part(at, at + country.len()) == **country);
    let at = at + country.map_or(0, |country| country.len());
    let digits = window.run(at, |b| b.is_ascii_digit());
    let count = digits - at;
    let more = |from: usize, least: usize| {
        let end = window.run(from, |b| b.is_ascii_digit());
        (end - from == least).then_some(end)
    };
    let joint = window.byte(digits);
    let end = match (count, joint) {
        (5, b'-') => more(digits + 1, 4)
            .or_else(|| more(digits + 1, 3))
            .unwrap_or(digits),
        (2 | 4, b'-') => more(digits + 1, 3)?,
        (3, b' ') => more(digits + 1, 2).or_else(|| more(digits + 1, 3))?,
        (4, b' ' | b'A'..=b'Z') => {
            let from = digits + usize::from(joint == b' ');
            let letters = window.run(from, |b| b.is_ascii_uppercase());
            if letters - from == 2 && window.word_ends(letters) {
                letters
            } else if joint == b' ' {
                digits
            } else {
                return None;
            }
        }
        (4..=8, _) => digits,
        (0, _) => return lettered(window, at),
        _ => return None,
    };
    window.word_ends(end).then_some(end)
}

fn lettered(window: &Window<'_>, at: usize) -> Option<usize> {
    let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let outward = window.run(at, fits);
    let first = window.part(at, outward);
    let split = window.byte(outward) == b' ';
    let inward = window.run(outward + usize::from(split), fits);
    let second = window.part(outward + usize::from(split), inward);
    let two = (2..=4).contains(&first.len())
        && first.starts_with(|c: char| c.is_ascii_uppercase())
        && has_digit(first)
        && split
        && second.len() == 3
        && second.starts_with(|c: char| c.is_ascii_digit());
    // K1A0B1, E84RF.
    let one = !split
        && (5..=7).contains(&first.len())
        && first.bytes().filter(u8::is_ascii_digit).count() >= 2
        && first.starts_with(|c: char| c.is_ascii_uppercase())
        && first.ends_with(|c: char| c.is_ascii_alphanumeric());
    ((two || one) && window.word_ends(inward)).then_some(inward)
}
