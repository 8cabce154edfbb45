//! Signed reports, and the keys that verify them.

use anyhow::{Context, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use clasper_core::{AuditEvent, Classify, Clock, Role, canonical_json, wire_time};
use clasper_reports::{
    KeyAlgorithm, PublicKey, Receipt, SetTelemetryKey, SignatureMode, SignedPart, Submission,
};
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{TraceStore, Trust};
use serde_json::{Value, json};

use crate::replica::{governed, person, trace};
use crate::reporter::{Door, call};
use crate::support::entries_of;

both!(
    both_algorithms_are_verified_in_every_form,
    a_key_is_replaced_and_revoked,
    an_envelope_that_was_tampered_with_is_refused_in_every_mode,
    unsigned_reports_are_taken_noted_or_refused_by_mode,
    keys_are_an_operators_to_set
);

const VERSION: &str = "0.1.0";

async fn door(db: &TestDatabase, mode: SignatureMode) -> Result<Door> {
    let scope = db.tenant_with_budget("acme", usd("5")).await?;
    let replica = governed(db, &scope).await?;
    Ok(Door::new(db, &scope, replica, mode))
}

fn jwk(kind: &str, curve: &str, parts: &[(&str, &[u8])]) -> Value {
    let mut jwk = json!({"kty": kind, "crv": curve});
    for (name, bytes) in parts {
        jwk[*name] = URL_SAFE_NO_PAD.encode(bytes).into();
    }
    jwk
}

fn ed25519() -> Result<(Ed25519KeyPair, PublicKey)> {
    let pair = Ed25519KeyPair::generate().ok().context("a key")?;
    let jwk = jwk("OKP", "Ed25519", &[("x", pair.public_key().as_ref())]);
    Ok((pair, PublicKey::read(KeyAlgorithm::Ed25519, &jwk)?))
}

async fn set(door: &Door, key: PublicKey, version: Option<&str>) -> Result<()> {
    let set = SetTelemetryKey {
        adapter: door.reporter.principal.adapter.clone(),
        version: version.map(str::to_owned),
        key,
        key_id: None,
    };
    let manager = person(&door.reporter.scope, "ops", Role::ReleaseManager);
    door.keys.set(&manager, set).await?;
    Ok(())
}

/// The submission in an envelope whose signing input `sign` signs.
fn signed(door: &Door, mut submission: Submission, sign: impl Fn(&[u8]) -> String) -> Submission {
    let mut part = SignedPart {
        envelope_version: "v1".to_owned(),
        adapter_id: submission.adapter.to_string(),
        adapter_version: VERSION.to_owned(),
        issued_at: wire_time(door.replica.clock.now()),
        execution_id: submission.execution.to_string(),
        trace_id: submission.trace.to_string(),
        payload_type: submission.body.kind().name().to_owned(),
        payload_hash: submission.content.to_string(),
        signature: String::new(),
    };
    let input = json!({
        "envelope_version": part.envelope_version, "adapter_id": part.adapter_id,
        "adapter_version": part.adapter_version, "issued_at": part.issued_at, "execution_id": part.execution_id,
        "trace_id": part.trace_id, "payload_type": part.payload_type, "payload_hash": part.payload_hash,
    });
    let input = canonical_json(&input).expect("JSON");
    part.signature = sign(input.as_str().as_bytes());
    submission.signed = Some(part);
    submission
}

fn by(pair: &Ed25519KeyPair) -> impl Fn(&[u8]) -> String {
    |message| STANDARD.encode(pair.sign(message).as_ref())
}

/// Writes another value into a member of an envelope.
fn edit(part: &mut SignedPart, member: &str, value: &str) {
    let place = match member {
        "envelope_version" => &mut part.envelope_version,
        "adapter_id" => &mut part.adapter_id,
        "adapter_version" => &mut part.adapter_version,
        "issued_at" => &mut part.issued_at,
        "execution_id" => &mut part.execution_id,
        "trace_id" => &mut part.trace_id,
        "payload_type" => &mut part.payload_type,
        "payload_hash" => &mut part.payload_hash,
        _ => &mut part.signature,
    };
    value.clone_into(place);
}

/// Why it was refused.
fn code(receipt: &Receipt) -> &'static str {
    match receipt {
        Receipt::Refused(refusal) => refusal.code(),
        _ => "not refused",
    }
}

async fn both_algorithms_are_verified_in_every_form(db: TestDatabase) -> Result<()> {
    let door = door(&db, SignatureMode::Enforce).await?;
    let (pair, key) = ed25519()?;
    set(&door, key, None).await?;
    let id = trace();
    let sent = signed(&door, door.trace("run-1", id, vec![]), by(&pair));
    assert_eq!(door.one(sent).await?, Receipt::Stored(Vec::new()));
    let stored = db.store.find_trace(&door.reporter.scope, id).await?;
    let reported = stored.and_then(|trace| trace.reported).expect("reported");
    assert_eq!(reported.trust(), Trust::Signed);
    let random = SystemRandom::new();
    for (n, form) in [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P256_SHA256_FIXED_SIGNING,
    ]
    .into_iter()
    .enumerate()
    {
        let pair = EcdsaKeyPair::generate(form).ok().context("a key")?;
        let point = pair.public_key().as_ref();
        let jwk = jwk("EC", "P-256", &[("x", &point[1..33]), ("y", &point[33..])]);
        set(
            &door,
            PublicKey::read(KeyAlgorithm::Es256, &jwk)?,
            Some(VERSION),
        )
        .await?;
        let sign = |message: &[u8]| {
            let signature = pair.sign(&random, message).expect("a signature");
            URL_SAFE_NO_PAD.encode(signature.as_ref())
        };
        let sent = signed(&door, door.audit("run-1", &format!("form {n}")), sign);
        assert_eq!(
            door.one(sent).await?,
            Receipt::Stored(Vec::new()),
            "form {n}"
        );
    }
    db.ensure_whole().await
}

async fn a_key_is_replaced_and_revoked(db: TestDatabase) -> Result<()> {
    let door = door(&db, SignatureMode::Enforce).await?;
    let ((old, old_key), (new, new_key)) = (ed25519()?, ed25519()?);
    set(&door, old_key, Some(VERSION)).await?;
    let before = signed(&door, door.audit("run-1", "before"), by(&old));
    door.replica.clock.advance(TimeDelta::minutes(1));
    set(&door, new_key, Some(VERSION)).await?;
    // What was signed before is good, what the old key signs now is not.
    assert_eq!(door.one(before).await?, Receipt::Stored(Vec::new()));
    let stale = signed(&door, door.audit("run-1", "stale"), by(&old));
    assert_eq!(code(&door.one(stale).await?), "invalid_signature");
    let fresh = signed(&door, door.audit("run-1", "fresh"), by(&new));
    assert_eq!(door.one(fresh.clone()).await?, Receipt::Stored(Vec::new()));
    let manager = person(&door.reporter.scope, "ops", Role::ReleaseManager);
    let adapter = &door.reporter.principal.adapter;
    let revoked = door
        .keys
        .revoke(&manager, adapter, None, Some("lost"))
        .await?;
    assert!(revoked.iter().all(|key| key.revoked_at.is_some()));
    assert_eq!(code(&door.one(fresh).await?), "missing_key");
    let again = door.keys.revoke(&manager, adapter, None, None).await;
    assert!(matches!(again, Err(clasper_reports::Error::NotFound(_))));
    db.ensure_whole().await
}

async fn an_envelope_that_was_tampered_with_is_refused_in_every_mode(
    db: TestDatabase,
) -> Result<()> {
    let door = door(&db, SignatureMode::Off).await?;
    let (pair, key) = ed25519()?;
    let good = signed(&door, door.audit("run-1", "good"), by(&pair));
    assert_eq!(code(&door.one(good.clone()).await?), "missing_key");
    set(&door, key, Some(VERSION)).await?;
    let (stranger, _) = ed25519()?;
    for (expected, member, value) in [
        ("unsupported_envelope", "envelope_version", "v2"),
        ("envelope_mismatch", "adapter_id", "another"),
        ("envelope_mismatch", "execution_id", "another"),
        ("envelope_mismatch", "trace_id", "another"),
        ("envelope_mismatch", "payload_type", "cost"),
        ("missing_key", "adapter_version", "9"),
        ("payload_hash_mismatch", "payload_hash", "sha256:00"),
        ("timestamp_skew", "issued_at", "2020-01-01T00:00:00Z"),
        ("invalid_signature", "signature", ""),
    ] {
        let mut bad = good.clone();
        edit(bad.signed.as_mut().context("an envelope")?, member, value);
        assert_eq!(code(&door.one(bad).await?), expected, "{member}");
    }
    let forged = signed(&door, door.audit("run-1", "good"), by(&stranger));
    assert_eq!(code(&door.one(forged).await?), "invalid_signature");
    let scope = &door.reporter.scope;
    assert_eq!(
        entries_of(&db, scope, AuditEvent::AdapterAuditEvent).await?,
        0
    );
    let noted = AuditEvent::AdapterTelemetrySignatureInvalid;
    assert_eq!(entries_of(&db, scope, noted).await?, 11);
    assert_eq!(door.one(good).await?, Receipt::Stored(Vec::new()));
    db.ensure_whole().await
}

async fn unsigned_reports_are_taken_noted_or_refused_by_mode(db: TestDatabase) -> Result<()> {
    for (tenant, mode, code_of_it, notes) in [
        ("off", SignatureMode::Off, "not refused", 0),
        ("warn", SignatureMode::Warn, "not refused", 1),
        ("enforce", SignatureMode::Enforce, "missing_key", 0),
    ] {
        let scope = db.tenant(tenant).await?;
        let replica = governed(&db, &scope).await?;
        let door = Door::new(&db, &scope, replica, mode);
        let two = ["one", "two"].map(|text| door.audit("run-1", &format!("{mode:?} {text}")));
        let receipts = door.send(two.into()).await?;
        assert!(receipts.iter().all(|receipt| code(receipt) == code_of_it));
        let noted = AuditEvent::AdapterTelemetryUnsigned;
        assert_eq!(entries_of(&db, &scope, noted).await?, notes, "{mode:?}");
    }
    // A hash that fits is not a signature.
    let door = door(&db, SignatureMode::Off).await?;
    let scope = door.reporter.scope.clone();
    let id = trace();
    door.one(door.trace("run-1", id, vec![call("read")]))
        .await?;
    let stored = db.store.find_trace(&scope, id).await?.expect("stored");
    assert_eq!(
        stored.reported.expect("reported").trust(),
        Trust::Unverified
    );
    db.ensure_whole().await
}

async fn keys_are_an_operators_to_set(db: TestDatabase) -> Result<()> {
    let door = door(&db, SignatureMode::Off).await?;
    let scope = &door.reporter.scope;
    let (_, key) = ed25519()?;
    let set = SetTelemetryKey {
        adapter: door.reporter.principal.adapter.clone(),
        version: None,
        key,
        key_id: None,
    };
    let operator = person(scope, "ops", Role::Operator);
    let refused = door.keys.set(&operator, set.clone()).await;
    assert!(matches!(refused, Err(clasper_reports::Error::Forbidden(_))));
    let other = person(&db.tenant("other").await?, "ops", Role::Admin);
    let refused = door.keys.set(&other, set.clone()).await;
    assert!(matches!(refused, Err(clasper_reports::Error::NotFound(_))));
    let listed = door.keys.list(&operator, &set.adapter).await?;
    assert!(listed.is_empty());
    Ok(())
}
