//! The demo's files: its secrets, made once, and its sample workspace.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use secrecy::SecretString;

/// The demo's secrets.
pub struct Secrets {
    /// Signs and verifies tokens.
    pub agent_jwt_secret: SecretString,
    /// The daemon key.
    pub daemon_key: SecretString,
}

macro_rules! sample {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/workspace/", $path)))),*]
    };
}

/// The sample workspace, carried in the binary so that the demo needs no checkout.
const WORKSPACE: &[(&str, &str)] = sample![
    "AGENTS.md",
    "SOUL.md",
    "souls/lead.md",
    "souls/analyst.md",
    "IDENTITY.md",
    "TOOLS.md",
    "HEARTBEAT.md",
    "USER.md",
    "MEMORY.md",
];

/// Makes the data directory ready. What is there already stays as it is.
pub fn prepare(data_dir: &Path) -> Result<Secrets> {
    fs::create_dir_all(data_dir)
        .with_context(|| format!("{} cannot be made", data_dir.display()))?;
    for (path, text) in WORKSPACE {
        let target = data_dir.join("workspace").join(path);
        if !target.exists() {
            target.parent().map(fs::create_dir_all).transpose()?;
            fs::write(&target, text)
                .with_context(|| format!("{} cannot be written", target.display()))?;
        }
    }
    let secret = |name: &str| secret(&data_dir.join(name));
    Ok(Secrets {
        agent_jwt_secret: secret("agent-jwt-secret")?,
        daemon_key: secret("daemon-key")?,
    })
}

/// Reads a secret, or makes one that its owner alone may read.
fn secret(path: &Path) -> Result<SecretString> {
    if let Ok(text) = fs::read_to_string(path) {
        return Ok(text.trim().to_owned().into());
    }
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system has no randomness: {error}"))?;
    let text = hex::encode(bytes);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(text.into())
}
