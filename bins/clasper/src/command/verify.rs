//! `clasper verify`

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use clasper_core::{Clock, SystemClock};
use clasper_evidence::{BundleVerifier, Pins, TlogProof, Trust, VerifierKey};
use serde_json::json;

use crate::archive::Archive;

/// The longest proof file read, in bytes.
const MAX_PROOF_BYTES: u64 = 512 * 1024;
/// What a proof file begins with.
const PROOF: &[u8] = b"c2sp.org/";

/// What to verify, and against what.
#[derive(Debug, Args)]
pub struct Verify {
    /// Bundles (`.tar.gz`) and proof files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The log's verifier key, `name+hash+base64`, which you have from elsewhere than the files: `GET /audit/keys` on an earlier day. May be
    /// repeated, for keys that were changed.
    #[arg(long = "key", required = true)]
    keys: Vec<VerifierKey>,
    /// A checkpoint file kept from before: a bundle's log must continue it.
    #[arg(long)]
    earlier: Option<PathBuf>,
    /// The entry's bytes, for a proof file that does not carry them.
    #[arg(long)]
    entry: Option<PathBuf>,
    /// Print one line of JSON for each file.
    #[arg(long)]
    json: bool,
}

/// What was found of one file.
struct Found {
    holds: bool,
    first_bad_entry: Option<u64>,
    report: String,
}

/// Verifies every file, without asking anyone. 0: everything holds; 1: something does not; 2: it could not be tried.
pub fn run(asked: &Verify) -> ExitCode {
    match verify_all(asked) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn verify_all(asked: &Verify) -> Result<bool> {
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let entry = asked.entry.as_deref().map(read).transpose()?;
    let earlier = asked.earlier.as_deref().map(read).transpose()?;
    let earlier = earlier.map(String::from_utf8).transpose();
    let earlier = earlier.context("the earlier checkpoint is not text")?;
    let mut hold = true;
    for path in &asked.files {
        let shown = path.display();
        let opened = File::open(path).with_context(|| format!("{shown} cannot be read"));
        let mut file = BufReader::new(opened?);
        let mut head = Vec::new();
        let mut start = file.by_ref().take(PROOF.len() as u64);
        start
            .read_to_end(&mut head)
            .with_context(|| format!("{shown} cannot be read"))?;
        file.rewind()?;
        let found = if head == PROOF {
            proof(file, entry.as_deref(), &asked.keys)
        } else {
            bundle(file, earlier.clone(), &asked.keys)
        };
        hold &= found.holds;
        let (holds, first) = (found.holds, found.first_bad_entry);
        if asked.json {
            let line = json!({
                "file": shown.to_string(), "holds": holds, "first_bad_entry": first, "report": found.report,
            });
            println!("{line}");
        } else {
            let verdict = if holds { "holds" } else { "DOES NOT HOLD" };
            println!("{shown}: {verdict}");
            found.report.lines().for_each(|line| println!("  {line}"));
        }
    }
    Ok(hold)
}

fn bundle(file: impl Read, earlier: Option<String>, keys: &[VerifierKey]) -> Found {
    let archive = match Archive::unpack(file) {
        Ok(archive) => archive,
        Err(error) => return fault(format!("the archive is damaged: {error}")),
    };
    let verifier = BundleVerifier::new(Pins {
        keys: keys.to_vec(),
        earlier,
        now: SystemClock.now(),
    });
    let report = verifier.verify(&archive);
    Found {
        holds: report.holds(),
        first_bad_entry: report.first_bad_entry().and_then(|fault| fault.entry),
        report: report.to_string(),
    }
}

fn proof(file: impl Read, entry: Option<&[u8]>, keys: &[VerifierKey]) -> Found {
    let mut text = String::new();
    if let Err(error) = file.take(MAX_PROOF_BYTES).read_to_string(&mut text) {
        return fault(format!("the proof cannot be read: {error}"));
    }
    let trust = Trust {
        log_keys: keys.to_vec(),
        ..Trust::default()
    };
    let proof = match TlogProof::parse(&text) {
        Ok(proof) => proof,
        Err(error) => return fault(error.to_string()),
    };
    match proof.verify(entry, &trust) {
        Ok(opened) => Found {
            holds: true,
            first_bad_entry: None,
            report: format!(
                "entry {} of {} in the log {}",
                proof.index + 1,
                opened.checkpoint.size,
                opened.checkpoint.origin
            ),
        },
        Err(error) => Found {
            first_bad_entry: Some(proof.index + 1),
            ..fault(error.to_string())
        },
    }
}

fn fault(report: String) -> Found {
    Found {
        holds: false,
        first_bad_entry: None,
        report,
    }
}
