//! Signatures, with the vectors of the official libraries of Standard Webhooks.

use std::time::Duration;

use chrono::DateTime;
use clasper_core::Timestamp;
use clasper_notify::{
    KeyError, MessageId, SignedHeaders, SigningKey, SigningKeys, TOLERANCE, VerifyError,
    VerifyingKey, body_signature, sign, verify,
};
use proptest::prelude::*;

const SYMMETRIC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PRIVATE: &str = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SENT_AT: i64 = 1_614_265_330;
/// What the official libraries give for these keys, this body and this time.
const V1: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const V1A: &str =
    "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";

fn at(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn id() -> MessageId {
    "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().expect("an id")
}

fn key(text: &str) -> SigningKey {
    SigningKey::parse(&text.into()).expect("a key")
}

fn keys(texts: &[&str]) -> SigningKeys {
    SigningKeys::new(texts.iter().map(|text| key(text)).collect()).expect("keys")
}

fn checks(text: &str) -> VerifyingKey {
    key(text).verifying_key().expect("a verifying key")
}

fn headers(signature: &str) -> SignedHeaders {
    SignedHeaders {
        id: id().to_string(),
        timestamp: SENT_AT.to_string(),
        signature: signature.to_owned(),
    }
}

fn check(headers: &SignedHeaders, keys: &[VerifyingKey]) -> Result<(), VerifyError> {
    verify(headers, BODY, at(SENT_AT), TOLERANCE, keys)
}

#[test]
fn signatures_are_those_of_the_official_libraries() {
    for (text, expected) in [(SYMMETRIC, V1), (PRIVATE, V1A)] {
        let signed = sign(&id(), at(SENT_AT), BODY, &keys(&[text])).expect("signed");
        assert_eq!(signed, headers(expected));
        assert_eq!(check(&signed, &[checks(text)]), Ok(()));
    }
}

#[test]
fn the_text_of_a_public_key_checks_what_its_private_key_signed() {
    let public = key(PRIVATE).public_text().expect("a public key");
    let public = VerifyingKey::parse(&public.into()).expect("a verifying key");
    assert_eq!(check(&headers(V1A), &[public]), Ok(()));
    assert_eq!(key(SYMMETRIC).public_text(), None);
}

#[test]
fn during_a_rotation_old_and_new_keys_fit() {
    let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let signed = sign(
        &id(),
        at(SENT_AT),
        BODY,
        &keys(&[other, SYMMETRIC, PRIVATE]),
    )
    .expect("signed");
    let entries: Vec<&str> = signed.signature.split(' ').collect();
    assert_eq!(entries[1..], [V1, V1A]);
    for text in [other, SYMMETRIC, PRIVATE] {
        assert_eq!(check(&signed, &[checks(text)]), Ok(()), "{text}");
    }
    let stranger = SigningKey::symmetric(&[9; 24]).and_then(|key| key.verifying_key());
    let stranger = stranger.expect("a key");
    assert_eq!(
        check(&signed, std::slice::from_ref(&stranger)),
        Err(VerifyError::NoMatch)
    );
    assert_eq!(check(&signed, &[stranger, checks(other)]), Ok(()));
}

#[test]
fn entries_of_other_schemes_are_passed_over() {
    let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
    let many = format!("{wrong} v2,{} {V1} {wrong}", &V1[3..]);
    assert_eq!(check(&headers(&many), &[checks(SYMMETRIC)]), Ok(()));
    // The right bytes under another scheme's name are not a signature.
    for renamed in [format!("v2,{}", &V1[3..]), format!("v1a,{}", &V1[3..])] {
        let found = check(&headers(&renamed), &[checks(SYMMETRIC)]);
        assert_eq!(found, Err(VerifyError::NoMatch), "{renamed}");
    }
}

#[test]
fn signatures_that_are_cut_or_absent_do_not_fit() {
    let none = VerifyError::NoMatch;
    for (signature, expected) in [
        ("", VerifyError::Entries),
        ("  ", VerifyError::Entries),
        ("v1,", none),
        ("v1", none),
        (&V1[..8], none),
        (&V1[..V1.len() - 1], none),
        (&V1[3..], none),
        (&format!("{V1} ").repeat(17), VerifyError::Entries),
    ] {
        let found = check(&headers(signature), &[checks(SYMMETRIC)]);
        assert_eq!(found, Err(expected), "{signature:?}");
    }
    assert_eq!(check(&headers(V1), &[]), Err(none));
}

#[test]
fn a_message_from_another_time_is_refused() {
    let found = |now| verify(&headers(V1), BODY, at(now), TOLERANCE, &[checks(SYMMETRIC)]);
    for offset in [-300, 0, 300] {
        assert_eq!(found(SENT_AT + offset), Ok(()), "{offset}");
    }
    for offset in [-301, 301, -1_000_000, 1_000_000] {
        assert_eq!(
            found(SENT_AT + offset),
            Err(VerifyError::OutsideTolerance),
            "{offset}"
        );
    }
}

#[test]
fn ids_and_times_have_one_spelling() {
    for timestamp in [
        "",
        "hello",
        "+1614265330",
        "01614265330",
        "1614265330.0",
        " 1614265330",
    ] {
        let changed = SignedHeaders {
            timestamp: timestamp.to_owned(),
            ..headers(V1)
        };
        let found = check(&changed, &[checks(SYMMETRIC)]);
        assert_eq!(found, Err(VerifyError::Timestamp), "{timestamp:?}");
    }
    for id in ["", "msg.1", "msg 1"] {
        let changed = SignedHeaders {
            id: id.to_owned(),
            ..headers(V1)
        };
        let found = check(&changed, &[checks(SYMMETRIC)]);
        assert_eq!(found, Err(VerifyError::Id), "{id:?}");
    }
}

/// RFC 4231, test case 2.
#[test]
fn the_older_signature_is_the_hmac_of_the_body() {
    assert_eq!(
        body_signature(&"Jefe".into(), b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[derive(Debug, Clone)]
enum Material {
    Symmetric(Vec<u8>),
    Ed25519([u8; 32]),
}

impl Material {
    fn key(&self) -> Result<SigningKey, KeyError> {
        match self {
            Self::Symmetric(secret) => SigningKey::symmetric(secret),
            Self::Ed25519(seed) => SigningKey::ed25519(seed),
        }
    }
}

fn material() -> impl Strategy<Value = Material> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 24..=64).prop_map(Material::Symmetric),
        any::<[u8; 32]>().prop_map(Material::Ed25519),
    ]
}

proptest! {
    #[test]
    fn what_was_signed_fits_and_any_changed_byte_does_not(
        material in material(),
        id in "[A-Za-z0-9_-]{1,64}",
        seconds in 0_i64..4_000_000_000,
        body in prop::collection::vec(any::<u8>(), 0..300),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..=255,
    ) {
        let key = material.key()?;
        let again = SigningKey::parse(key.text())?;
        let check = [again.verifying_key()?];
        let keys = SigningKeys::new(vec![key])?;
        let signed = sign(&id.parse()?, at(seconds), &body, &keys)?;
        // A tolerance without end, so that a changed time fails for its signature.
        let found = |headers: &SignedHeaders, body: &[u8]| {
            verify(headers, body, at(seconds), Duration::MAX, &check)
        };
        prop_assert_eq!(found(&signed, &body), Ok(()));

        if !body.is_empty() {
            let mut changed = body.clone();
            changed[place.index(body.len())] ^= flip;
            prop_assert_eq!(found(&signed, &changed), Err(VerifyError::NoMatch));
        }
        let mut longer = body.clone();
        longer.push(flip);
        prop_assert!(found(&signed, &longer).is_err());

        for part in 0..3 {
            let mut changed = signed.clone();
            let text = match part {
                0 => &mut changed.id,
                1 => &mut changed.timestamp,
                _ => &mut changed.signature,
            };
            let mut bytes = text.clone().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = bytes[place].wrapping_add(flip % 127 + 1) & 0x7f;
            if bytes == text.as_bytes() {
                continue;
            }
            *text = String::from_utf8(bytes)?;
            prop_assert!(found(&changed, &body).is_err(), "{:?}", changed);
        }
    }

    #[test]
    fn another_key_never_fits(one in material(), other in material(), body in any::<Vec<u8>>()) {
        let keys = SigningKeys::new(vec![one.key()?])?;
        let signed = sign(&id(), at(SENT_AT), &body, &keys)?;
        let other = other.key()?;
        prop_assume!(format!("{one:?}") != format!("{other:?}"));
        let found = verify(&signed, &body, at(SENT_AT), TOLERANCE, &[other.verifying_key()?]);
        prop_assert_eq!(found, Err(VerifyError::NoMatch));
    }
}
