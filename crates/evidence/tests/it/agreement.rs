//! Shows harmed bundles to both verifiers: ours and the one in Python's standard library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clasper_core::Timestamp;
use clasper_evidence::{BundleReport, BundleVerifier, MemoryBundle, Pins, SigningKey};
use serde_json::Value;

use crate::dice::Dice;
use crate::mutation::{Harmed, KINDS, harm, unpack};
use crate::sample::{Sample, log_key};

/// What our verifier says, with `key` pinned.
pub fn verify(bundle: &MemoryBundle, key: &SigningKey, earlier: Option<String>) -> BundleReport {
    let pins = Pins {
        keys: vec![key.verifier().clone()],
        earlier,
        now: Timestamp::UNIX_EPOCH,
    };
    BundleVerifier::new(pins).verify(bundle)
}

pub fn python(arguments: &[&str]) -> Output {
    let script = std::path::absolute("../../examples/verify.py").expect("a path");
    Command::new("python3")
        .arg(script)
        .args(arguments)
        .output()
        .expect("python3 is installed")
}

pub fn stored(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    path.to_str().expect("text").to_owned()
}

pub fn pin() -> String {
    log_key().verifier().to_string()
}

/// Harms a bundle `count` times and shows both verifiers every one of them.
pub fn both_notice(count: usize, seed: u64) {
    let sample = Sample::of_runs(12);
    let earlier = sample.entries.len() - 5;
    let signed = sample.checkpoint(earlier, &log_key());
    let good = sample.bundle(&log_key());
    let folder = tempfile::tempdir().expect("a folder");
    let earlier_path = stored(folder.path(), "earlier", signed.as_bytes());
    let mut dice = Dice(seed);
    let mut noticed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut done = 0;
    while done < count {
        let batch: Vec<Harmed> = (done..count.min(done + 100))
            .map(|n| harm(&sample, &good, earlier, n % KINDS, &mut dice))
            .collect();
        let paths: Vec<String> = (0..)
            .zip(&batch)
            .map(|(n, harmed): (usize, _)| {
                stored(folder.path(), &format!("{n}.tar.gz"), &harmed.archive)
            })
            .collect();
        let pin = pin();
        let mut arguments = vec!["--json", "--earlier", &earlier_path, "--key", &pin];
        arguments.extend(paths.iter().map(String::as_str));
        let output = python(&arguments);
        let told = String::from_utf8(output.stdout).expect("text");
        assert_eq!(output.status.code(), Some(1), "{told}");
        let answers: Vec<Value> = told
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(
            answers.len(),
            batch.len(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        for (n, (harmed, answer)) in (done..).zip(batch.iter().zip(&answers)) {
            compare(n, harmed, answer, &signed);
            *noticed.entry(harmed.kind).or_default() += 1;
        }
        done += batch.len();
    }
    assert_eq!(noticed.values().sum::<usize>(), count);
    println!("noticed by both: {noticed:#?}");
}

fn compare(n: usize, harmed: &Harmed, answer: &Value, earlier: &str) {
    let kind = harmed.kind;
    assert_eq!(
        answer["holds"], false,
        "{n}: {kind} went unnoticed by Python"
    );
    let bundle = match unpack(&harmed.archive) {
        Ok(bundle) => bundle,
        Err(_) if harmed.archive_only => return,
        Err(error) => panic!("{n}: {kind}: {error}"),
    };
    let report = verify(&bundle, &log_key(), Some(earlier.to_owned()));
    assert!(!report.holds(), "{n}: {kind} went unnoticed by us");
    if harmed.archive_only {
        return;
    }
    let ours = report.first_bad_entry().and_then(|fault| fault.entry);
    assert_eq!(
        answer["first_bad_entry"].as_u64(),
        ours,
        "{n}: {kind}: {report}\n{answer}"
    );
    if harmed.entry.is_some() {
        assert_eq!(ours, harmed.entry, "{n}: {kind}: {report}");
    }
}
