//! Runs of digits in groups, read once for cards, social security, national and telephone numbers.

use crate::Entity;
use crate::detector::checksum::luhn;
use crate::detector::context::{Said, said, says};
use crate::detector::{Best, national, phone};
use crate::engine::window::Window;

/// Most digits that are read; nothing looked for has more.
const MOST_DIGITS: usize = 24;
const MOST_GROUPS: usize = 8;

/// Digits in groups that single separators join.
#[derive(Debug, Default)]
pub(crate) struct Number {
    digits: [u8; MOST_DIGITS],
    groups: usize,
    /// Digits up to the end of each group, and where it ends.
    ends: [(usize, usize); MOST_GROUPS],
    /// The separator behind each group.
    joints: [u8; MOST_GROUPS],
}

/// The first groups of a number.
pub(crate) struct Cut<'n> {
    pub digits: &'n [u8],
    pub sizes: Vec<usize>,
    pub joints: &'n [u8],
    pub end: usize,
}

impl Number {
    /// Reads the number at `at`, nothing if a single group is longer than any number looked for.
    pub fn read(window: &Window<'_>, at: usize) -> Option<Self> {
        let mut number = Self::default();
        let (mut place, mut count) = (at, 0);
        while number.groups < MOST_GROUPS {
            let group = place;
            while window.byte(place).is_ascii_digit() {
                if count == MOST_DIGITS {
                    return (number.groups > 0).then_some(number);
                }
                number.digits[count] = window.byte(place) - b'0';
                count += 1;
                place += 1;
            }
            if place == group {
                break;
            }
            let joint = window.byte(place);
            number.ends[number.groups] = (count, place);
            number.joints[number.groups] = joint;
            number.groups += 1;
            if !matches!(joint, b' ' | b'-' | b'.' | b'/') {
                break;
            }
            place += 1;
            // 04/ 969 84 44
            place += usize::from(joint == b'/' && window.byte(place) == b' ');
        }
        (number.groups > 0).then_some(number)
    }

    /// The first `groups` groups, if the number can end there: no letter and no further group follows directly.
    pub fn cut(&self, window: &Window<'_>, groups: usize) -> Option<Cut<'_>> {
        let (digits, end) = self.ends[groups - 1];
        let next = window.byte(end);
        let goes_on =
            matches!(next, b'-' | b'.' | b'/' | b':') && window.byte(end + 1).is_ascii_digit();
        let ends = window.word_ends(end) || phone::has_extension(window, end);
        if goes_on || next == b'_' || !ends {
            return None;
        }
        let mut from = 0;
        let sizes = self.ends[..groups]
            .iter()
            .map(|(count, _)| {
                let size = count - from;
                from = *count;
                size
            })
            .collect();
        Some(Cut {
            digits: &self.digits[..digits],
            sizes,
            joints: &self.joints[..groups - 1],
            end,
        })
    }

    pub fn groups(&self) -> usize {
        self.groups
    }
}

impl Cut<'_> {
    /// Whether every separator is this one.
    pub fn joined_by(&self, joint: u8) -> bool {
        self.joints.iter().all(|j| *j == joint)
    }

    /// Whether all separators are the same, one of `joints`.
    pub fn joined_alike(&self, joints: &[u8]) -> bool {
        self.joints
            .first()
            .is_none_or(|first| joints.contains(first) && self.joined_by(*first))
    }
}

/// Everything that begins with a digit and is made of digits.
pub(crate) fn detect(window: &Window<'_>, at: usize, best: &mut Best) {
    if !stands_free(window, at) {
        return;
    }
    national::with_digits_first(window, at, best);
    let Some(number) = Number::read(window, at) else {
        return;
    };
    for groups in 1..=number.groups() {
        let Some(cut) = number.cut(window, groups) else {
            continue;
        };
        if cut.digits.len() < 6 {
            continue;
        }
        if is_card(window, at, &cut) {
            best.offer_end(Entity::CreditCard, at, Some(cut.end));
        }
        if is_ssn(window, at, &cut) {
            best.offer_end(Entity::UsSsn, at, Some(cut.end));
        }
        if national::is_number(window, at, &cut) {
            best.offer_end(Entity::NationalId, at, Some(cut.end));
        }
        if let Some(end) = phone::domestic(window, at, &cut) {
            best.offer_end(Entity::Phone, at, Some(end));
        }
    }
}

/// Whether a number can begin at `at`: no letter in front, and it does not continue another number.
pub(crate) fn stands_free(window: &Window<'_>, at: usize) -> bool {
    let before = window.before(at);
    if !window.word_starts(at) {
        return false;
    }
    if matches!(before, b'.' | b'-' | b'/' | b'+') && at >= 2 {
        let further = window.byte(at - 2);
        if further.is_ascii_digit() {
            return false;
        }
        if before == b'-' && is_uuid_part(window, at) {
            return false;
        }
    }
    !matches!(before, b'$' | 0xa3 | 0xac | b'#' | b'%') || says_number(window, at)
}

/// A sum of money or a number sign is no person's number, except `phone #555…`.
fn says_number(window: &Window<'_>, at: usize) -> bool {
    window.before(at) == b'#' && says(window, at, &["phone", "tel", "ssn", "card", "account"])
}

/// Four hexadecimal digits between hyphens in front: the last part of a UUID.
fn is_uuid_part(window: &Window<'_>, at: usize) -> bool {
    at >= 6
        && window.byte(at - 6) == b'-'
        && (at - 5..at - 1).all(|i| window.byte(i).is_ascii_hexdigit())
}

#[rustfmt::skip]
const CARD_WORDS: &[&str] = &[
    "card", "cards", "credit", "debit", "visa", "mastercard", "maestro", "amex", "jcb", "discover", "karte",
    "kreditkarte", "carte", "tarjeta", "carta", "kaart", "creditcard", "cartão", "karta", "kort", "kortnummer",
    "kartennummer", "kartą", "card_number", "pan",
];

fn is_card(window: &Window<'_>, at: usize, cut: &Cut<'_>) -> bool {
    let printed = match cut.sizes.as_slice() {
        [12..=19] => true,
        [4, 4, 4] | [4, 4, 4, 3 | 4] | [4, 4, 4, 4, 3] | [4, 6, 2 | 4 | 5] => {
            cut.joined_alike(b" -.")
        }
        _ => false,
    };
    printed
        && luhn(cut.digits)
        && (cut.digits.len() >= 13 && fits_brand(cut.digits)
            || cut.digits[0] < 7 && says(window, at, CARD_WORDS))
}

/// The ranges and lengths of the brands (ISO/IEC 7812 issuer numbers as the brands publish them).
fn fits_brand(digits: &[u8]) -> bool {
    let first = |count: usize| {
        digits[..count]
            .iter()
            .fold(0_u32, |all, d| all * 10 + u32::from(*d))
    };
    let length = digits.len();
    match (first(2), first(4)) {
        (40..=49, _) => matches!(length, 13 | 16 | 19),
        (51..=55, _) | (_, 2200..=2204 | 2221..=2720) => length == 16,
        (34 | 37, _) => length == 15,
        (60 | 64 | 65, _) => first(4) == 6011 || first(3) >= 644 || first(2) == 60 && length == 16,
        (36 | 38 | 39, _) | (_, 3000..=3059 | 3095) => matches!(length, 14 | 16),
        (62 | 81, _) | (_, 3528..=3589) => (16..=19).contains(&length),
        (_, 2131 | 1800) => length == 15,
        (_, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763) => length >= 13,
        _ => false,
    }
}

const SSN_WORDS: &[&str] = &[
    "ssn", "social", "security", "ssns", "itin", "taxpayer", "tin",
];

fn is_ssn(window: &Window<'_>, at: usize, cut: &Cut<'_>) -> bool {
    if cut.digits.len() != 9 {
        return false;
    }
    let number = |from: usize, to: usize| crate::detector::checksum::value(&cut.digits[from..to]);
    let (area, group, serial) = (number(0, 3), number(3, 5), number(5, 9));
    // 900 to 999 are taxpayer numbers (ITIN), whose groups are 50 and above.
    let assigned =
        !matches!(area, 0 | 666) && (area < 900 || group >= 50) && group > 0 && serial > 0;
    match (cut.sizes.as_slice(), cut.joints) {
        ([3, 2, 4], b"--") => {
            !matches!(area, 0 | 666) && group > 0 && said(window, at, SSN_WORDS) != Said::Other
        }
        ([3, 2, 4], _) => assigned && cut.joined_alike(b" .") && says(window, at, SSN_WORDS),
        ([9], _) => assigned && says(window, at, SSN_WORDS),
        _ => false,
    }
}
