//! The check digits of cards, accounts and national numbers.

/// ISO/IEC 7812-1: payment cards and several national numbers.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| match (i % 2, u32::from(*d) * 2) {
            (0, doubled) => doubled / 2,
            (_, doubled) => doubled / 10 + doubled % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The sum of digits times weights; as many as there are weights.
pub(crate) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits
        .iter()
        .zip(weights)
        .map(|(d, w)| u32::from(*d) * w)
        .sum()
}

/// The digits as one number.
pub(crate) fn value(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0_u64, |all, d| all.wrapping_mul(10) + u64::from(*d))
}

/// Two digits as a number.
pub(crate) fn pair(digits: &[u8], at: usize) -> u32 {
    match digits.get(at..at + 2) {
        Some([tens, ones]) => u32::from(*tens) * 10 + u32::from(*ones),
        _ => 0,
    }
}

/// Whether day and month can be a date; the year is not looked at.
pub(crate) fn is_day(month: u32, day: u32) -> bool {
    let longest = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=longest).contains(&day)
}

/// Verhoeff's check over the dihedral group of order ten: Aadhaar.
pub(crate) fn verhoeff(digits: &[u8]) -> bool {
    const SHIFT: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut check = 0;
    for (i, digit) in digits.iter().rev().enumerate() {
        let mut moved = *digit;
        for _ in 0..i % 8 {
            moved = SHIFT[usize::from(moved % 10)];
        }
        check = dihedral(check, moved);
    }
    check == 0
}

/// The product in the dihedral group: 0 to 4 turn, 5 to 9 turn and flip.
fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// ISO 7064 MOD 11,10: German tax numbers.
pub(crate) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else {
        return false;
    };
    let product = body.iter().fold(10_u32, |product, d| {
        let sum = (u32::from(*d) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*check)
}

/// ISO 7064 MOD 97-10 over letters and digits, in the order they are checked in: IBAN.
pub(crate) fn mod_97(characters: impl Iterator<Item = u8>) -> bool {
    let rest = characters.fold(0_u32, |rest, c| match c {
        b'0'..=b'9' => (rest * 10 + u32::from(c - b'0')) % 97,
        _ => (rest * 100 + u32::from(c.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::{luhn, mod_11_10, mod_97, verhoeff};

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|b| b - b'0').collect()
    }

    #[test]
    fn published_examples_pass_and_their_neighbours_fail() {
        assert!(luhn(&digits("4111111111111111")) && !luhn(&digits("4111111111111112")));
        assert!(verhoeff(&digits("2363")) && !verhoeff(&digits("2364")));
        assert!(verhoeff(&digits("1428570")) && !verhoeff(&digits("1428750")));
        assert!(mod_11_10(&digits("86095742719")) && !mod_11_10(&digits("86095742718")));
        assert!(mod_97("WEST12345698765432GB82".bytes()));
        assert!(!mod_97("WEST12345698765432GB83".bytes()));
    }
}
