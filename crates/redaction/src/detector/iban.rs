//! International bank account numbers: country, length and checksum.

use crate::Entity;
use crate::detector::Best;
use crate::detector::checksum::mod_97;
use crate::engine::window::Window;

/// Lengths by country, from the IBAN registry (SWIFT, release 99).
#[rustfmt::skip]
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24), ("AE", 23), ("AL", 28), ("AT", 20), ("AZ", 28), ("BA", 20), ("BE", 16), ("BG", 22), ("BH", 22),
    ("BI", 27), ("BR", 29), ("BY", 28), ("CH", 21), ("CR", 22), ("CY", 28), ("CZ", 24), ("DE", 22), ("DJ", 27),
    ("DK", 18), ("DO", 28), ("EE", 20), ("EG", 29), ("ES", 24), ("FI", 18), ("FK", 18), ("FO", 18), ("FR", 27),
    ("GB", 22), ("GE", 22), ("GI", 23), ("GL", 18), ("GR", 27), ("GT", 28), ("HN", 28), ("HR", 21), ("HU", 28),
    ("IE", 22), ("IL", 23), ("IQ", 23), ("IS", 26), ("IT", 27), ("JO", 30), ("KW", 30), ("KZ", 20), ("LB", 28),
    ("LC", 32), ("LI", 21), ("LT", 20), ("LU", 20), ("LV", 21), ("LY", 25), ("MC", 27), ("MD", 24), ("ME", 22),
    ("MK", 19), ("MN", 20), ("MR", 27), ("MT", 31), ("MU", 30), ("NI", 28), ("NL", 18), ("NO", 15), ("OM", 23),
    ("PK", 24), ("PL", 28), ("PS", 29), ("PT", 25), ("QA", 29), ("RO", 24), ("RS", 22), ("RU", 33), ("SA", 24),
    ("SC", 31), ("SD", 18), ("SE", 24), ("SI", 19), ("SK", 24), ("SM", 27), ("SO", 23), ("ST", 25), ("SV", 28),
    ("TL", 23), ("TN", 24), ("TR", 26), ("UA", 29), ("VA", 22), ("VG", 24), ("XK", 20), ("YE", 30),
];

/// Most characters of one.
const LONGEST: usize = 34;

pub(crate) fn detect(window: &Window<'_>, at: usize, best: &mut Best) {
    let head = [window.byte(at), window.byte(at + 1)];
    if !head.iter().all(u8::is_ascii_alphabetic)
        || !window.byte(at + 2).is_ascii_digit()
        || !window.byte(at + 3).is_ascii_digit()
    {
        return;
    }
    if window.word_starts(at) {
        let country = head.map(|b| b.to_ascii_uppercase());
        let end = end(window, at, country).or_else(|| odd_length(window, at, country));
        best.offer_end(Entity::Iban, at, end);
    }
}

/// An account number whose checksum is right although its length is not its country's: whoever wrote it meant one.
fn odd_length(window: &Window<'_>, at: usize, country: [u8; 2]) -> Option<usize> {
    if !LENGTHS.iter().any(|(code, _)| code.as_bytes() == country) {
        return None;
    }
    let mut characters = [0; LONGEST];
    let (mut count, mut group, mut place) = (0, 0, at);
    loop {
        let byte = window.byte(place);
        if byte.is_ascii_digit() || byte.is_ascii_uppercase() {
            *characters.get_mut(count)? = byte;
            (count, group) = (count + 1, group + 1);
        } else if byte == b' '
            && group == 4
            && (window.byte(place + 1).is_ascii_digit() || count < 8)
        {
            group = 0;
        } else {
            break;
        }
        place += 1;
    }
    let checked = characters[4..].iter().take(count.checked_sub(4)?);
    let checked = checked.chain(&characters[..4]).copied();
    (count >= 15 && window.word_ends(place) && mod_97(checked)).then_some(place)
}

fn end(window: &Window<'_>, at: usize, country: [u8; 2]) -> Option<usize> {
    let (_, length) = LENGTHS
        .iter()
        .find(|(code, _)| code.as_bytes() == country)?;
    let mut characters = [0; LONGEST];
    let (mut count, mut place) = (0, at);
    // Small letters are taken in one piece only: in groups they are words.
    let small = window.byte(at).is_ascii_lowercase();
    while count < *length {
        let byte = window.byte(place);
        if byte.is_ascii_digit()
            || byte.is_ascii_uppercase()
            || (small && byte.is_ascii_lowercase())
        {
            characters[count] = byte;
            count += 1;
        } else if small
            || !matches!(byte, b' ' | b'-' | b'.')
            || !window.byte(place + 1).is_ascii_alphanumeric()
        {
            return None;
        }
        place += 1;
    }
    let checked = characters[4..count].iter().chain(&characters[..4]).copied();
    (window.word_ends(place) && mod_97(checked)).then_some(place)
}
