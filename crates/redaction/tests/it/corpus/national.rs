//! Valid national numbers, each by its published rule.

use super::source::Source;
use super::values::{date, digit, grouped, luhn_digit, remainder};

/// A national number, and the words that people use for it.
#[expect(clippy::too_many_lines, reason = "a table with one arm for each kind")]
pub(crate) fn national(s: &mut Source) -> (&'static str, String) {
    let (year, month, day) = date(s);
    let yy = year % 100;
    match s.number() % 14 {
        0 => loop {
            let text = s.shape("^^######");
            let bad = |c: char| "DFIQUV".contains(c);
            let head = &text[..2];
            if !head.contains(bad)
                && !head.ends_with('O')
                && !["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(&head)
            {
                let end = s.pick(&["A", "B", "C", "D"]);
                let all = format!("{text}{end}");
                let all = if s.chance(50) {
                    grouped(&all, &[2, 2, 2, 2, 1], " ")
                } else {
                    all
                };
                return ("National Insurance number", all);
            }
        },
        1 => {
            let body = s.digits(8);
            let letter = &"TRWAGMYFPDXBNJZSQVHLCKE"
                [usize::try_from(remainder(&body, 23)).expect("small")..][..1];
            ("DNI", format!("{body}{letter}"))
        }
        2 => {
            let first = s.between(0, 2);
            let body = s.digits(7);
            let at = usize::try_from(remainder(&format!("{first}{body}"), 23)).expect("small");
            let head = ["X", "Y", "Z"][usize::try_from(first).expect("small")];
            (
                "NIE",
                format!("{head}{body}{}", &"TRWAGMYFPDXBNJZSQVHLCKE"[at..=at]),
            )
        }
        3 => {
            let body = format!(
                "{}{yy:02}{month:02}{:02}{}",
                s.between(1, 2),
                s.between(1, 95),
                s.digits(6)
            );
            let all = format!("{body}{:02}", 97 - remainder(&body, 97));
            let all = if s.chance(50) {
                grouped(&all, &[1, 2, 2, 2, 3, 3, 2], " ")
            } else {
                all
            };
            ("numéro de sécurité sociale", all)
        }
        4 => {
            // Ten digits of which exactly one comes twice.
            let mut pool: Vec<u64> = (0..10).collect();
            for i in (1..10_usize).rev() {
                pool.swap(
                    i,
                    usize::try_from(s.number() % (i as u64 + 1)).expect("small"),
                );
            }
            if pool[0] == 0 {
                pool.swap(0, 5);
            }
            pool[9] = pool[3];
            let body: String = pool.iter().map(u64::to_string).collect();
            let mut product = 10;
            for i in 0..10 {
                let mut sum = (digit(&body, i) + product) % 10;
                if sum == 0 {
                    sum = 10;
                }
                product = sum * 2 % 11;
            }
            let check = (11 - product) % 10;
            let all = format!("{body}{check}");
            (
                "Steuer-ID",
                if s.chance(50) {
                    grouped(&all, &[2, 3, 3, 3], " ")
                } else {
                    all
                },
            )
        }
        5 => loop {
            let body = s.digits(8);
            let sum: i64 = (0..8)
                .map(|i| digit(&body, i) * (9 - i64::try_from(i).expect("small")))
                .sum();
            if sum % 11 < 10 {
                return ("BSN", format!("{body}{}", sum % 11));
            }
        },
        6 => {
            let mut all = s.digits(9);
            for _ in 0..2 {
                let n = all.len();
                let sum: i64 = (0..n)
                    .map(|i| digit(&all, i) * i64::try_from(n + 1 - i).expect("small"))
                    .sum();
                let rest = sum % 11;
                all.push_str(&(if rest < 2 { 0 } else { 11 - rest }).to_string());
            }
            let pretty = format!("{}.{}.{}-{}", &all[..3], &all[3..6], &all[6..9], &all[9..]);
            ("CPF", if s.chance(70) { pretty } else { all })
        }
        7 => {
            // The check digit that makes Verhoeff's sum zero, by the tables of his thesis.
            const D: [&str; 10] = [
                "0123456789",
                "1234067895",
                "2340178956",
                "3401289567",
                "4012395678",
                "5987604321",
                "6598710432",
                "7659821043",
                "8765932104",
                "9876543210",
            ];
            const P: [&str; 8] = [
                "0123456789",
                "1576283094",
                "5803796142",
                "8916043527",
                "9453126870",
                "4286573901",
                "2793806415",
                "7046913258",
            ];
            let body = format!("{}{}", s.between(2, 9), s.digits(10));
            let check = (0..10)
                .find(|check| {
                    let all = format!("{body}{check}");
                    let mut c = 0_usize;
                    for i in 0..all.len() {
                        let d = usize::try_from(digit(&all, all.len() - 1 - i)).expect("a digit");
                        let p = usize::try_from(digit(P[i % 8], d)).expect("a digit");
                        c = usize::try_from(digit(D[c], p)).expect("a digit");
                    }
                    c == 0
                })
                .expect("one of ten");
            (
                "Aadhaar",
                grouped(&format!("{body}{check}"), &[4, 4, 4], " "),
            )
        }
        8 => {
            let body = format!("{yy:02}{month:02}{day:02}{}", s.digits(4));
            let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];
            let sum: i64 = (0..10).map(|i| digit(&body, i) * weights[i]).sum();
            ("PESEL", format!("{body}{}", (10 - sum % 10) % 10))
        }
        9 => {
            let body = format!("{yy:02}{month:02}{day:02}{}", s.digits(3));
            let all = format!("{body}{}", luhn_digit(&body));
            ("personnummer", format!("{}-{}", &all[..6], &all[6..]))
        }
        10 => {
            let body = format!(
                "{}{yy:02}{}{:02}^###",
                s.shape("^^^^^^"),
                s.pick(&["A", "B", "C", "D", "E", "H", "L", "M", "P", "R", "S", "T"]),
                day
            );
            let body = s
                .shape(&body.replace("^###", "^~"))
                .replace('~', &s.digits(3));
            let odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
            let odd_letters = [
                1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22,
                25, 24, 23,
            ];
            let sum: usize = body
                .bytes()
                .enumerate()
                .map(|(i, b)| {
                    let (v, letter) = if b.is_ascii_digit() {
                        (usize::from(b - b'0'), false)
                    } else {
                        (usize::from(b - b'A'), true)
                    };
                    match (i % 2, letter) {
                        (1, _) => v,
                        (_, true) => odd_letters[v],
                        (_, false) => odd[v],
                    }
                })
                .sum();
            let last = char::from(b'A' + u8::try_from(sum % 26).expect("small"));
            ("codice fiscale", format!("{body}{last}"))
        }
        11 => {
            let body = format!("756{}", s.digits(9));
            let sum: i64 = (0..12)
                .map(|i| digit(&body, i) * if i % 2 == 0 { 1 } else { 3 })
                .sum();
            (
                "AHV number",
                grouped(
                    &format!("{body}{}", (10 - sum % 10) % 10),
                    &[3, 4, 4, 2],
                    ".",
                ),
            )
        }
        12 => loop {
            let body = s.digits(9);
            let sum: i64 = (0..9)
                .map(|i| digit(&body, i) * (10 - i64::try_from(i).expect("small")))
                .sum();
            let check = (11 - sum % 11) % 11;
            if check != 10 {
                return (
                    "NHS number",
                    grouped(&format!("{body}{check}"), &[3, 3, 4], " "),
                );
            }
        },
        _ => {
            let body = format!(
                "{}{}{}",
                s.digits(6),
                year,
                format_args!("{month:02}{day:02}{}", s.digits(3))
            );
            let sum: i64 = (0..17)
                .map(|i| digit(&body, i) * (2_i64.pow(u32::try_from(17 - i).expect("small")) % 11))
                .sum();
            let check = (12 - sum % 11) % 11;
            let last = if check == 10 {
                "X".to_owned()
            } else {
                check.to_string()
            };
            ("resident identity number", format!("{body}{last}"))
        }
    }
}
