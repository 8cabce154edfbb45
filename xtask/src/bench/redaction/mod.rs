//! How well redaction finds what it has to: precision, recall and F per kind, on a corpus that a seeded generator makes.
//!
//! The corpus knows nothing of the rules: names, streets, formats and sentences come from the files in `locales/`, numbers
//! with checksums are computed in `value.rs`. A finding counts only if kind, beginning and end are exactly right.

mod corpus;
mod random;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::bench::redaction::corpus::{Corpus, Span};

/// What to make of it.
#[derive(Clone, Copy)]
pub struct Options {
    /// The corpus' seed.
    pub seed: u64,
    /// Texts in it.
    pub texts: usize,
    /// Faults of each kind that are shown.
    pub show: usize,
}

/// What became of one kind.
#[derive(Default, Clone, Copy)]
struct Tally {
    right: usize,
    missed: usize,
    wrong: usize,
}

impl Tally {
    fn row(self, name: &str) -> String {
        let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let share = |part: usize, whole: usize| {
            if whole == 0 {
                1.0
            } else {
                number(part) / number(whole)
            }
        };
        let precision = share(self.right, self.right + self.wrong);
        let recall = share(self.right, self.right + self.missed);
        let f = share(2 * self.right, 2 * self.right + self.wrong + self.missed);
        let count = self.right + self.missed;
        format!("{name:18} {count:6}   {precision:9.3}   {recall:6.3}   {f:5.3}")
    }
}

/// Makes the corpus, has `program` redact it, prints the table.
pub fn measure(program: &Path, folder: &Path, options: Options) -> anyhow::Result<()> {
    let corpus = Corpus::make(options.seed, options.texts)?;
    fs::create_dir_all(folder)?;
    let file = folder.join("corpus.txt");
    fs::write(&file, &corpus.text)?;
    let answer = Command::new(program)
        .args(["redact", "--json"])
        .stdin(Stdio::from(File::open(&file)?))
        .output()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    ensure!(
        answer.status.success(),
        "clasper redact failed: {}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let found = findings(&serde_json::from_slice(&answer.stdout)?)?;
    let expected: BTreeSet<Span> = corpus.spans.iter().cloned().collect();
    println!(
        "redaction   {} texts of seed {}, {} bytes, strict spans",
        options.texts,
        options.seed,
        corpus.text.len()
    );
    println!("{:18} {:>6}   precision   recall   F", "kind", "values");
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for span in &expected {
        let tally = tallies.entry(&span.kind).or_default();
        if found.contains(span) {
            tally.right += 1;
        } else {
            tally.missed += 1;
        }
    }
    for span in found.difference(&expected) {
        tallies.entry(&span.kind).or_default().wrong += 1;
    }
    let mut all = Tally::default();
    for (name, tally) in &tallies {
        println!("{}", tally.row(name));
        all.right += tally.right;
        all.missed += tally.missed;
        all.wrong += tally.wrong;
    }
    println!("{}", all.row("all"));
    if options.show > 0 {
        faults(
            "missed",
            expected.difference(&found),
            &corpus.text,
            options.show,
        );
        faults(
            "wrong",
            found.difference(&expected),
            &corpus.text,
            options.show,
        );
    }
    Ok(())
}

fn findings(answer: &Value) -> anyhow::Result<BTreeSet<Span>> {
    let list = answer["findings"].as_array().context("no findings")?;
    let place = |value: &Value| {
        let place = value.as_u64().context("a place is no number")?;
        anyhow::Ok(usize::try_from(place)?)
    };
    list.iter()
        .map(|found| {
            Ok(Span {
                start: place(&found["start"])?,
                end: place(&found["end"])?,
                kind: found["entity"].as_str().context("no kind")?.to_owned(),
            })
        })
        .collect()
}

/// Prints the first faults of each kind with what stands in front of them.
fn faults<'s>(what: &str, spans: impl Iterator<Item = &'s Span>, text: &str, show: usize) {
    let characters: Vec<char> = text.chars().collect();
    let part = |from: usize, to: usize| -> String {
        let to = to.min(characters.len());
        characters[from.min(to)..to].iter().collect()
    };
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for span in spans {
        let count = shown.entry(&span.kind).or_default();
        *count += 1;
        if *count <= show {
            let before = part(span.start.saturating_sub(24), span.start);
            let value = part(span.start, span.end);
            println!("{what:7} {:17} {before:?} {value:?}", span.kind);
        }
    }
}
