//! Telephone numbers: international ones, and domestic ones by their form or a word that names them.

use crate::Entity;
use crate::detector::Best;
use crate::detector::context::{Said, said};
use crate::detector::number::{Cut, Number};
use crate::engine::window::Window;

/// Words in front of telephone numbers.
#[rustfmt::skip]
pub(crate) const WORDS: &[&str] = &[
    "phone", "telephone", "tel", "tél", "call", "called", "calling", "mobile", "cell", "cellphone", "fax", "sms",
    "whatsapp", "text", "dial", "ring", "reach", "hotline", "landline", "handy", "telefon", "telefonnummer",
    "handynummer", "mobil", "rufnummer", "anrufen", "rückruf", "erreichbar", "téléphone", "portable", "appelez",
    "appeler", "joindre", "joignable", "teléfono", "telefono", "móvil", "movil", "llame", "llámame", "llamar",
    "celular", "cellulare", "telefoon", "telefoonnummer", "mobiel", "bel", "bellen", "telefone", "ligue", "ligar",
    "contato", "telefonu", "komórka", "zadzwoń", "mobilnummer", "phones", "contact", "callback", "voicemail", "ph",
    "mob", "chiamare", "chiama", "chiamami", "ringa", "puhelin", "phone_number", "msisdn", "телефон", "kontakt",
    "kontakta", "kontaktujte", "kontaktieren", "kontaktovat", "contacte", "contactar", "contattare", "contatto",
    "contatar", "contacto", "contacter", "soita", "dzwonić", "dzwoń", "kontaktu", "tlf", "tfn", "ringt",
    "mobiltelefon", "gsm", "telefonia", "cep", "numara", "puhelinnumero", "telefonní", "volejte", "zavolejte",
    "opkald", "fono", "mobiele", "bereikbaar", "chamar", "ligação", "llama", "llamada", "celulare", "cel",
    "móviles", "whats", "hívjon", "phoned",
];

/// Country calling codes (ITU-T E.164) by their first digits; a code not assigned is no telephone number.
fn calling_code(digits: &[u8]) -> Option<usize> {
    match *digits {
        [1 | 7, ..] => Some(1),
        [2, 0 | 7, ..]
        | [3, 0..=4 | 6 | 9, ..]
        | [4, 0 | 1 | 3..=9, ..]
        | [5, 1..=8, ..]
        | [6, 0..=6, ..]
        | [8, 1 | 2 | 4 | 6, ..]
        | [9, 0..=5 | 8, ..] => Some(2),
        [2, 1..=6 | 9, ..]
        | [3, 5 | 7 | 8, ..]
        | [4, 2, ..]
        | [5, 0 | 9, ..]
        | [6, 7..=9, ..]
        | [8, 0 | 5 | 7 | 8, ..]
        | [9, 6 | 7 | 9, ..] => Some(3),
        _ => None,
    }
}

/// `+…` and `(…`.
pub(crate) fn detect(window: &Window<'_>, at: usize, best: &mut Best) {
    if window.byte(at) == b'+' {
        let before = window.before(at);
        if before != b'+' && before != b'=' && !window.word_starts(at) {
            return;
        }
        best.offer_end(Entity::Phone, at, international(window, at + 1, at));
    } else if window.byte(at + 1) == b'+' {
        let code = window.run(at + 2, |b| b.is_ascii_digit());
        if code - at > 5 || window.byte(code) != b')' {
            return;
        }
        // `(+49) 30 …`
        best.offer_end(Entity::Phone, at, international(window, at + 2, at));
    } else if window.word_starts(at) && window.before(at) != b'$' {
        best.offer_end(Entity::Phone, at, in_brackets(window, at));
    }
}

/// The end of the international number whose calling code begins at `from`.
fn international(window: &Window<'_>, from: usize, start: usize) -> Option<usize> {
    let read = Loose::read(window, from, usize::from(window.byte(start) == b'('))?;
    let digits = &read.digits[..read.count];
    let code = calling_code(digits)?;
    let right = match code {
        1 => read.count == 11,
        _ => (8..=15).contains(&read.count),
    };
    // One point between digits is a decimal number with a sign.
    let decimal = read.joints == 1 && window.part(from, read.end).contains('.');
    (right && !decimal).then(|| extension(window, read.end))
}

/// Digits with up to two separators between them, brackets in pairs.
struct Loose {
    digits: [u8; 16],
    count: usize,
    joints: usize,
    end: usize,
}

impl Loose {
    fn read(window: &Window<'_>, from: usize, mut open: usize) -> Option<Self> {
        let mut read = Self {
            digits: [0; 16],
            count: 0,
            joints: 0,
            end: from,
        };
        let mut at = from;
        loop {
            let byte = window.byte(at);
            if byte.is_ascii_digit() {
                if read.count == read.digits.len() {
                    return None;
                }
                read.digits[read.count] = byte - b'0';
                read.count += 1;
                at += 1;
                read.end = at;
                continue;
            }
            let mut skipped = 0;
            while skipped < 3 {
                match window.byte(at + skipped) {
                    b' ' | b'-' | b'.' | b'/' => {}
                    b'(' => open += 1,
                    b')' if open > 0 => open -= 1,
                    _ => break,
                }
                skipped += 1;
            }
            if skipped == 0
                || skipped == 3
                || !window.byte(at + skipped).is_ascii_digit()
                || read.count == 0
            {
                break;
            }
            read.joints += 1;
            at += skipped;
        }
        // What follows may belong to another number: behind enough digits, blanks end it.
        let ends = window.word_ends(read.end) || has_extension(window, read.end);
        (read.count >= 8 && ends).then_some(read)
    }
}

/// `(555) 123-4567`, `(030) 901820`, `(11) 91234-5678`.
fn in_brackets(window: &Window<'_>, at: usize) -> Option<usize> {
    let close = window.run(at + 1, |b| b.is_ascii_digit());
    let area = close - at - 1;
    if !(2..=5).contains(&area) || window.byte(close) != b')' {
        return None;
    }
    let from = close + 1 + usize::from(matches!(window.byte(close + 1), b' ' | b'-' | b'.'));
    let number = Number::read(window, from)?;
    // What follows (555) 123-4567 is something else.
    let american = |cut: &Cut<'_>| area == 3 && cut.sizes == [3, 4] && cut.joined_by(b'-');
    let whole = (1..=number.groups().min(4)).rev().filter_map(|groups| {
        let cut = number.cut(window, groups)?;
        let whole = area + cut.digits.len();
        let fits = (9..=13).contains(&whole) && cut.sizes.iter().all(|n| (2..=9).contains(n));
        fits.then(|| (american(&cut), extension(window, cut.end)))
    });
    let mut longest = None;
    for (american, end) in whole {
        if american {
            return Some(end);
        }
        longest = longest.or(Some(end));
    }
    longest
}

/// `1 (555) 123-4567`, `0 (555) …`: a trunk prefix in front of the brackets.
pub(crate) fn with_trunk(window: &Window<'_>, at: usize, best: &mut Best) {
    let open = at + 1 + usize::from(matches!(window.byte(at + 1), b' ' | b'-'));
    if matches!(window.byte(at), b'0' | b'1') && window.byte(open) == b'(' {
        best.offer_end(Entity::Phone, at, in_brackets(window, open));
    }
}

/// A number without a calling code, if its form or a word in front says that it is a telephone number.
pub(crate) fn domestic(window: &Window<'_>, at: usize, cut: &Cut<'_>) -> Option<usize> {
    let count = cut.digits.len();
    if !(7..=15).contains(&count) || cut.joints.contains(&b'/') && cut.joints[0] != b'/' {
        return None;
    }
    if is_date(cut) {
        return None;
    }
    let named = said(window, at, WORDS);
    if let [9..=11] = cut.sizes.as_slice()
        && (named == Said::Nothing && is_named_otherwise(window, at))
    {
        return None;
    }
    let found = if named == Said::Other {
        false
    } else if named == Said::Yes && window.before(at) != b'-' {
        by_name(cut)
    } else {
        by_form(cut)
    };
    found.then(|| extension(window, cut.end))
}

/// Whether a word directly in front says that it is another kind of number: `ID: 0123456789`.
fn is_named_otherwise(window: &Window<'_>, at: usize) -> bool {
    window.behind(at, 2) == ": " || window.before(at) == b'='
}

fn by_name(cut: &Cut<'_>) -> bool {
    let count = cut.digits.len();
    count <= 13
        && cut.sizes.len() <= 6
        && (cut.sizes.len() == 1
            || cut
                .sizes
                .iter()
                .all(|n| *n >= 2 || count > 8 && cut.digits[0] <= 1))
        || by_form(cut)
}

fn by_form(cut: &Cut<'_>) -> bool {
    let count = cut.digits.len();
    match (cut.sizes.as_slice(), cut.digits) {
        // North America: 555-123-4567, 1-555-123-4567; with blanks or points the area and the exchange must exist.
        ([3, 3, 4], [a, _, _, b, ..]) => {
            cut.joined_by(b'-') && *a >= 2
                || cut.joined_alike(b" .") && *a >= 2 && *b >= 2
                || *a == 0 && cut.joined_alike(b" -.")
        }
        ([1, 3, 3, 4], [1, a, ..]) => *a >= 2 && cut.joined_alike(b" -."),
        // The prefix of international calls.
        ([4 | 5, ..], [0, 0, rest @ ..]) if cut.sizes.len() > 1 => {
            calling_code(rest).is_some() && count >= 11
        }
        ([2, _, ..], [0, 0, rest @ ..]) if cut.sizes.len() > 2 => {
            calling_code(rest).is_some() && count >= 11
        }
        // The same to North America; a trunk zero and no separators.
        ([3, 3, 3, 4], [0, 0, 1, ..]) | ([9..=11], [0, 1..=9, ..]) => true,
        // Brazil: 11 91234-5678.
        ([2, 4 | 5, 4], [1..=9, 1..=9, ..]) => cut.joints == b" -",
        // Italy 333 1234567; Poland 22 584 46 89; Norway 929 09 961; Spain and Poland: nine digits that begin with 5 to 9
        // in threes; India: five and five.
        ([3, 7], [3, ..])
        | ([2, 3, 2, 2], [1..=9, ..])
        | ([3, 2, 3], [4 | 9, ..])
        | ([3, 3, 3] | [3, 2, 2, 2], [5..=9, ..])
        | ([5, 5], [6..=9, ..]) => cut.joined_by(b' '),
        // Sweden: 08-72 21 11.
        ([2..=4, 2 | 3, 2, 2], [0, 1..=9, ..])
            if matches!(cut.joints[0], b'-' | b'/')
                && cut.joints[1..].iter().all(|j| *j == b' ') =>
        {
            true
        }
        // France: five pairs.
        ([2, 2, 2, 2, 2], [0, 1..=9, ..]) => cut.joined_alike(b" .-"),
        // A trunk zero with an area code.
        ([2..=5, rest @ ..], [0, 1..=9, ..]) if !rest.is_empty() && rest.len() <= 4 => {
            let first = cut.joints[0];
            let others = &cut.joints[1..];
            (9..=13).contains(&count)
                && first != b'.'
                && others.iter().all(|j| matches!(j, b' ' | b'-'))
                && rest.iter().all(|n| (2..=8).contains(n))
                && cut.sizes.iter().max().is_some_and(|n| *n >= 3)
        }
        _ => false,
    }
}

/// Three groups that can be day, month and year.
fn is_date(cut: &Cut<'_>) -> bool {
    matches!(cut.sizes.as_slice(), [1 | 2, 1 | 2, 4] | [4, 2, 2])
}

/// Whether an extension is written without a blank behind `end`: `x123`.
pub(crate) fn has_extension(window: &Window<'_>, end: usize) -> bool {
    window.byte(end) == b'x' && extension(window, end) > end
}

/// The end of an extension behind `end`: `x123`, ` ext. 123`.
fn extension(window: &Window<'_>, end: usize) -> usize {
    let blank = usize::from(window.byte(end) == b' ');
    let word = ["extension ", "ext. ", "ext.", "ext ", "x"]
        .iter()
        .find(|word| window.has(end + blank, word));
    let Some(word) = word else {
        return end;
    };
    let from = end + blank + word.len();
    let to = window.run(from, |b| b.is_ascii_digit());
    if (2..=6).contains(&(to - from)) && window.word_ends(to) {
        to
    } else {
        end
    }
}
