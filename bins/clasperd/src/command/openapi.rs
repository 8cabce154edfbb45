//! `clasperd openapi`: the document, without a database.

use std::process::ExitCode;

use anyhow::{Context, Result};

/// Prints the document.
pub fn run() -> Result<ExitCode> {
    let document = clasper_api::openapi();
    println!(
        "{}",
        document
            .to_pretty_json()
            .context("the document has no JSON form")?
    );
    Ok(ExitCode::SUCCESS)
}
