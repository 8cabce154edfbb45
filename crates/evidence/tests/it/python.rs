//! The verifier in Python's standard library says the same as ours.

use clasper_evidence::DECISIONS;

use crate::agreement::{both_notice, pin, python, stored, verify};
use crate::mutation::{pack, unpack};
use crate::sample::{Sample, log_key, signer};

#[test]
fn both_accept_a_good_bundle_and_a_part_of_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = Sample::of_runs(150);
    for (start, end) in [(0, sample.entries.len()), (257, 300)] {
        let bundle = sample.bundle_of(start, end, &log_key());
        assert_eq!(unpack(&pack(&bundle)).as_ref(), Ok(&bundle));
        let path = stored(folder.path(), "good.tar.gz", &pack(&bundle));
        let output = python(&[&path, "--key", &pin()]);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}");
        assert!(told.contains("good.tar.gz: holds"), "{told}");
        assert!(
            told.contains(&format!("entries: {}", end - start)),
            "{told}"
        );
    }
}

#[test]
fn a_wrong_pin_is_refused_with_a_readable_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = Sample::of_runs(3).bundle(&log_key());
    let path = stored(folder.path(), "b.tar.gz", &pack(&bundle));
    let other = signer(2).verifier().to_string();
    let output = python(&[&path, "--key", &other]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("DOES NOT HOLD"), "{told}");
    assert!(told.contains("no pinned key signed it"), "{told}");
    let output = python(&[&path, "--key", &other[1..]]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(python(&[&path]).status.code(), Some(2));
}

#[test]
fn a_proof_file_is_verified_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = Sample::of_runs(100);
    let mut proof = sample.proof(77, &log_key());
    let path = stored(folder.path(), "e.tlog-proof", proof.to_string().as_bytes());
    let output = python(&[&path, "--key", &pin()]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("entry 78 of "), "{told}");
    let entry = proof.extra.take().expect("it carries its entry");
    let path = stored(
        folder.path(),
        "bare.tlog-proof",
        proof.to_string().as_bytes(),
    );
    assert_eq!(python(&[&path, "--key", &pin()]).status.code(), Some(1));
    let file = stored(folder.path(), "entry.json", &entry);
    let output = python(&[&path, "--key", &pin(), "--entry", &file]);
    assert!(output.status.success());
    proof.index += 1;
    let path = stored(
        folder.path(),
        "moved.tlog-proof",
        proof.to_string().as_bytes(),
    );
    let output = python(&[&path, "--key", &pin(), "--entry", &file]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn both_accept_a_bundle_of_one_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = Sample::of_runs(50);
    let bundle = sample.bundle_of_trace(9, &log_key());
    let report = verify(&bundle, &log_key(), None);
    assert!(report.holds(), "{report}");
    let path = stored(folder.path(), "trace.tar.gz", &pack(&bundle));
    let output = python(&[&path, "--key", &pin()]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    let counts = format!("entries: {}, withheld: {}", report.entries, report.withheld);
    assert!(told.contains(&counts), "{told}");
}

#[test]
fn both_name_the_entry_of_a_record_that_is_no_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut bundle = Sample::of_runs(6).bundle(&log_key());
    let records = bundle.0.get_mut(DECISIONS).expect("there");
    let place = records.windows(7).position(|text| text == b"offline");
    records[place.expect("a member that nobody looks at")] = 0xff;
    let ours = verify(&bundle, &log_key(), None);
    let path = stored(folder.path(), "record.tar.gz", &pack(&bundle));
    let told = python(&["--json", &path, "--key", &pin()]).stdout;
    let theirs: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    assert_eq!(ours.first_bad_entry().and_then(|f| f.entry), Some(1));
    assert_eq!(theirs["first_bad_entry"], 1);
}

/// Both verifiers see every harm and name the same entry. `CLASPER_TEST_MUTATIONS` asks for more than a few hundred.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs is said by whoever runs it"
)]
fn both_notice_random_harms_and_name_the_same_entry() {
    let asked = std::env::var("CLASPER_TEST_MUTATIONS");
    let count = asked.map_or(250, |text| text.parse().expect("a number"));
    both_notice(count, 7);
}
