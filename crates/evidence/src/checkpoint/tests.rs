//! Checkpoints: their text, whom to believe, keys that change.

use chrono::TimeDelta;
use clasper_core::{Sha256Digest, TenantId, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::note::{KeyKind, KeyPair, SignedNote, SigningKey};

fn signer(seed: u8, name: &str, kind: KeyKind) -> SigningKey {
    let pair = KeyPair::from_seed(&[seed; 32]).expect("a seed");
    pair.named(name, kind).expect("a name")
}

fn origin() -> LogOrigin {
    LogOrigin::new("clasper.example", &TenantId::new("acme").expect("a name")).expect("a name")
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new(&origin(), 3, Sha256Digest::of(b"root"))
}

#[test]
fn an_origin_is_an_address_and_a_key_name() {
    assert_eq!(origin().as_str(), "clasper.example/audit/log/acme");
    let tenant = TenantId::new("a+b@é").expect("a name");
    let odd = LogOrigin::new("c.example:8080/x", &tenant).expect("a name");
    assert_eq!(odd.as_str(), "c.example:8080/x/audit/log/a%2Bb%40%C3%A9");
    assert!(
        signer(1, odd.as_str(), KeyKind::Ed25519)
            .verifier()
            .to_string()
            .parse::<crate::VerifierKey>()
            .is_ok()
    );
    for bad in ["", "a b", "a+b", "a/", "/a", "a\n", "é"] {
        let tenant = TenantId::new("acme").expect("a name");
        assert_eq!(LogOrigin::new(bad, &tenant), Err(OriginError::Name));
    }
}

#[test]
fn a_checkpoint_survives_its_text_and_odd_texts_are_refused() {
    let mut with_lines = checkpoint();
    with_lines.extensions = vec!["one".into(), "two".into()];
    for one in [checkpoint(), with_lines] {
        assert_eq!(Checkpoint::parse(&one.text()), Ok(one));
    }
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for bad in [
        String::new(),
        "o\n1\n".into(),
        format!("o\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("o\n01\n{root}\n"),
        format!("o\n+1\n{root}\n"),
        format!("o\n-1\n{root}\n"),
        format!("o\n\n{root}\n"),
        format!("o\n9223372036854775808\n{root}\n"),
        format!("o\n1\n{root}\n\n"),
        format!("o\n1\n{root}\nx\n\n"),
        "o\n1\nAAAA\n".into(),
        format!("o\n1\n{}\n", root.trim_end_matches('=')),
        format!("o\n1\n {root}\n"),
    ] {
        assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn only_the_logs_own_key_for_its_own_origin_is_believed() {
    let log = signer(1, origin().as_str(), KeyKind::Ed25519);
    let signed = checkpoint().sign(&[&log]).expect("signed").to_string();
    let trust = Trust::in_key(log.verifier().clone());
    assert_eq!(trust.open(&signed).expect("ours").checkpoint, checkpoint());

    let thief = signer(2, origin().as_str(), KeyKind::Ed25519);
    let stolen = checkpoint().sign(&[&thief]).expect("signed").to_string();
    assert!(matches!(trust.open(&stolen), Err(OpenError::Note(_))));

    let mut other = checkpoint();
    other.origin = "clasper.example/audit/log/other".into();
    let foreign = other.sign(&[&log]).expect("signed").to_string();
    assert!(matches!(
        trust.open(&foreign),
        Err(OpenError::Origin { .. })
    ));
}

#[test]
fn a_quorum_counts_distinct_witnesses_and_never_stands_in_for_the_log() {
    let log = signer(1, origin().as_str(), KeyKind::Ed25519);
    let one = signer(3, "w1.example", KeyKind::CosignatureV1);
    let again = signer(3, "w2.example", KeyKind::CosignatureV1);
    let other = signer(4, "w3.example", KeyKind::CosignatureV1);
    let keys = [&one, &again, &other].map(|k| k.verifier().clone());
    let trust = Trust {
        origin: None,
        log_keys: vec![log.verifier().clone()],
        witnesses: keys.to_vec(),
        quorum: 2,
    };
    let mut note = checkpoint().sign(&[&log]).expect("signed");
    note.cosign(&one, 10).expect("cosigned");
    note.cosign(&again, 10).expect("cosigned");
    let too_few = OpenError::Quorum {
        expected: 2,
        found: 1,
    };
    assert_eq!(trust.open(&note.to_string()), Err(too_few));
    note.cosign(&other, 11).expect("cosigned");
    assert_eq!(
        trust
            .open(&note.to_string())
            .expect("enough")
            .signed_by
            .len(),
        4
    );
    let mut unsigned = SignedNote::new(&checkpoint().text()).expect("a text");
    unsigned.cosign(&one, 10).expect("cosigned");
    unsigned.cosign(&other, 10).expect("cosigned");
    assert_eq!(trust.open(&unsigned.to_string()), Err(OpenError::NoLogKey));
}

#[test]
fn a_retired_key_still_verifies_what_it_signed_and_no_longer_signs() {
    let (old, new) = (
        signer(1, "log", KeyKind::Ed25519),
        signer(2, "log", KeyKind::Ed25519),
    );
    let start = Timestamp::UNIX_EPOCH;
    let change = start + TimeDelta::days(10);
    let key = |signer: &SigningKey, valid_from, valid_until| LogKey {
        key: signer.verifier().clone(),
        valid_from,
        valid_until,
    };
    let ring = KeyRing::new(vec![
        key(&new, change, None),
        key(&old, start, Some(change + TimeDelta::days(1))),
    ])
    .expect("a ring");
    let current = |time| ring.current(time).map(|k| k.key.clone());
    assert_eq!(current(start - TimeDelta::days(1)), None);
    assert_eq!(current(start), Some(old.verifier().clone()));
    assert_eq!(current(change), Some(new.verifier().clone()));
    assert_eq!(ring.verifiers_at(change).len(), 2);
    assert_eq!(
        ring.verifiers_at(change + TimeDelta::days(2)),
        [new.verifier().clone()]
    );
    let both = checkpoint().sign(&[&old, &new]).expect("signed");
    for one in [&old, &new] {
        let trust = Trust {
            origin: Some(origin().as_str().into()),
            ..Trust::in_key(one.verifier().clone())
        };
        assert!(trust.open(&both.to_string()).is_ok());
    }
    let twice = vec![key(&old, start, None), key(&old, change, None)];
    assert_eq!(KeyRing::new(twice), Err(KeyRingError::Doubled));
    let backwards = vec![key(&old, change, Some(start))];
    assert_eq!(KeyRing::new(backwards), Err(KeyRingError::Interval));
}

proptest! {
    #[test]
    fn a_checkpoint_that_parses_is_written_back_the_same(text in "[a-z]{0,3}\n[0-9]{0,3}\n[A-Za-z0-9+/]{42,44}=?=?\n([a-z]{0,2}\n)?|.*") {
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.text(), text);
        }
    }
}
