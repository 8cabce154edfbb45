//! Session keys and roles, with the tricks people try on them.

use std::path::{Component, Path};

use clasper_core::{Classify, ErrorKind};
use clasper_workspace::{Role, SessionKey, SessionKeyError};
use proptest::prelude::*;

#[test]
fn a_key_has_a_user_a_role_and_perhaps_a_thread() {
    let key = SessionKey::parse("user:auth0|42:Lead:web:7").expect("a valid key");
    assert_eq!(key.user().as_str(), "auth0|42");
    assert_eq!(key.role().as_str(), "lead");
    assert_eq!(key.thread(), Some("web:7"));
    assert_eq!(key.to_string(), "user:auth0|42:lead:web:7");
    assert_eq!(
        SessionKey::parse("user:u:r").expect("a valid key").thread(),
        None
    );
}

#[test]
fn what_is_wrong_is_named() {
    let check = |text: &str, fits: fn(&SessionKeyError) -> bool| {
        let error = SessionKey::parse(text).expect_err(text);
        assert!(fits(&error), "{text:?}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    };
    for text in ["", "user", "user:u", "user::"] {
        check(text, |e| {
            matches!(e, SessionKeyError::Parts | SessionKeyError::User(_))
        });
    }
    check("agent:u:lead", |e| matches!(e, SessionKeyError::Prefix));
    check("USER:u:lead", |e| matches!(e, SessionKeyError::Prefix));
    for user in [
        "",
        " ",
        "a/b",
        "a\\b",
        "..",
        "a\0",
        "a\nb",
        "a\u{2215}b",
        "a\u{202e}b",
        &"u".repeat(129),
    ] {
        check(&format!("user:{user}:lead"), |e| {
            matches!(e, SessionKeyError::User(_))
        });
    }
    for role in [
        "",
        ".",
        "..",
        "../../secret",
        "..%2fsecret",
        "a/b",
        "a\\b",
        "a\0",
        "a.md",
        "lead ",
        " lead",
        "-a",
        "_a",
        "é",
        "\u{2215}etc",
        "\u{ff0e}\u{ff0e}",
        "le\u{430}d",
        "\u{212a}",
        &"r".repeat(65),
    ] {
        check(&format!("user:u:{role}"), |e| {
            matches!(e, SessionKeyError::Role)
        });
    }
    for thread in ["", "..", "a/b", "a:", ":a", "a\0"] {
        check(&format!("user:u:lead:{thread}"), |e| {
            matches!(e, SessionKeyError::Thread(_))
        });
    }
    check(&"user:u:lead:t".repeat(100), |e| {
        matches!(e, SessionKeyError::TooLong)
    });
}

#[test]
fn errors_do_not_repeat_what_was_sent() {
    let error = SessionKey::parse("user:u:../../secret").expect_err("a path is no role");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[test]
fn roles_read_from_json_are_checked() {
    assert!(serde_norway::from_str::<Role>("lead").is_ok());
    assert!(serde_norway::from_str::<Role>("../lead").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_role_only_ever_names_a_file_in_souls(text in prop_oneof![any::<String>(), "[a-zA-Z0-9._/\\\\ -]{0,70}", "\\PC{0,8}"]) {
        if let Ok(role) = Role::parse(&text) {
            let path = role.soul_path();
            let parts: Vec<_> = Path::new(&path).components().collect();
            prop_assert_eq!(parts.len(), 2);
            prop_assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))));
            prop_assert!(path.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/._-".contains(&b)));
        }
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        if let Ok(key) = SessionKey::parse(&format!("user:{text}")) {
            prop_assert_eq!(&SessionKey::parse(&key.to_string()).expect("its own text"), &key);
        }
    }
}
