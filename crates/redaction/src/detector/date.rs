//! Dates of birth: dates that the words in front call so.

use crate::Entity;
use crate::detector::Best;
use crate::detector::checksum::is_day;
use crate::detector::context::says;
use crate::detector::number::stands_free;
use crate::engine::window::Window;

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "born", "birth", "birthday", "birthdate", "birthdays", "dob", "d.o.b", "geboren", "geburtsdatum", "geburtstag",
    "geb", "né", "née", "nee", "naissance", "anniversaire", "nacido", "nacida", "nació", "nacimiento",
    "cumpleaños", "nato", "nata", "nascita", "compleanno", "nascido", "nascida", "nascimento", "aniversário",
    "geboortedatum", "verjaardag", "urodzony", "urodzona", "urodzenia", "född", "födelsedatum", "født",
    "fødselsdato", "birth_date", "date_of_birth", "syntynyt", "o.b", "b", "nasceu", "narozen", "narozena", "narozená", "narození", "syntymäaika", "syntynyt", "urodził", "urodziła", "ur",
    "nació", "nasc", "nac", "geb", "doğum", "födda", "születési", "naissances", "nacimientos", "birthdates",
];

/// Names of months by their first three letters, in the languages that the words above are from.
#[rustfmt::skip]
const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mär", "mai", "mrz", "okt",
    "dez", "fév", "avr", "aoû", "déc", "ene", "abr", "ago", "dic", "gen", "mag", "giu", "lug", "set", "ott", "fev",
    "out", "mei", "maa", "sty", "lut", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru", "jui",
    "fevr",
];

pub(crate) fn detect(window: &Window<'_>, at: usize, best: &mut Best) {
    let end = if window.byte(at).is_ascii_digit() {
        if !stands_free(window, at) {
            return;
        }
        numeric(window, at).or_else(|| day_first(window, at))
    } else if window.word_starts(at) {
        month_first(window, at)
    } else {
        None
    };
    if let Some(end) = end
        && (says(window, at, WORDS) || says_behind(window, end))
    {
        best.offer_end(Entity::DateOfBirth, at, Some(end));
    }
}

/// Whether the word comes after the date: `am 12.03.1985 geboren`, `12.3.1985 (DOB)`.
fn says_behind(window: &Window<'_>, end: usize) -> bool {
    [" geboren", " (DOB", " (geb", " född", " født", " doğum"]
        .iter()
        .any(|word| window.has(end, word))
}

/// 1985-03-12, 12/03/1985, 3.12.85.
fn numeric(window: &Window<'_>, at: usize) -> Option<usize> {
    let mut parts = [(0, 0); 3];
    let mut place = at;
    let mut joint = 0;
    for (i, part) in parts.iter_mut().enumerate() {
        let end = window.run(place, |b| b.is_ascii_digit());
        if !matches!(end - place, 1 | 2 | 4) {
            return None;
        }
        *part = (window.part(place, end).parse::<u32>().ok()?, end - place);
        if i == 2 {
            place = end;
            break;
        }
        let next = window.byte(end);
        if !matches!(next, b'-' | b'/' | b'.') || (i > 0 && next != joint) {
            return None;
        }
        joint = next;
        // 12. 3. 1985
        place = end + 1 + usize::from(joint == b'.' && window.byte(end + 1) == b' ');
    }
    let [(a, first), (b, second), (c, third)] = parts;
    let fits = match (first, second, third) {
        (4, 1 | 2, 1 | 2) => is_year(a) && is_day(b, c),
        (1 | 2, 1 | 2, 4) => is_year(c) && (is_day(b, a) || is_day(a, b)),
        (1 | 2, 1 | 2, 2) => is_day(b, a) || is_day(a, b),
        _ => false,
    };
    // A time may follow a date: 1985-03-12T00:00:00.
    let time = window.byte(place) == b'T' && window.byte(place + 1).is_ascii_digit();
    (fits && (time || window.word_ends(place))).then_some(place)
}

fn is_year(year: u32) -> bool {
    (1900..=2030).contains(&year)
}

/// 12 March 1985, 12th of March, 1985, 12. März 1985, 12 de marzo de 1985.
fn day_first(window: &Window<'_>, at: usize) -> Option<usize> {
    let digits = window.run(at, |b| b.is_ascii_digit());
    if digits - at > 2 || !is_day(1, window.part(at, digits).parse().ok()?) {
        return None;
    }
    let mut place = digits;
    for suffix in ["st", "nd", "rd", "th", "er", "º", "."] {
        if window.has(place, suffix) {
            place += suffix.len();
            break;
        }
    }
    if !matches!(window.byte(place), b' ' | b'-' | b'/') {
        return None;
    }
    place = past(window, place + 1, &["of ", "de "]);
    let month = month(window, place)?;
    if !matches!(window.byte(month), b' ' | b',' | b'.' | b'-' | b'/') {
        return None;
    }
    let place = window.run(month, |b| matches!(b, b' ' | b',' | b'.' | b'-' | b'/'));
    year_end(window, past(window, place, &["de ", "del ", "of "]))
}

/// March 12, 1985.
fn month_first(window: &Window<'_>, at: usize) -> Option<usize> {
    let word = window.word_end(at);
    let blank = word + usize::from(window.byte(word) == b'.');
    if window.byte(blank) != b' ' || !window.byte(blank + 1).is_ascii_digit() {
        return None;
    }
    let end = month(window, at)?;
    let day = window.run(end, |b| matches!(b, b' ' | b'.'));
    let digits = window.run(day, |b| b.is_ascii_digit());
    if day == end || digits - day > 2 || !is_day(1, window.part(day, digits).parse().ok()?) {
        return None;
    }
    let mut place = digits;
    for suffix in ["st", "nd", "rd", "th"] {
        if window.has(place, suffix) {
            place += suffix.len();
            break;
        }
    }
    let place = window.run(place, |b| matches!(b, b' ' | b','));
    year_end(window, place)
}

fn past(window: &Window<'_>, at: usize, words: &[&str]) -> usize {
    words
        .iter()
        .find(|word| window.has(at, word))
        .map_or(at, |word| at + word.len())
}

/// The end of the month's name at `at`.
fn month(window: &Window<'_>, at: usize) -> Option<usize> {
    let end = window.word_end(at);
    let name = window.part(at, end);
    let count = name.chars().count();
    let begins = |month: &&str| {
        name.get(..month.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(month))
    };
    (end - at <= 16 && count >= 3 && MONTHS.iter().any(begins)).then_some(end)
}

fn year_end(window: &Window<'_>, at: usize) -> Option<usize> {
    let end = window.run(at, |b| b.is_ascii_digit());
    let year = window.part(at, end).parse().ok()?;
    (end - at == 4 && is_year(year) && window.word_ends(end)).then_some(end)
}
