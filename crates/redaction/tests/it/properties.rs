//! What holds for any text.

use clasper_redaction::{HashKey, Redactor, Strategy as Replacement};
use proptest::prelude::*;

/// Pieces of values in an order chosen by the generator: far likelier to meet a detector than random characters.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "bob@example.com",
            "123-45-6789",
            "4111 1111 1111 1111",
            "4111111111111111",
            "10.0.0.1",
            "555-123-4567",
            "+1 555 123 4567",
            "(555) 123-4567",
            "password",
            "pwd=",
            ": ",
            "=",
            "\"",
            "'",
            "\\\"",
            "api_key=",
            "token=",
            "http://",
            "a:b@",
            "@",
            ".",
            "-",
            " ",
            "\n",
            "[",
            "]",
            "[EMAIL]",
            "[SECRET]",
            "[SSN#",
            "version ",
            "phone ",
            "5551234567",
            "sk-",
            "abcdefghijklmnopqrstuv1",
            "AKIAIOSFODNN7EXAMPLE",
            "Bearer ",
            "ä",
            "😀",
            "1",
            "12",
            "v",
            "eyJhbGciOiJI.eyJzdWIiOiIx.c2ln",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "Dr. ",
            "Maria Garcia",
            "12 Main Street",
            "Address: ",
            "wohne in ",
            "Hauptstraße 5/2",
            "Calle Mayor 9 Piso 3 ",
            ", 10115 Berlin",
            ", Springfield, IL 62704",
            "Flat 9, Kevin Hollow",
            "spoke to ",
            "Václav Kučera",
            "Bart De Meyer",
            "759.348.1186x7190",
            "1 (917) 493-1563",
            "\\n",
            "\\u00e4",
            "\\u0040",
            "{\"a\":\"",
            "born on ",
            "1985-03-12",
            "DE89 3704 0044 0532 0130 00",
            "2001:db8::1",
            "\u{200b}",
            "\u{ff11}",
            " [at] ",
            "[dot]",
            "\\n",
            "postgres://",
            "Server=a;",
            "Password=b;",
            "550e8400-e29b-41d4-a716-446655440000",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,4}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|all| all.concat())
}

pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), pieces()]
}

/// Text whose end and beginning do not continue a number or word.
fn framed(value: impl Strategy<Value = String>) -> impl Strategy<Value = (String, String)> {
    let edge = || proptest::sample::select(vec![" ", "\n", "\"", "(", ",", "東", "]", "|"]);
    (any_text(), edge(), value, edge(), any_text()).prop_map(
        |(before, left, value, right, after)| {
            (format!("{before}{left}{value}{right}{after}"), value)
        },
    )
}

fn card() -> impl Strategy<Value = String> {
    let shape = proptest::sample::select(vec!["", " ", "-"]);
    ("(4[0-9]|5[1-5]|60)[0-9]{13}", shape).prop_map(|(body, joint)| {
        let digits: Vec<u32> = body.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(i, d)| {
                if i % 2 == 0 {
                    d * 2 / 10 + d * 2 % 10
                } else {
                    *d
                }
            })
            .sum();
        let all = format!("{body}{}", (10 - sum % 10) % 10);
        [&all[..4], &all[4..8], &all[8..12], &all[12..]].join(joint)
    })
}

fn strategies() -> [Replacement; 3] {
    [
        Replacement::Mask,
        Replacement::Hash {
            key: HashKey::new("key"),
        },
        Replacement::Drop,
    ]
}

/// The standard redactor, compiled once.
pub(crate) fn shared() -> Redactor {
    REDACTOR.with(Clone::clone)
}

fn leaks(text: &str, value: &str) -> bool {
    let redactor = REDACTOR.with(Clone::clone);
    strategies().into_iter().any(|s| {
        redactor
            .clone()
            .with_strategy(s)
            .redact(text)
            .text
            .contains(value)
    })
}

thread_local! {
    /// Building the lists once is enough.
    static REDACTOR: Redactor = Redactor::standard();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_found_value_is_in_the_result(text in any_text()) {
        let characters: Vec<char> = text.chars().collect();
        for strategy in strategies() {
            let redacted = shared().with_strategy(strategy).redact(&text);
            for finding in &redacted.findings {
                let value: String = characters[finding.start..finding.end].iter().collect();
                let elsewhere = text.matches(&value).count() > 1;
                prop_assert!(value.len() < 6 || elsewhere || !redacted.text.contains(&value), "{} in {}", value, redacted.text);
            }
        }
    }

    #[test]
    fn findings_are_disjoint_sorted_and_tell_what_was_replaced(text in any_text()) {
        let redacted = REDACTOR.with(Clone::clone).redact(&text);
        let characters: Vec<char> = text.chars().collect();
        let mut rebuilt = String::new();
        let mut at = 0;
        for finding in &redacted.findings {
            prop_assert!(at <= finding.start && finding.start < finding.end && finding.end <= characters.len());
            rebuilt.extend(&characters[at..finding.start]);
            rebuilt.push_str(&finding.entity.mask());
            at = finding.end;
        }
        rebuilt.extend(&characters[at..]);
        prop_assert_eq!(redacted.text, rebuilt);
    }

    #[test]
    fn an_address_never_survives(before in any_text(), value in "[a-z0-9][a-z0-9._+-]{0,20}@[a-z0-9-]{0,10}[a-z0-9]\\.[a-z]{2,6}", after in any_text()) {
        let text = format!("{before}{value}{after}");
        prop_assert!(!leaks(&text, &value), "{}", text);
    }

    #[test]
    fn a_social_security_number_never_survives((text, value) in framed("[1-57-8][0-9]{2}-[1-9][0-9]-[1-9][0-9]{3}")) {
        let text = text.replace(|c: char| c.is_alphabetic(), "|");
        prop_assert!(!leaks(&text, &value), "{}", text);
    }

    #[test]
    fn a_card_never_survives((text, value) in framed(card())) {
        prop_assert!(!leaks(&text, &value), "{}", text);
    }

    #[test]
    fn a_key_never_survives((text, value) in framed("(sk-|pk-|ghp_)[A-Za-z0-9]{24,40}")) {
        prop_assert!(!leaks(&text, &value), "{}", text);
    }
}
