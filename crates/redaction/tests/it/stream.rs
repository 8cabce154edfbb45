//! Streams: the same result however the text is cut, a bounded hold-back, and errors that stop.

use std::sync::Arc;

use clasper_redaction::{
    Entity, Error, HOLD_BACK_BYTES, HashKey, MAX_VALUE_BYTES, Pattern, Redactor, SessionVault,
    Strategy as Replacement, StreamRedactor, Token, TokenVault, VaultError,
};
use proptest::prelude::*;

use crate::properties::{any_text, shared};

fn cut(stream: &mut StreamRedactor, text: &str, cuts: &[usize]) -> Result<String, Error> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut at = 0;
    for size in cuts.iter().cycle() {
        if at >= bytes.len() {
            break;
        }
        let end = bytes.len().min(at + size);
        out.push_str(&stream.push(&bytes[at..end])?);
        at = end;
    }
    out.push_str(&stream.finish()?);
    Ok(out)
}

fn redactors() -> Vec<Redactor> {
    let base = shared();
    let own = |pattern: &str| {
        let entity = Entity::custom("OWN").expect("a name");
        Pattern::new(entity, pattern, 40).expect("a pattern")
    };
    vec![
        base.clone(),
        base.clone().with_strategy(Replacement::Hash {
            key: HashKey::new("key"),
        }),
        base.clone().with_strategy(Replacement::Drop),
        base.clone()
            .with_pattern(own(r"\b[a-z]+@?[0-9]{1,3}\b"))
            .and_then(|r| r.with_pattern(own(r"password|[b@.]+x.*z|\bl[oö]+ng")))
            .expect("room for two"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_result_does_not_depend_on_the_cuts(
        texts in proptest::collection::vec(any_text(), 1..4),
        cuts in proptest::collection::vec(1..40_usize, 1..8),
    ) {
        let text = texts.concat();
        for redactor in redactors() {
            let whole = redactor.redact(&text);
            for cuts in [cuts.as_slice(), &[1]] {
                let mut stream = redactor.stream();
                let out = cut(&mut stream, &text, cuts).expect("no vault, no error");
                prop_assert_eq!(&out, &whole.text, "cuts {:?}", cuts);
                prop_assert_eq!(&stream.take_findings(), &whole.findings);
            }
        }
    }

    #[test]
    fn at_most_the_promised_bytes_wait(text in any_text(), filler in "[a-zA-Z0-9._-]{0,300}") {
        let text = format!("{text}{filler}{text}");
        let mut stream = shared().stream();
        for byte in text.as_bytes() {
            stream.push(&[*byte]).expect("text");
            prop_assert!(stream.held_back() <= HOLD_BACK_BYTES);
        }
    }
}

#[test]
fn long_texts_with_values_at_every_place_are_cut_alike() {
    let value = "bob@example.com, 4111 1111 1111 1111, password=\"a \\\" b\" ärztin +49 30 901820 ";
    let mut text = String::new();
    for i in 0..400 {
        text.push_str(&"wörd ".repeat(i % 37));
        text.push_str(value);
    }
    let whole = shared().redact(&text);
    for size in [1, 7, 1000, 4096, 5000] {
        let mut stream = shared().stream();
        let out = cut(&mut stream, &text, &[size]).expect("text");
        assert!(out == whole.text, "chunks of {size}");
        assert_eq!(stream.take_findings(), whole.findings);
    }
}

#[test]
fn values_longer_than_any_window_are_swallowed_whole() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEF\n".repeat(400);
    let jwt = format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.c2ln", "Zm9v".repeat(900));
    let quoted = format!("password: \"{}\"", "s3 cr et ".repeat(300));
    let text = format!(
        "a -----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY----- b {jwt}. c {quoted} d"
    );
    let expected = "a [PRIVATE_KEY] b [JWT]. c password: \"[SECRET]\" d";
    assert_eq!(shared().redact(&text).text, expected);
    for size in [1, 100, 3000] {
        let mut stream = shared().stream();
        assert_eq!(cut(&mut stream, &text, &[size]).expect("text"), expected);
    }
}

#[test]
fn a_private_key_that_never_ends_shows_nothing() {
    let mut stream = shared().stream();
    let mut out = stream
        .push(b"key: -----BEGIN RSA PRIVATE KEY-----\nMIIE")
        .expect("text");
    for _ in 0..100 {
        out.push_str(&stream.push(b"vQIBADANBgkqhkiG\n").expect("text"));
    }
    assert_eq!(out, "key: ");
    out.push_str(&stream.finish().expect("text"));
    assert_eq!(out, "key: [PRIVATE_KEY]");
}

#[test]
fn words_pass_as_soon_as_they_end() {
    let mut stream = shared().stream();
    assert_eq!(stream.push(b"Hel").expect("text"), "");
    assert_eq!(stream.push(b"lo, ").expect("text"), "Hello, ");
    assert_eq!(stream.push(b"how are you").expect("text"), "how are ");
    assert_eq!(stream.push(b"? ").expect("text"), "you? ");
}

#[test]
fn bytes_that_are_no_text_stop_the_stream() {
    let mut stream = shared().stream();
    assert_eq!(stream.push(b"mail bob@exa"), Ok("mail ".to_owned()));
    assert_eq!(stream.push(b"\xff"), Err(Error::NotUtf8));
    assert_eq!(stream.push(b"mple.com"), Err(Error::Stopped));
    assert_eq!(stream.finish(), Err(Error::Stopped));
    let mut stream = shared().stream();
    stream
        .push("ä".as_bytes().split_at(1).0)
        .expect("half a character");
    assert_eq!(stream.finish(), Err(Error::NotUtf8));
}

/// A vault that cannot be reached.
struct Broken;

impl TokenVault for Broken {
    fn token(&self, _: Entity, _: &str) -> Result<Token, VaultError> {
        Err(VaultError::Unavailable)
    }
    fn reveal(&self, _: &Token) -> Result<Option<String>, VaultError> {
        Err(VaultError::Unavailable)
    }
}

#[test]
fn a_broken_vault_refuses_and_nothing_passes() {
    let redactor = shared().with_strategy(Replacement::Tokenise);
    let error = Error::Vault(VaultError::Unavailable);
    assert_eq!(
        redactor.redact_with("to bob@example.com", &Broken),
        Err(error)
    );
    let mut stream = redactor.stream_with(Arc::new(Broken));
    assert_eq!(stream.push(b"to bob@example.com "), Err(error));
    assert_eq!(stream.push(b"more"), Err(Error::Stopped));
    assert_eq!(redactor.redact("to bob@example.com").text, "to [EMAIL]");
}

#[test]
fn values_of_any_length_are_hashed_alike_or_masked() {
    let redactor = shared().with_strategy(Replacement::Hash {
        key: HashKey::new("k"),
    });
    for length in [
        1000,
        MAX_VALUE_BYTES - 1,
        MAX_VALUE_BYTES,
        MAX_VALUE_BYTES + 1,
        MAX_VALUE_BYTES * 2,
    ] {
        let text = format!(
            "password=\"{}\" end",
            "é".repeat(length / 2) + &"x".repeat(length % 2)
        );
        let whole = redactor.redact(&text).text.into_owned();
        let mut stream = redactor.stream();
        assert_eq!(cut(&mut stream, &text, &[4097]).expect("text"), whole);
        assert_eq!(whole.contains('#'), length <= MAX_VALUE_BYTES, "{length}");
    }
}

#[test]
fn a_session_survives_storage() {
    let vault = SessionVault::new(10);
    let token = vault.token(Entity::Email, "bob@example.com").expect("room");
    let again = SessionVault::restore(vault.entries(), 10);
    assert_eq!(
        again.token(Entity::Email, "bob@example.com"),
        Ok(token.clone())
    );
    assert_eq!(again.reveal(&token), Ok(Some("bob@example.com".to_owned())));
    let next = again.token(Entity::Email, "eve@example.com").expect("room");
    assert_eq!(next.as_str(), "⟦EMAIL_2⟧");
    let full = SessionVault::new(0);
    assert_eq!(full.token(Entity::Email, "x"), Err(VaultError::Full));
}
