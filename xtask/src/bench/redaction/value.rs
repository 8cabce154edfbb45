//! Values that are the same everywhere, and numbers with checksums.

use crate::bench::redaction::random::Random;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";
const MIXED: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

pub fn card(random: &mut Random) -> String {
    let pattern = *random.pick(&[
        "4###############",
        "51##############",
        "55##############",
        "2221############",
        "34#############",
        "37#############",
        "6011############",
        "65##############",
        "36############",
        "3528############",
    ]);
    let mut text = random.fill(pattern);
    text.pop();
    let sum: u32 = text
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| doubled(b, i % 2 == 0))
        .sum();
    text.push_str(&((10 - sum % 10) % 10).to_string());
    match (text.len(), random.below(3)) {
        (16, 0) => grouped(&text, " "),
        (16, 1) => grouped(&text, "-"),
        _ => text,
    }
}

/// A digit's share of Luhn's sum.
fn doubled(digit: u8, doubles: bool) -> u32 {
    let digit = u32::from(digit - b'0') * if doubles { 2 } else { 1 };
    digit / 10 + digit % 10
}

/// `text` in groups of four.
fn grouped(text: &str, joint: &str) -> String {
    let parts: Vec<String> = text
        .as_bytes()
        .chunks(4)
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect();
    parts.join(joint)
}

/// An account number of `country`, whose form behind the checksum is `pattern`.
pub fn iban(random: &mut Random, country: &str, pattern: &str) -> String {
    let body = random.fill(pattern);
    let rest = format!("{body}{country}00")
        .bytes()
        .fold(0_u32, |rest, b| match b {
            b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
            _ => (rest * 100 + u32::from(b - b'A') + 10) % 97,
        });
    let whole = format!("{country}{:02}{body}", 98 - rest);
    if random.chance(40) {
        grouped(&whole, " ")
    } else {
        whole
    }
}

pub fn ssn(random: &mut Random) -> String {
    let area = match 1 + random.below(898) {
        666 => 667,
        area => area,
    };
    let (group, serial) = (1 + random.below(99), 1 + random.below(9_999));
    format!("{area:03}-{group:02}-{serial:04}")
}

fn weighted(digits: &str, weights: &[u32]) -> u32 {
    digits
        .bytes()
        .zip(weights)
        .map(|(d, w)| u32::from(d - b'0') * w)
        .sum()
}

/// Year, month and day with two digits each.
fn date(random: &mut Random) -> String {
    let (year, month, day) = (random.below(99), 1 + random.below(12), 1 + random.below(28));
    format!("{year:02}{month:02}{day:02}")
}

/// The number by which the state of a locale knows a person.
pub fn national(random: &mut Random, locale: &str) -> String {
    match locale {
        "es" => {
            let number = random.below(100_000_000);
            let letter = char::from(b"TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]);
            format!("{number:08}{letter}")
        }
        "pl" => {
            let body = date(random) + &random.fill("####");
            let sum = weighted(&body, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
            format!("{body}{}", (10 - sum % 10) % 10)
        }
        "sv" => {
            let body = date(random) + &random.fill("###");
            let digits = body.bytes().enumerate();
            let sum: u32 = digits.map(|(i, b)| doubled(b, i % 2 == 0)).sum();
            format!("{}-{}{}", &body[..6], &body[6..], (10 - sum % 10) % 10)
        }
        "fr" => {
            let (year, month) = (random.below(100), 1 + random.below(12));
            let body = format!("{}{year:02}{month:02}75", 1 + random.below(2));
            let body = body + &random.fill("######");
            let number: u64 = body.parse().unwrap_or_default();
            format!("{body}{:02}", 97 - number % 97)
        }
        "nl" => loop {
            let body = random.fill("%#######");
            let rest = weighted(&body, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            if rest < 10 {
                break format!("{body}{rest}");
            }
        },
        "pt" => {
            let body = random.fill("2#######");
            let rest = weighted(&body, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            format!("{body}{}", if rest < 2 { 0 } else { 11 - rest })
        }
        "de" => german(random),
        "it" => italian(random),
        _ => {
            let head = *random.pick(&["AB", "CE", "JK", "PW", "SR", "YZ"]);
            let last = *random.pick(&["A", "B", "C", "D"]);
            format!("{head}{}{last}", random.fill("######"))
        }
    }
}

/// Ten digits of which one occurs twice, and the check digit of ISO 7064.
fn german(random: &mut Random) -> String {
    let mut digits: Vec<u32> = (0..10).collect();
    for i in (1..10).rev() {
        digits.swap(i, random.below(i + 1));
    }
    digits[9] = digits[1];
    if digits[0] == 0 {
        digits.swap(0, 2);
    }
    let product = digits.iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    let body: String = digits.iter().map(u32::to_string).collect();
    format!("{body}{}", (11 - product) % 10)
}

/// Name, date and place, and a letter over odd and even places.
fn italian(random: &mut Random) -> String {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let (name, month) = (
        random.text("BCDFGLMNPRSTVZ", 6),
        random.text("ABCDEHLMPRST", 1),
    );
    let day = 1 + random.below(28) + if random.chance(50) { 40 } else { 0 };
    let body = format!(
        "{name}{}{month}{day:02}{}",
        random.fill("##"),
        random.fill("H###")
    );
    let place = |b: u8| {
        u32::from(if b.is_ascii_digit() {
            b - b'0'
        } else {
            b - b'A'
        })
    };
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(i, b)| match (i % 2, usize::try_from(place(b))) {
            (0, Ok(odd)) => ODD[odd],
            _ => place(b),
        })
        .sum();
    let check = u8::try_from(sum % 26).unwrap_or_default();
    format!("{body}{}", char::from(b'A' + check))
}

pub fn address_of_machine(random: &mut Random) -> String {
    if random.chance(70) {
        let parts = (0..4).map(|_| (1 + random.below(254)).to_string());
        return parts.collect::<Vec<_>>().join(".");
    }
    let parts = (0..8).map(|_| random.text("0123456789abcdef", 4));
    parts.collect::<Vec<_>>().join(":")
}

pub fn key(random: &mut Random) -> String {
    let (head, alphabet, count) = *random.pick(&[
        ("AKIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
        ("ghp_", MIXED, 36),
        ("github_pat_", MIXED, 82),
        ("glpat-", MIXED, 20),
        ("sk-proj-", MIXED, 48),
        ("sk-ant-api03-", MIXED, 95),
        ("sk_live_", MIXED, 24),
        ("rk_live_", MIXED, 24),
        ("AIza", MIXED, 35),
        ("npm_", MIXED, 36),
        ("hf_", LETTERS, 34),
        ("dop_v1_", "0123456789abcdef", 64),
    ]);
    format!("{head}{}", random.text(alphabet, count))
}

pub fn jwt(random: &mut Random) -> String {
    let (claims, signature) = (random.text(MIXED, 30), random.text(MIXED, 43));
    format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOi{claims}.{signature}")
}

pub fn secret(random: &mut Random) -> String {
    random.text("abcdefghkmnpqrstuvwxyzABCDEFGHKMNPQRSTUVWXYZ23456789!%#", 9)
        + &random.text(LETTERS, 1)
        + &random.text(DIGITS, 2)
}

pub fn connection(random: &mut Random) -> String {
    let (scheme, place) = *random.pick(&[
        ("postgres", "db.internal:5432/app"),
        ("postgresql", "10.3.0.7/orders"),
        ("mysql", "mysql.example.net:3306/shop"),
        ("mongodb+srv", "cluster0.ab1cd.mongodb.net/prod"),
        ("redis", "cache:6379/0"),
        ("amqps", "mq.example.org:5671/vhost"),
    ]);
    let user = *random.pick(&["app", "svc_orders", "admin", "reporting"]);
    format!("{scheme}://{user}:{}@{place}", random.text(MIXED, 14))
}

pub fn credentials(random: &mut Random) -> String {
    let user = *random.pick(&["deploy", "ci-bot", "jenkins", "backup"]);
    format!("{user}:{}", random.text(MIXED, 16))
}

pub fn pem(random: &mut Random) -> String {
    let kind = *random.pick(&["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"]);
    let count = 3 + random.below(12);
    let lines: Vec<String> = (0..count).map(|_| random.text(MIXED, 64)).collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----",
        lines.join("\n")
    )
}
