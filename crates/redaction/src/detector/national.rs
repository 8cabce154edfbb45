//! National numbers of persons, by their checksums; by a word in front where a checksum is too weak to decide.

use crate::detector::checksum::{is_day, luhn, mod_11_10, pair, value, verhoeff, weighted};
use crate::detector::context::{Said, said, says};
use crate::detector::number::Cut;
use crate::detector::phone;
use crate::engine::window::Window;

mod lettered;

pub(crate) use lettered::{from_letter, with_digits_first};

/// Words in front of national numbers, of numbers whose own checksum lets too many others through.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "bsn", "burgerservicenummer", "sofinummer", "nhs", "aadhaar", "aadhar", "uidai", "sin", "insurance", "tfn",
    "nif", "contribuinte", "personnummer", "personnr", "cpr", "fødselsnummer", "hetu", "svnr",
    "sozialversicherungsnummer", "versicherungsnummer", "steuer-id", "steuerid", "steueridentifikationsnummer",
    "identifikationsnummer", "idnr", "pesel", "cpf", "national", "identity", "citizen", "identification", "dni",
    "cédula", "cedula", "rut", "mynumber", "personal", "egn", "personalnummer", "sécurité", "sociale", "nir",
    "insee", "tax", "id", "steuer", "medicare", "cnp", "tckn", "kimlik", "curp", "nino", "ssnr", "nss", "imss", "social", "rodné", "číslo", "codice", "fiscale", "ahv", "avs", "personbeteckning",
    "henkilötunnus", "cpr-nummer", "cpr-nr", "nif", "nie", "niss", "insz", "rijksregisternummer", "rrn",
];

/// Numbers made of digits only.
pub(crate) fn is_number(window: &Window<'_>, at: usize, cut: &Cut<'_>) -> bool {
    if cut.joints.contains(&b'/') && cut.sizes != [6, 4] {
        return false;
    }
    let sizes = cut.sizes.as_slice();
    let digits = cut.digits;
    let strong = match digits.len() {
        10 => {
            (sizes == [6, 4] && cut.joined_by(b'-') && swedish(digits))
                || (sizes == [6, 4] && cut.joined_by(b'/') && czech(digits))
        }
        11 => {
            (matches!(sizes, [3, 3, 3, 2]) && cpf(digits))
                || (matches!(sizes, [2, 2, 2, 3, 2]) && belgian(digits))
                || (matches!(sizes, [11])
                    && (pesel(digits)
                        || cpf(digits)
                        || norwegian(digits)
                        || turkish(digits)
                        || belgian(digits)))
                || (matches!(sizes, [6, 5]) && norwegian(digits))
                || (matches!(sizes, [2, 3, 3, 3]) && steuer(digits))
        }
        12 => {
            (matches!(sizes, [4, 4, 4]) && aadhaar(digits))
                || (matches!(sizes, [8, 4]) && cut.joined_by(b'-') && swedish(&digits[2..]))
        }
        13 => {
            (matches!(sizes, [3, 4, 4, 2]) && swiss(digits))
                || (matches!(sizes, [13]) && swiss(digits))
                || (matches!(sizes, [6, 7]) && cut.joined_by(b'-') && korean(digits))
                || (matches!(sizes, [1, 2, 2, 2, 3, 3]) && french_body(digits))
        }
        15 => matches!(sizes, [15] | [13, 2] | [1, 2, 2, 2, 3, 3, 2]) && french(digits),
        18 => matches!(sizes, [18]) && chinese(digits, false),
        _ => false,
    };
    if strong {
        return says(window, at, WORDS)
            || said(window, at, phone::WORDS) != Said::Yes && said(window, at, &[]) != Said::Other;
    }
    weak(sizes, digits) && says(window, at, WORDS)
}

/// Numbers that only count behind a word.
fn weak(sizes: &[usize], digits: &[u8]) -> bool {
    match digits.len() {
        9 => {
            matches!(sizes, [9] | [3, 3, 3] | [4, 2, 3] | [2, 3, 2, 2])
                && (weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2, 0]) % 11 == u32::from(digits[8])
                    || luhn(digits)
                    || portuguese(digits)
                    || weighted(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11))
        }
        10 => {
            let date = is_day(pair(digits, 2), pair(digits, 0))
                || is_day(pair(digits, 2) % 20, pair(digits, 4));
            (matches!(sizes, [3, 3, 4] | [10]) && nhs(digits))
                || (matches!(sizes, [6, 4] | [10]) && (date || swedish(digits)))
                || (matches!(sizes, [4, 6] | [10]) && is_day(pair(digits, 6), pair(digits, 4)))
        }
        11 => matches!(sizes, [11]) && (steuer(digits) || luhn(digits)),
        12 => {
            (matches!(sizes, [12])
                && (aadhaar(digits) || my_number(digits) || swedish(&digits[2..])))
                || (matches!(sizes, [4, 4, 4]) && my_number(digits))
        }
        13 => matches!(sizes, [13]) && (romanian(digits) || south_african(digits)),
        _ => false,
    }
}

/// Sweden: a date and a Luhn digit; 60 is added to the day of coordination numbers.
fn swedish(digits: &[u8]) -> bool {
    let day = pair(digits, 4);
    is_day(pair(digits, 2), if day > 60 { day - 60 } else { day }) && luhn(digits)
}

/// Czechia and Slovakia: a date with 50 added to the month of women, divisible by eleven.
fn czech(digits: &[u8]) -> bool {
    let month = pair(digits, 2);
    is_day(month % 50 % 20, pair(digits, 4)) && value(digits).is_multiple_of(11)
}

/// Brazil: two check digits.
fn cpf(digits: &[u8]) -> bool {
    let check = |count: usize| {
        let sum: u32 = digits[..count]
            .iter()
            .zip((2..=11).rev().skip(10 - count))
            .map(|(d, w): (&u8, u32)| u32::from(*d) * w)
            .sum();
        let rest = sum * 10 % 11;
        u32::from(digits[count]) == if rest == 10 { 0 } else { rest }
    };
    digits.iter().any(|d| *d != digits[0]) && check(9) && check(10)
}

/// Poland: a date with the century in the month, and a weighted digit.
fn pesel(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    is_day(pair(digits, 2) % 20, pair(digits, 4)) && (10 - sum % 10) % 10 == u32::from(digits[10])
}

/// Norway: a date and two check digits.
fn norwegian(digits: &[u8]) -> bool {
    let day = pair(digits, 0);
    let first = weighted(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
    let second = weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    is_day(pair(digits, 2), if day > 40 { day - 40 } else { day })
        && first.is_multiple_of(11)
        && second.is_multiple_of(11)
}

/// Türkiye: two check digits.
fn turkish(digits: &[u8]) -> bool {
    let odd = weighted(digits, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(digits, &[0, 1, 0, 1, 0, 1, 0, 1]);
    let all: u32 = digits[..10].iter().map(|d| u32::from(*d)).sum();
    digits[0] != 0
        && (odd * 7 + 100 - even) % 10 == u32::from(digits[9])
        && all % 10 == u32::from(digits[10])
}

/// Belgium: a date and 97 minus the rest; a 2 goes in front for those born since 2000.
fn belgian(digits: &[u8]) -> bool {
    let body = value(&digits[..9]);
    let check = u64::from(pair(digits, 9));
    is_day(pair(digits, 2), pair(digits, 4))
        && (97 - body % 97 == check || 97 - (body + 2_000_000_000) % 97 == check)
}

/// Germany: one digit two or three times among the first ten, ISO 7064.
fn steuer(digits: &[u8]) -> bool {
    let mut counts = [0; 10];
    for digit in &digits[..10] {
        counts[usize::from(*digit)] += 1;
    }
    let repeated = counts.iter().filter(|n| **n > 1).count();
    digits[0] != 0 && repeated == 1 && counts.iter().all(|n| *n <= 3) && mod_11_10(digits)
}

fn aadhaar(digits: &[u8]) -> bool {
    digits[0] >= 2 && verhoeff(digits)
}

/// Japan: a check digit from weights two to seven.
fn my_number(digits: &[u8]) -> bool {
    let rest = weighted(digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    u32::from(digits[11]) == if rest <= 1 { 0 } else { 11 - rest }
}

/// Switzerland: an EAN-13 that begins with 756.
fn swiss(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    digits.starts_with(&[7, 5, 6]) && sum.is_multiple_of(10)
}

fn romanian(digits: &[u8]) -> bool {
    let rest = weighted(digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    (1..=8).contains(&digits[0])
        && is_day(pair(digits, 3), pair(digits, 5))
        && u32::from(digits[12]) == if rest == 10 { 1 } else { rest }
}

fn south_african(digits: &[u8]) -> bool {
    is_day(pair(digits, 2), pair(digits, 4)) && digits[10] <= 1 && luhn(digits)
}

fn korean(digits: &[u8]) -> bool {
    is_day(pair(digits, 2), pair(digits, 4)) && (1..=4).contains(&digits[6])
}

/// France without the key: sex, year, month, department.
fn french_body(digits: &[u8]) -> bool {
    matches!(digits[0], 1 | 2) && (1..=12).contains(&pair(digits, 3)) && pair(digits, 5) <= 99
}

fn french(digits: &[u8]) -> bool {
    french_body(digits) && 97 - value(&digits[..13]) % 97 == u64::from(pair(digits, 13))
}

/// China: region, date, and a check character that may be X.
fn chinese(digits: &[u8], ten: bool) -> bool {
    let sum = weighted(
        digits,
        &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2],
    );
    let check = (12 - sum % 11) % 11;
    let last = if ten { 10 } else { u32::from(digits[17]) };
    matches!(pair(digits, 6), 19 | 20)
        && is_day(pair(digits, 10), pair(digits, 12))
        && check == last
}

fn nhs(digits: &[u8]) -> bool {
    let rest = 11 - weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    rest != 10 && u32::from(digits[9]) == rest % 11
}

fn portuguese(digits: &[u8]) -> bool {
    let rest = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    u32::from(digits[8]) == if rest < 2 { 0 } else { 11 - rest }
}
