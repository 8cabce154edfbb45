//! Bundles in memory: what is found and what is named.

use clasper_core::Timestamp;
use clasper_evidence::{
    BundleReport, BundleVerifier, CHECKPOINT, DECISIONS, ENTRIES, LEAF_HASHES, MANIFEST,
    MANIFEST_SIGNATURE, Manifest, MemoryBundle, Pins, SigningKey, TRACES, check_path,
};

use crate::agreement::verify;
use crate::sample::{Sample, log_key, sign, sign_scoped, signer};

fn codes(report: &BundleReport) -> Vec<&str> {
    report.faults.iter().map(|fault| fault.code).collect()
}

fn resigned(bundle: &MemoryBundle, key: &SigningKey) -> MemoryBundle {
    let manifest = Manifest::parse(&bundle.0[MANIFEST]).expect("ours");
    let mut bundle = bundle.clone();
    sign_scoped(&mut bundle, manifest.scope, manifest.range, key);
    bundle
}

fn edited(bundle: &MemoryBundle, path: &str, edit: impl FnOnce(&mut Vec<u8>)) -> MemoryBundle {
    let mut bundle = bundle.clone();
    edit(bundle.0.get_mut(path).expect("the file"));
    bundle
}

fn replaced(bundle: &MemoryBundle, path: &str, from: &str, to: &str) -> MemoryBundle {
    edited(bundle, path, |bytes| {
        let text = String::from_utf8(bytes.clone()).expect("text");
        let new = text.replacen(from, to, 1);
        assert_ne!(text, new, "{from} is not in {path}");
        *bytes = new.into_bytes();
    })
}

#[test]
fn an_untouched_bundle_holds_and_its_report_counts_what_is_in_it() {
    let sample = Sample::of_runs(10);
    let report = verify(&sample.bundle(&log_key()), &log_key(), None);
    assert_eq!(report.faults, []);
    assert!(report.holds());
    assert_eq!(report.entries, sample.entries.len() as u64);
    assert_eq!(report.traces, sample.traces.len() as u64);
    assert_eq!(report.decisions, sample.decisions.len() as u64);
    assert_eq!(report.proofs, 2);
    let pairs = report.completeness.clone().expect("walked");
    assert_eq!(pairs.open_count, 1);
    assert_eq!(pairs.open[0].decision, "run-9");
    assert!(report.to_string().starts_with("The bundle holds."));
}

#[test]
fn a_part_of_the_log_hangs_in_the_whole_tree() {
    let sample = Sample::of_runs(200);
    let size = sample.entries.len();
    for (start, end) in [
        (0, size),
        (0, 7),
        (1, size),
        (255, 258),
        (256, 300),
        (300, 301),
    ] {
        let bundle = sample.bundle_of(start, end, &log_key());
        let report = verify(&bundle, &log_key(), None);
        assert_eq!(report.faults, [], "{start} to {end}");
        assert_eq!(report.entries, (end - start) as u64);
        // The tree hashes of the manifest count even when somebody with the key signs them anew.
        let mut manifest = Manifest::parse(&bundle.0[MANIFEST]).expect("ours");
        if let Some(first) = manifest.range.before.first_mut() {
            first.replace_range(0..1, if first.starts_with('A') { "B" } else { "A" });
            let mut forged = bundle.clone();
            sign(&mut forged, manifest.range, &log_key());
            let report = verify(&forged, &log_key(), None);
            assert!(codes(&report).contains(&"root_differs"), "{start} to {end}");
        }
    }
}

#[test]
fn a_bundle_of_one_trace_withholds_the_others_and_still_makes_the_signed_tree() {
    let sample = Sample::of_runs(20);
    let good = sample.bundle_of_trace(9, &log_key());
    let report = verify(&good, &log_key(), Some(sample.checkpoint(30, &log_key())));
    assert_eq!(report.faults, []);
    let all = sample.entries.len() as u64;
    assert!(report.entries >= 2 && report.entries < 5, "{report}");
    assert_eq!(report.entries + report.withheld, all);
    let text = String::from_utf8(good.0[ENTRIES].clone()).expect("text");
    assert_eq!(text.matches("run-").count() as u64, report.entries - 2);
    // A leaf hash that is not the withheld entry's, a shown entry of another trace, and one that is hidden where nothing may be.
    let bad = edited(&good, LEAF_HASHES, |hashes| hashes[32 * 20] ^= 1);
    let report = verify(&resigned(&bad, &log_key()), &log_key(), None);
    assert_eq!(codes(&report), ["root_differs"]);
    let other = String::from_utf8(sample.entries[0].leaf_bytes()).expect("text");
    let bad = replaced(&good, ENTRIES, "null", &other);
    let report = verify(&resigned(&bad, &log_key()), &log_key(), None);
    assert_eq!(codes(&report), ["entry_foreign"]);
    let whole = sample.bundle(&log_key());
    let bad = replaced(&whole, ENTRIES, &other, "null");
    let report = verify(&resigned(&bad, &log_key()), &log_key(), None);
    assert_eq!(report.first_bad_entry().and_then(|f| f.entry), Some(1));
}

#[test]
fn only_the_pinned_key_counts_never_the_one_in_the_bundle() {
    let sample = Sample::of_runs(5);
    let thief = signer(66);
    let report = verify(&sample.bundle(&thief), &log_key(), None);
    assert!(codes(&report).contains(&"manifest_signature"));
    assert!(codes(&report).contains(&"checkpoint_untrusted"));
    let half = resigned(&sample.bundle(&log_key()), &thief);
    assert_eq!(
        codes(&verify(&half, &log_key(), None)),
        ["manifest_signature"]
    );
    let pins = Pins {
        keys: Vec::new(),
        earlier: None,
        now: Timestamp::UNIX_EPOCH,
    };
    let unpinned = BundleVerifier::new(pins).verify(&sample.bundle(&log_key()));
    assert!(!unpinned.holds());
}

#[test]
fn a_changed_entry_is_named_even_where_list_and_manifest_were_mended() {
    let sample = Sample::of_runs(5);
    let good = sample.bundle(&log_key());
    let bad = replaced(&good, ENTRIES, "\"seq\":\"7\"", "\"seq\":\"8\"");
    let report = verify(&bad, &log_key(), None);
    assert_eq!(report.first_bad_entry().and_then(|f| f.entry), Some(7));
    assert!(codes(&report).contains(&"file_changed"));
    // With the signing key and a mended list the chain still says where.
    let bad = replaced(&good, ENTRIES, "run-1\"", "run-8\"");
    let place = sample
        .entries
        .iter()
        .position(|e| e.entry.detail.as_str().contains("run-1\""));
    let place = place.expect("it is in the log");
    let mended = edited(&bad, LEAF_HASHES, |hashes| {
        let text = String::from_utf8(bad.0[ENTRIES].clone()).expect("text");
        let line = text.lines().nth(place).expect("a line");
        let leaf = clasper_evidence::leaf_hash(line.as_bytes());
        hashes[place * 32..(place + 1) * 32].copy_from_slice(leaf.as_bytes());
    });
    let report = verify(&resigned(&mended, &log_key()), &log_key(), None);
    let first = report.first_bad_entry().and_then(|fault| fault.entry);
    assert_eq!(first, Some(place as u64 + 1));
    assert!(codes(&report).contains(&"entry_unlinked"));
    assert!(codes(&report).contains(&"root_differs"));
}

#[test]
fn a_fork_signed_by_the_log_itself_shows_against_an_earlier_checkpoint() {
    let sample = Sample::of_runs(10);
    let size = sample.entries.len();
    let earlier = sample.checkpoint(size - 3, &log_key());
    let check = |bundle| verify(&bundle, &log_key(), Some(earlier.clone()));
    assert_eq!(check(sample.bundle(&log_key())).faults, []);
    let forked = sample.forked(4).bundle(&log_key());
    assert_eq!(verify(&forked, &log_key(), None).faults, []);
    assert_eq!(codes(&check(forked)), ["forked"]);
    let shorter = Sample::of_runs(5).bundle(&log_key());
    assert!(codes(&check(shorter)).contains(&"rolled_back"));
    let within = sample.bundle_of(0, 4, &log_key());
    assert_eq!(codes(&check(within)), ["not_comparable"]);
    let thief = sample.checkpoint(3, &signer(66));
    let report = verify(&sample.bundle(&log_key()), &log_key(), Some(thief));
    assert_eq!(codes(&report), ["earlier_untrusted"]);
}

#[test]
fn records_that_do_not_fit_their_entries_are_named_even_when_signed() {
    let sample = Sample::of_runs(6);
    let good = sample.bundle(&log_key());
    let check = |bundle: MemoryBundle| verify(&resigned(&bundle, &log_key()), &log_key(), None);
    let report = check(replaced(&good, TRACES, "réponse 1", "réponse 9"));
    assert_eq!(codes(&report), ["trace_differs"]);
    assert_eq!(report.faults[0].entry, Some(8));
    let report = check(replaced(&good, DECISIONS, "\"allow\"", "\"deny\""));
    assert_eq!(codes(&report), ["decision_differs"]);
    let report = check(edited(&good, TRACES, |bytes| bytes.extend(b"{}\n")));
    assert_eq!(codes(&report), ["trace_extra"]);
    let first = sample.traces[0].clone();
    let report = check(replaced(&good, TRACES, &first, "null"));
    assert!(report.holds());
    assert_eq!(report.traces_not_kept, 1);
    let report = check(edited(&good, TRACES, |bytes| bytes.truncate(0)));
    assert!(codes(&report).iter().all(|code| *code == "trace_missing"));
    assert!(!report.holds());
}

#[test]
fn missing_unlisted_and_misnamed_files_are_faults() {
    let good = Sample::of_runs(4).bundle(&log_key());
    for path in good.0.keys() {
        let mut bad = good.clone();
        bad.0.remove(path);
        let report = verify(&bad, &log_key(), None);
        let fault = report.faults.first().expect("a fault");
        assert_eq!(
            (fault.code, fault.file.as_str()),
            ("file_missing", path.as_str())
        );
    }
    let mut bad = good.clone();
    bad.0.insert("policies/more.json".into(), Vec::new());
    assert_eq!(codes(&verify(&bad, &log_key(), None)), ["file_unlisted"]);
    let bad = replaced(&good, CHECKPOINT, "evidence", "evidenze");
    assert!(codes(&verify(&bad, &log_key(), None)).contains(&"checkpoint_untrusted"));
    let bad = edited(&good, MANIFEST_SIGNATURE, |bytes| bytes.truncate(10));
    assert_eq!(
        codes(&verify(&bad, &log_key(), None)),
        ["manifest_signature"]
    );
    for bad in [
        "",
        "/etc/passwd",
        "../x",
        "audit/../x",
        "audit/",
        "audit/.x",
        "audit/a/b",
        "audit/a b",
        "other/x",
        "audit\\x",
        "audit/\u{e9}",
    ] {
        assert!(!check_path(bad), "{bad}");
    }
}

#[test]
fn a_proof_of_another_entry_is_invalid_even_when_signed() {
    let sample = Sample::of_runs(4);
    let mut bundle = sample.bundle(&log_key());
    let mut proof = sample.proof(3, &log_key());
    proof.index = 2;
    let path = "proofs/0.tlog-proof";
    bundle.0.insert(path.into(), proof.to_string().into_bytes());
    let report = verify(&resigned(&bundle, &log_key()), &log_key(), None);
    assert_eq!(codes(&report), ["proof_invalid"]);
    assert_eq!(report.faults[0].file, path);
}
