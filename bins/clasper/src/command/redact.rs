//! `clasper redact`

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use clasper_redaction::{
    HashKey, RedactionConfig, Redactor, SessionVault, StrategyName, StreamRedactor,
};
use serde_json::json;

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;
/// Findings kept in memory before they go to a temporary file, in bytes.
const SPOOL: usize = 1024 * 1024;
/// Most values that get a token.
const MOST_TOKENS: usize = 1_000_000;

/// What to redact, and how.
#[derive(Debug, Args)]
pub struct Redact {
    /// The text; standard input when left out.
    file: Option<PathBuf>,
    /// Print `{"redacted": …, "findings": [{"entity", "start", "end"}, …]}`; places count characters of the input.
    #[arg(long)]
    json: bool,
    /// A configuration as a server's `PUT /redaction/config` takes it, in YAML or JSON.
    #[arg(long)]
    config: Option<PathBuf>,
    /// What stands for everything that is found, whatever the configuration says.
    #[arg(long, value_enum)]
    strategy: Option<Strategy>,
    /// A file whose bytes are the key of `hash`.
    #[arg(long)]
    hash_key: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Strategy {
    Mask,
    Hash,
    #[value(alias = "tokenize")]
    Tokenise,
    Drop,
}

/// Redacts without asking anyone. 0: done; 2: it could not be done, and what was not printed by then is not.
pub fn run(asked: &Redact) -> ExitCode {
    match redact(asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn redact(asked: &Redact) -> Result<()> {
    let redactor = redactor(asked)?;
    let vault = Arc::new(SessionVault::new(MOST_TOKENS));
    let stream = redactor.stream_with(vault);
    let input: Box<dyn Read> = match &asked.file {
        Some(path) => {
            let shown = path.display();
            Box::new(File::open(path).with_context(|| format!("{shown} cannot be read"))?)
        }
        None => Box::new(io::stdin().lock()),
    };
    let out = BufWriter::new(io::stdout().lock());
    if asked.json {
        describe(stream, input, out)
    } else {
        rewrite(stream, input, out)
    }
}

fn redactor(asked: &Redact) -> Result<Redactor> {
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let key = asked.hash_key.as_deref().map(read).transpose()?;
    let key = key.map(HashKey::new);
    let config = match asked.config.as_deref() {
        None => RedactionConfig::default(),
        Some(path) => {
            let text = String::from_utf8(read(path)?).context("the configuration is not text")?;
            let shown = path.display();
            RedactionConfig::from_yaml(&text).with_context(|| shown.to_string())?
        }
    };
    let redactor = config
        .build(key.as_ref())
        .context("the configuration cannot be used (--hash-key names the key of `hash`)")?;
    let Some(strategy) = asked.strategy else {
        return Ok(redactor);
    };
    let name = match strategy {
        Strategy::Mask => StrategyName::Mask,
        Strategy::Hash => StrategyName::Hash,
        Strategy::Tokenise => StrategyName::Tokenise,
        Strategy::Drop => StrategyName::Drop,
    };
    let strategy = name
        .strategy(key.as_ref())
        .context("hashing needs a key: name its file with --hash-key")?;
    Ok(redactor.with_only_strategy(strategy))
}

/// Every piece of `input`, redacted as soon as it is certain.
fn pieces(
    stream: &mut StreamRedactor,
    mut input: impl Read,
    mut piece: impl FnMut(&mut StreamRedactor, &str) -> Result<()>,
) -> Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = input.read(&mut chunk).context("the text cannot be read")?;
        let clear = match length {
            0 => stream.finish(),
            _ => stream.push(&chunk[..length]),
        };
        piece(stream, &clear.context("the text cannot be redacted")?)?;
        if length == 0 {
            return Ok(());
        }
    }
}

fn rewrite(mut stream: StreamRedactor, input: impl Read, mut out: impl Write) -> Result<()> {
    pieces(&mut stream, input, |stream, clear| {
        stream.take_findings();
        out.write_all(clear.as_bytes())?;
        Ok(())
    })?;
    Ok(out.flush()?)
}

/// The object of a preview, written as it becomes known: neither the text nor the findings are kept in memory.
fn describe(mut stream: StreamRedactor, input: impl Read, mut out: impl Write) -> Result<()> {
    let mut findings = tempfile::SpooledTempFile::new(SPOOL);
    let mut comma = "";
    out.write_all(b"{\"redacted\":\"")?;
    pieces(&mut stream, input, |stream, clear| {
        for found in stream.take_findings() {
            let place = json!({"entity": found.entity, "start": found.start, "end": found.end});
            write!(findings, "{comma}{place}")?;
            comma = ",";
        }
        let quoted = serde_json::to_string(clear)?;
        out.write_all(&quoted.as_bytes()[1..quoted.len() - 1])?;
        Ok(())
    })?;
    findings.rewind()?;
    out.write_all(b"\",\"findings\":[")?;
    io::copy(&mut BufReader::new(findings), &mut out)?;
    out.write_all(b"]}\n")?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_json_however_the_text_is_cut() {
        let text = "Zoë \"bob@example.com\"\n\tcard 4111 1111 1111 1111 ".repeat(5_000);
        let mut out = Vec::new();
        let stream = Redactor::standard().stream();
        describe(stream, text.as_bytes(), &mut out).expect("it is text");
        let said: serde_json::Value = serde_json::from_slice(&out).expect("it is JSON");
        let whole = Redactor::standard().redact(&text);
        assert_eq!(said["redacted"], *whole.text);
        let findings = said["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), whole.findings.len());
        assert_eq!(
            findings[0],
            json!({"entity": "EMAIL", "start": 5, "end": 20})
        );
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let mut out = Vec::new();
        let stream = Redactor::standard().stream();
        assert!(rewrite(stream, &b"a \xff b"[..], &mut out).is_err());
    }
}
